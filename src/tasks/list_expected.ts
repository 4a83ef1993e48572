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
}

export function listExpected(
  nodes: readonly NodeRecord[],
  images: readonly ProviderImage[],
): readonly Expected[] {
  return [
    ...nodes.flatMap((node) => expect("server", serverIdOf(node), { record: node, use: useOfNode(node) })),
    ...images.flatMap((image) =>
      expect("image", externalIdOf(image), { record: image, use: useOfImage(image) })
    ),
  ];
}

function expect(
  kind: Expected["kind"],
  id: string | null,
  { record, use }: { record: NodeRecord | ProviderImage; use: Expected["use"] },
): readonly Expected[] {
  if (id === null) return [];
  const acceptedAt = "acceptedAt" in record.state ? record.state.acceptedAt : null;
  return [{ kind, id, since: acceptedAt ?? record.phaseSince + LISTING_SETTLE, use }];
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
