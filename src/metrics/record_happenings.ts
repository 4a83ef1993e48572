/**
 * Finds in a change of a record what is over: of a node, a phase of its launch, the launch, or its deletion; that a request was
 * granted or withdrawn; that an image became ready or failed. Pure; called once for every change.
 */
import type { DibImage } from "../domain/dib_image.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import { imageStateName, type ProviderImage } from "../domain/provider_image.ts";
import type { NodeRequest } from "../domain/request.ts";
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

/** With the time that it waited. @param now when one that is gone went */
export function requestHappenings(
  previous: NodeRequest | null,
  next: NodeRequest | null,
  { now }: { now: Instant },
): readonly Happening[] {
  if (previous === null || previous.grantedAt !== null) return [];
  const { label, createdAt } = previous;
  const end = next === null ? now : next.grantedAt;
  if (end === null) return [];
  return [took("request", { label, result: next === null ? "withdrawn" : "granted" }, end - createdAt)];
}

/** An upload or a snapshot that ended, with the time since it was decided on. */
export function providerImageHappenings(
  previous: ProviderImage | null,
  next: ProviderImage | null,
): readonly Happening[] {
  if (previous === null || next === null || imageStateName(previous) !== "building") return [];
  const result = resultOf(imageStateName(next), next);
  if (result === null) return [];
  const { image, provider, stateSince } = next;
  return [took("image_update", { image, provider, result }, stateSince - previous.stateSince)];
}

/** A build that ended, with the time that diskimage-builder ran. */
export function dibImageHappenings(previous: DibImage | null, next: DibImage | null): readonly Happening[] {
  if (previous?.state.phase !== "build" || next === null) return [];
  const result = resultOf(next.state.phase, next);
  if (result === null) return [];
  const duration = next.stateSince - (previous.state.startedAt ?? previous.stateSince);
  return [took("dib_image_build", { image: next.name, result }, duration)];
}

/** null: it goes on, or somebody deletes it. */
function resultOf(state: string, { evidence }: Pick<ProviderImage | DibImage, "evidence">) {
  if (state === "ready") return "ready";
  return state === "delete" && evidence !== null ? "failed" : null;
}
