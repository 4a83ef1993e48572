/** What a change of a node's record says of its launch: that it ended well or failed. Pure; told of every change once. */
import { type Evidence, type NodeRecord, stateName } from "../domain/node.ts";
import { metricName } from "./metric_name.ts";
import { type Happening, timedCount } from "./statsd.ts";

/**
 * A launch that became ready or failed, under 2016's names; nothing for any other change. A node that somebody deletes
 * or holds while it is building is neither.
 */
export function launchMetrics(previous: NodeRecord | null, next: NodeRecord | null): readonly Happening[] {
  if (previous === null || next === null) return [];
  const result = launchResult(previous, next);
  if (result === null) return [];
  const duration = next.stateSince - (previous.timings.create ?? previous.stateSince);
  return launchKeys(next).flatMap((key) => timedCount(metricName("launch", ...key, ...result), duration));
}

function launchKeys({ provider, zone, image, manager, target }: NodeRecord): readonly (readonly string[])[] {
  return [
    ["provider", provider],
    ...(zone === null ? [] : [["provider", provider, zone]]),
    ["image", image],
    manager === null ? ["target", target] : ["manager", manager],
    [],
  ];
}

function launchResult(previous: NodeRecord, next: NodeRecord): readonly string[] | null {
  const state = stateName(next);
  if (stateName(previous) !== "building" || state === "building" || state === "hold") return null;
  if (state !== "delete") return ["ready"];
  const failed = next.result === "failed" || next.result === "refused";
  return failed ? ["error", errorKind(next.evidence)] : null;
}

/**
 * Kinds of evidence that go out under another name than their own, or under their own. In 2016 whatever a cloud's API
 * threw was `unknown`; a full quota, a full cloud and lost time are told apart.
 */
const KINDS = new Map(Object.entries({
  nodepool: "nodepool",
  status: "status",
  vanished: "status",
  network: "network",
  ipadd: "ipadd",
  auth: "auth",
  ssh: "ssh",
  script: "script",
  quota: "quota",
  capacity: "capacity",
  timeout: "timeout",
}));

function errorKind(evidence: Evidence | null): string {
  return KINDS.get(evidence?.kind ?? "") ?? "unknown";
}
