/**
 * Holds those of the nodes that may be in use although this state says something else. What comes upon a state that is
 * older than the clouds, or shared with another daemon, calls it in an edit.
 */
import { heldAsStale } from "../domain/stale_hold.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { Edit } from "../store/draft.ts";

/** @returns the ids of those that were not held before */
export function holdStale(
  edit: Edit,
  nodes: readonly NodeRecord[],
  how: Parameters<typeof heldAsStale>[1],
): readonly number[] {
  return nodes.flatMap((node) => {
    const next = heldAsStale(node, how);
    if (next === node) return [];
    edit.putNode(next);
    return [next.id];
  });
}
