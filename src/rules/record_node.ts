/**
 * Puts a node's new record into an edit together with what follows from it: a launch that failed pauses its label
 * on its provider, one that became ready ends the pause and proves its image. Used wherever a node changes.
 */
import type { Config } from "../domain/config.ts";
import { transitionImage } from "../domain/image_transition.ts";
import type { NodeRecord } from "../domain/node.ts";
import { shownKeys } from "../domain/node_transition.ts";
import type { Instant } from "../domain/time.ts";
import { pauseAfterFailure } from "../plan/launch_pause.ts";
import type { Edit } from "../store/draft.ts";

export function recordNode(
  edit: Edit,
  { previous, next, config, now }: { previous: NodeRecord; next: NodeRecord; config: Config; now: Instant },
): void {
  edit.putNode(next);
  const { provider, label } = next;
  if (next.state.phase === "ready" && previous.state.phase !== "ready") {
    edit.clearPause(provider, label);
    recordProof(edit, { node: next, now });
  }
  if (next.result !== "failed" || previous.result === "failed") return;
  const retries = config.providers.find(({ name }) => name === provider)?.launchRetries ?? 0;
  const error = next.evidence?.error ?? next.comment ?? "the launch failed";
  const kind = next.evidence?.kind ?? null;
  const failed = { provider, label, error, kind, retries, launchedAt: next.timings.create ?? now };
  edit.putPause(pauseAfterFailure(edit.pause(provider, label), failed, now));
}

/** An image of ours that servers boot from is not given up for newer ones which are not known to. */
function recordProof(edit: Edit, { node, now }: { node: NodeRecord; now: Instant }): void {
  const image = edit.images().find(({ provider, state }) =>
    provider === node.provider && state.phase === "ready" && state.externalId === node.imageId
  );
  if (image?.state.phase !== "ready" || image.state.isProven) return;
  edit.putImage(transitionImage(image, { type: "proven" }, now));
}

/** The keys that a node's subnodes showed; the node's own are in its record. */
export function recordHostKeys(
  edit: Edit,
  { parent, shown }: { parent: NodeRecord; shown?: Readonly<Record<number, string>> },
): void {
  for (const node of edit.nodes()) {
    if (node.parentId === parent.id) edit.putNode({ ...node, hostKeys: shownKeys(node, shown) });
  }
}
