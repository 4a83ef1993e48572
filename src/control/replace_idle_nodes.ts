/**
 * Deletes the nodes of an image that nobody has had, so that others are launched from the image that is current then. Each
 * is looked at again in the edit that deletes it: one that was handed out meanwhile, or held, stays.
 */
import { type NodeRecord, type NodeStateName, stateName } from "../domain/node.ts";
import { transition } from "../domain/node_transition.ts";
import { externalIdOf, type ProviderImage } from "../domain/provider_image.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ledger } from "../store/ledger.ts";

/** The ready ones, and those that would be ready next. */
const IDLE: ReadonlySet<NodeStateName> = new Set(["building", "test", "ready"]);

/** Their ids. The image must not be current any more, else the next ones are launched from it, too. */
export async function replaceIdleNodes(
  image: ProviderImage,
  { comment, ledger, clock }: { comment: string; ledger: Ledger; clock: Clock },
): Promise<readonly number[]> {
  const event = { type: "delete", by: "user", comment, result: "unused" } as const;
  const found = [...ledger.nodes.values()].filter((node) => isIdleOf(image, node));
  const deleted = await Promise.all(found.map(({ id }) =>
    ledger.edit((edit) => {
      const node = edit.node(id);
      if (node === null || !isIdleOf(image, node)) return [];
      edit.putNode(transition(node, event, clock.now()));
      return [id];
    })
  ));
  return deleted.flat();
}

/** Subnodes go with their nodes. */
function isIdleOf(image: ProviderImage, node: NodeRecord): boolean {
  return node.role === "node" && node.provider === image.provider && node.imageId === externalIdOf(image) &&
    node.hold === null && node.requestId === null && node.timings.used === undefined &&
    IDLE.has(stateName(node));
}
