/**
 * Lists the things that a provider's listings must show, from the records of its nodes and images. Pure; `planWatch`
 * calls it.
 */
import { type NodeRecord, serverIdOf, stateName } from "../domain/node.ts";
import { externalIdOf, type ProviderImage } from "../domain/provider_image.ts";
import type { Instant } from "../domain/time.ts";
import { LISTING_SETTLE } from "../plan/node_step.ts";

export interface Expected {
  readonly kind: "server" | "image";
  readonly id: string;
  /** Listings that begin then or later must show it. */
  readonly since: Instant;
  /**
   * The use that its absence would end; things being deleted are looked up first, those that somebody works on last.
   */
  readonly use: "deleting" | "building" | "waiting" | "working";
  /** Somebody wants it deleted, or what it goes with; left out: it goes by itself, or stays. */
  readonly isGivenUp?: true;
}

export function listExpected(
  nodes: Iterable<NodeRecord>,
  images: Iterable<ProviderImage>,
): readonly Expected[] {
  const all: Expected[] = [];
  for (const node of nodes) {
    const id = serverIdOf(node);
    if (id === null) continue;
    all.push({ kind: "server", id, since: sinceOf(node), use: useOfNode(node), ...givenUp(node) });
  }
  for (const image of images) {
    const id = externalIdOf(image);
    if (id === null) continue;
    all.push({ kind: "image", id, since: sinceOf(image), use: useOfImage(image), ...givenUp(image) });
  }
  return all;
}

function givenUp({ deletedBy }: NodeRecord | ProviderImage): Pick<Expected, "isGivenUp"> {
  return deletedBy === "user" || deletedBy === "owner" ? { isGivenUp: true } : {};
}

function sinceOf({ state, phaseSince }: NodeRecord | ProviderImage): Instant {
  const acceptedAt = "acceptedAt" in state ? state.acceptedAt : null;
  return acceptedAt ?? phaseSince + LISTING_SETTLE;
}

function useOfNode(node: NodeRecord): Expected["use"] {
  const state = stateName(node);
  if (node.state.phase === "delete-server") return "deleting";
  if (state === "building") return "building";
  // A subnode is worked on where its node is, whatever its own state.
  return state === "used" || state === "hold" || node.role === "subnode" ? "working" : "waiting";
}

function useOfImage({ state }: ProviderImage): Expected["use"] {
  if (state.phase === "delete") return "deleting";
  return state.phase === "ready" ? "waiting" : "building";
}
