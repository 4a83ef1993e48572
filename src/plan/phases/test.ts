/** A node that must pass its target's test-job before any other job may have it. */
import { MINUTE } from "../../domain/time.ts";
import type { DeletedBy } from "../../domain/deleted_by.ts";
import { findTarget } from "../../domain/hand_over.ts";
import { awaitRetry } from "../await_retry.ts";
import { brokenGroup, type NodeSituation, type NodeStep } from "../node_step.ts";

export function planTest(situation: NodeSituation<"test">): NodeStep {
  const { node, state, now, config } = situation;
  const remove = (by: DeletedBy, comment: string): NodeStep => ({
    do: "change",
    event: { type: "delete", by, comment, result: "failed" },
  });

  const broken = brokenGroup(situation, state.serverId);
  if (broken !== null) return remove("cloud", broken);
  const job = findTarget(config, node.target)?.jenkins?.testJob ?? null;
  if (job === null) {
    const comment = `target ${node.target} no longer has a test-job`;
    return { do: "change", event: { type: "delete", by: "configuration", comment, result: "unused" } };
  }
  if (node.jobEnd !== null && node.jobEnd.result !== "SUCCESS") {
    return remove("failure", `failed its test-job ${job}: ${node.jobEnd.result ?? "no result"}`);
  }
  const until = node.stateSince + config.limits.testStuck;
  if (now >= until) {
    const minutes = config.limits.testStuck / MINUTE;
    const last = node.attempt > 0 && node.waitingOn !== null ? ` (${node.waitingOn.message})` : "";
    return remove("limit", `its test-job ${job} did not end within ${minutes} min${last}`);
  }
  const retry = awaitRetry(node, { now, reason: "target", by: until });
  if (retry !== null) return retry;
  if (node.jobEnd !== null) return { do: "act", action: { type: "relabel-agent", node } };
  // An attempt to start it that failed has left a time to try again at.
  if (state.startedAt === null || node.retryAt !== null) {
    return { do: "act", action: { type: "start-test", node, job } };
  }
  return { do: "wait", reason: "target", message: `the test-job ${job} runs on it`, until };
}
