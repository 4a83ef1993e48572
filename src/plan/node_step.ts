/** The decisions of one phase about one node: the ladder of each phase (`phases/`) ends in one of these. */
import { claimantOf } from "../domain/claims.ts";
import type { Config, ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import { findLabel } from "../domain/hand_over.ts";
import type { NodeEvent } from "../domain/node_transition.ts";
import type { DeletedBy } from "../domain/deleted_by.ts";
import type { NodePhase, NodeRecord, NodeResult, NodeState } from "../domain/node.ts";
import type { NodeIndex } from "../domain/node_index.ts";
import type { Observation } from "../domain/observation.ts";
import type { Server } from "../domain/server.ts";
import { type Instant, SECOND } from "../domain/time.ts";
import type { Action, LaunchFailure } from "./action.ts";
import { act, change, stay, type Step, wait } from "./follow_ladder.ts";
import { livingSubnodes } from "./being_deleted.ts";
import type { PoolInput } from "./pool_plan.ts";

export type NodeStep = Step<NodeEvent, Action>;

/** The facts that a phase's ladder may look at. */
export interface NodeSituation<Phase extends NodePhase = NodePhase>
  extends Pick<Required<PoolInput>, "now" | "config" | "images" | "targets" | "heardSince"> {
  readonly node: NodeRecord;
  readonly state: Extract<NodeState, { phase: Phase }>;
  readonly provider: ProviderConfig;
  /** null: the configuration no longer has that image. */
  readonly image: ProviderImageConfig | null;
  readonly seen: Observation;
  /** The nodes of the pool. */
  readonly nodes: NodeIndex;
  /** The node that a subnode goes with; null: it is not a subnode, or its node is gone. */
  readonly parent: NodeRecord | null;
  /** A node's subnodes, those that are being deleted included. */
  readonly subnodes: readonly NodeRecord[];
  /** Why a subnode that it misses cannot be launched now; null: none is missing, or it is launched. */
  readonly subnodeRefusal: string | null;
  /** Whether the request for its server is in progress in this process. */
  readonly creating: boolean;
}

/**
 * A request that was sent may show its effect a little later than its answer got lost: a listing proves that there
 * is no server only if it began this much after. Nova writes its record before it answers, and answers within seconds.
 */
export const LISTING_SETTLE = 5 * SECOND;

/** Why a node's server cannot be used any more, as the cloud shows it; null: nothing is wrong with it. */
export function serverTrouble(
  { seen }: Pick<NodeSituation, "seen">,
  serverId: string,
): { message: string; kind: "status" | "vanished" } | null {
  if (seen.inventory.isAbsent(serverId)) {
    return { kind: "vanished", message: `server ${serverId} is no longer on the cloud` };
  }
  const { status, taskState = null, fault } = seen.inventory.servers.get(serverId) ?? {};
  if (taskState !== null && DELETING.has(taskState)) {
    return { kind: "status", message: `server ${serverId} is being deleted on the cloud` };
  }
  if (status !== "ERROR") return null;
  return { kind: "status", message: `server ${serverId} is in ERROR: ${fault ?? "no fault details given"}` };
}

/** The tasks of a server that somebody deletes: it is as before all the while, for hours where its host is slow. */
const DELETING: ReadonlySet<string> = new Set(["deleting", "soft-deleting"]);

/**
 * In what status the server is that keeps everybody from working with it for now, such as REBOOT, RESIZE or MIGRATING; null:
 * nothing is known to.
 */
export function whyNotActive({ inventory }: Observation, serverId: string): string | null {
  const status = inventory.servers.get(serverId)?.status ?? "UNKNOWN";
  return status === "ACTIVE" || status === "UNKNOWN" ? null : status;
}

interface AtServer extends Pick<NodeSituation, "node" | "seen"> {
  readonly state: { readonly serverId: string };
}

/** The launch has come to nothing. */
export function giveUp(
  { node, state: { serverId } }: Omit<AtServer, "seen">,
  kind: LaunchFailure["kind"],
  message: string,
): NodeStep {
  const wantsConsole = kind === "timeout" || kind === "ssh";
  return act({ type: "give-up", node, failure: { serverId, kind, message, wantsConsole } });
}

/** The step of a node being launched whose server cannot be used any more; null: nothing is wrong with it. */
export function giveUpTroubled(situation: AtServer): NodeStep | null {
  const trouble = serverTrouble(situation, situation.state.serverId);
  return trouble && giveUp(situation, trouble.kind, trouble.message);
}

export function remove(by: DeletedBy, comment: string, result: NodeResult): NodeStep {
  return change({ type: "delete", by, comment, result });
}

/** The step of a node that is in somebody's use until its server is gone; null: that is not known to be. */
export function removeVanished({ seen, state: { serverId } }: Omit<AtServer, "node">): NodeStep | null {
  const trouble = serverTrouble({ seen }, serverId);
  return trouble?.kind === "vanished" ? remove("cloud", trouble.message, "lost") : null;
}

/** The step of a node that is held, or goes with one: it stays whatever becomes of its server, and says so where that is gone. */
export function keptWithServer(
  situation: Pick<NodeSituation, "seen">,
  serverId: string | null,
  until: Instant | null = null,
): NodeStep {
  const trouble = serverId === null ? null : serverTrouble(situation, serverId);
  return trouble?.kind === "vanished" ? wait("gone", trouble.message, until) : stay(until);
}

/** Why the configuration has no use for a node any more that waits for work; null: it has. */
export function whyOutdated(
  { label: name, subnodeCount }: NodeRecord,
  config: Pick<Config, "labels">,
): string | null {
  const label = findLabel(config, name);
  if (label === null) return `the configuration no longer has label ${name}`;
  return subnodeCount < label.subnodes
    ? `it has ${subnodeCount} of the ${label.subnodes} subnodes that label ${name} now has`
    : null;
}

/**
 * Whether the server of a request whose answer got lost at that time would have been listed by now. Listings that leave
 * out what the pool has there may leave it out too.
 */
export function wouldBeListed(seen: Observation, lostAt: Instant): boolean {
  return seen.missing === null && seen.inventory.sawAllSince(lostAt + LISTING_SETTLE);
}

/**
 * The server that came of a node's request, where no answer told its id: it is marked with the node, has the name that was
 * asked for, and no other record names it. Marks alone can be edited by anybody. null: none was seen.
 */
export function findOwnServer(
  { node, nodes, images, seen }: Pick<NodeSituation, "node" | "nodes" | "images" | "seen">,
): Server | null {
  const owner = { type: "node", node } as const;
  return seen.inventory.serversOfNode(node.id).find(({ id, name }) =>
    name === node.hostname &&
    claimantOf({ kind: "server", provider: node.provider, id }, { nodeIndex: nodes, images }, owner) === null
  ) ?? null;
}

/** Whether nothing can be said of the server: it is not listed (yet), or its cell is down. */
export function isUnseen(seen: Observation, serverId: string): boolean {
  const server = seen.inventory.servers.get(serverId);
  return server === undefined || server.status === "UNKNOWN";
}

/** While nothing can be seen, a server may have come up in time: that is decided once it is seen again. */
export function isOutOfReach({ failure, inventory }: Observation): boolean {
  return failure !== null && !inventory.completeSince(failure.since);
}

/** Why a node cannot be used any more that was complete: its own server or a subnode is lost; null: all are there. */
export function brokenGroup(
  situation: Pick<NodeSituation, "node" | "seen" | "subnodes">,
  serverId: string,
): string | null {
  const trouble = serverTrouble(situation, serverId);
  if (trouble !== null) return trouble.message;
  const { status } = situation.seen.inventory.servers.get(serverId) ?? { status: "UNKNOWN" };
  if (UNUSABLE.has(status)) return `server ${serverId} is ${status}`;
  const { subnodeCount } = situation.node;
  const lost = subnodeCount === 0 ? 0 : subnodeCount - livingSubnodes(situation.subnodes).length;
  return lost > 0 ? `${lost} of its ${subnodeCount} subnodes are lost` : null;
}

/** Nobody can log in to a server in one of these, or it is no longer the one that was prepared; others pass. */
const UNUSABLE: ReadonlySet<string> = new Set([
  "SHUTOFF",
  "STOPPED",
  "SUSPENDED",
  "PAUSED",
  "SHELVED",
  "SHELVED_OFFLOADED",
  "RESCUE",
  "REBUILD",
]);
