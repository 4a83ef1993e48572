/**
 * The input and the result of the allocation: its own plain types, so that it knows no store, no cloud and no clock.
 */
import type { Obstacle, Refusal } from "../domain/obstacle.ts";
import type { Resource } from "../domain/resource.ts";
import type { QuotaUse } from "../domain/server.ts";

export interface AllocationInput {
  readonly labels: readonly LabelAsk[];
  readonly providers: readonly ProviderRoom[];
  /** A provider with only that in use which nobody knows an end of; null, or left out: all comes to an end. */
  readonly lasting?: (provider: string) => ProviderRoom | null;
  /** By providers on which no spare nodes are launched: the label whose work waits for the room; left out: none. */
  readonly awaited?: ReadonlyMap<string, string>;
}

/** The demand of one label in this planning. All counts are nodes; a node is one server and its subnodes. */
export interface LabelAsk {
  readonly name: string;
  /** Nodes wanted now for work that waits. */
  readonly demand: number;
  /** How many of them meet the first request, the first two and so on; left out: each node is of use without the others. */
  readonly steps?: readonly number[] | undefined;
  /** Nodes that the first of these requests has already; left out: none. */
  readonly gathered?: number;
  /** Nodes missing to min-ready: granted only from what is left when all demand has been served. */
  readonly spare: number;
  /** Servers in one node: 1 and its subnodes. They are launched on one provider, all or none. */
  readonly size: number;
  /** The label's own max-servers and how many servers it has, in servers; null where it has no cap. */
  readonly cap: QuotaUse | null;
  /** How much of what it asked for it was given so far, in contests: only the differences between labels count. */
  readonly served: number;
  readonly offers: readonly Offer[];
  /** Targets that are online; none: its nodes are handed to no target. */
  readonly targets: readonly TargetLoad[];
}

/**
 * A provider that the label names: what one server costs there, or why it can't be launched there now. `alone`: why only
 * one node of it is launched there now; left out: as many as there is room for are.
 */
export type Offer =
  | { readonly provider: string; readonly cost: ServerCost; readonly alone?: Obstacle }
  | { readonly provider: string; readonly refusal: Obstacle };

/**
 * The use of resources by one server, besides one of max-servers and one of the instances. Anything left out costs
 * nothing.
 */
export type ServerCost = Readonly<Partial<Record<Exclude<Resource, "maxServers" | "instances">, number>>>;

/** A provider's limits and how much of each is used already. What is left out has no limit; so has Infinity. */
export interface ProviderRoom {
  readonly name: string;
  readonly room: Readonly<Partial<Record<Resource, QuotaUse>>>;
}

interface TargetLoad {
  readonly name: string;
  /** Nodes of this label that it has. */
  readonly load: number;
}

export interface AllocationResult {
  /** Sorted by label, provider, target and purpose; no two entries agree in all four; counts are positive. */
  readonly grants: readonly Grant[];
  /** One for each label that did not get everything, sorted by label. */
  readonly refusals: readonly LabelRefusal[];
}

export interface Grant {
  readonly label: string;
  readonly provider: string;
  /** null where the label has no target. */
  readonly target: string | null;
  readonly purpose: "demand" | "spare";
  /** Nodes. */
  readonly count: number;
}

export interface LabelRefusal {
  readonly label: string;
  /** Nodes asked for and not granted. */
  readonly demand: number;
  readonly spare: number;
  readonly reasons: readonly Refusal[];
}
