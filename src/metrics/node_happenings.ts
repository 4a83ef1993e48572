/**
 * Finds in a change of a node's record that a phase of its launch or the launch itself is over, or that it is gone. Pure;
 * called once for every change.
 */
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { Instant } from "../domain/time.ts";
import { type Happening, type Labels, took } from "./happening.ts";

/** @param now when a node that is gone went */
export function nodeHappenings(
  previous: NodeRecord | null,
  next: NodeRecord | null,
  { now }: { now: Instant },
): readonly Happening[] {
  if (previous === null) return [];
  return next === null
    ? deletion(previous, now)
    : [...launchPhase(previous, next), ...launch(previous, next)];
}

/** How long a node that is gone was being deleted. */
function deletion(node: NodeRecord, now: Instant): readonly Happening[] {
  if (stateName(node) !== "delete") return [];
  return [took("delete", labelsOf(node), now - node.stateSince)];
}

/** A phase of a launch that led to the next one. */
function launchPhase(previous: NodeRecord, next: NodeRecord): readonly Happening[] {
  const { phase } = previous.state;
  const isLaunching = ["building", "test"].includes(stateName(previous));
  const goesOn = ["building", "test", "ready"].includes(stateName(next));
  if (!isLaunching || !goesOn || next.state.phase === phase) return [];
  return [took("launch_phase", { provider: next.provider, phase }, next.phaseSince - previous.phaseSince)];
}

/** A node that somebody deletes or holds while it is building neither became ready nor failed. */
function launch(previous: NodeRecord, next: NodeRecord): readonly Happening[] {
  const result = launchResult(previous, next);
  if (result === null) return [];
  const duration = next.stateSince - (previous.timings.create ?? previous.stateSince);
  return [took("launch", { ...labelsOf(next), ...result }, duration)];
}

function launchResult(previous: NodeRecord, next: NodeRecord): Labels | null {
  const state = stateName(next);
  if (stateName(previous) !== "building" || state === "building" || state === "hold") return null;
  if (state !== "delete") return { result: "ready", error: null };
  const failed = next.result === "failed" || next.result === "refused";
  return failed ? { result: "error", error: next.evidence?.kind ?? null } : null;
}

function labelsOf({ provider, zone, image, label, target, manager }: NodeRecord): Labels {
  return { provider, zone, image, label, target, manager };
}
