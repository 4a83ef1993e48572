/**
 * Puts a node's new record into an edit together with what follows from it: a launch that failed pauses its label
 * on its provider, one that became ready ends the pause. Used wherever a node changes.
 */
import type { Config } from "../domain/config.ts";
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
  if (next.state.phase === "ready" && previous.state.phase !== "ready") edit.clearPause(provider, label);
  if (next.result !== "failed" || previous.result === "failed") return;
  const retries = config.providers.find(({ name }) => name === provider)?.launchRetries ?? 0;
  const error = next.evidence?.error ?? next.comment ?? "the launch failed";
  const kind = next.evidence?.kind ?? null;
  const failed = { provider, label, error, kind, retries, launchedAt: next.timings.create ?? now };
  edit.putPause(pauseAfterFailure(edit.pause(provider, label), failed, now));
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
