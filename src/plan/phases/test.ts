/** A node that must pass its target's test-job before any other job may have it. */
import { MINUTE } from "../../domain/time.ts";
import { findTarget } from "../../domain/hand_over.ts";
import { brokenGroup, type NodeSituation, type NodeStep, remove } from "../node_step.ts";
import { act, awaitRetry, wait } from "../follow_ladder.ts";

export function planTest(situation: NodeSituation<"test">): NodeStep {
  const { node, state, now, config } = situation;
  const broken = brokenGroup(situation, state.serverId);
  if (broken !== null) return remove("cloud", broken, "failed");
  const job = findTarget(config, node.target)?.jenkins?.testJob ?? null;
  if (job === null) {
    return remove("configuration", `target ${node.target} no longer has a test-job`, "unused");
  }
  if (node.jobEnd !== null && node.jobEnd.result !== "SUCCESS") {
    return remove("failure", `failed its test-job ${job}: ${node.jobEnd.result ?? "no result"}`, "failed");
  }
  const until = node.stateSince + config.limits.testStuck;
  if (now >= until) {
    const minutes = config.limits.testStuck / MINUTE;
    const last = node.attempt > 0 && node.waitingOn !== null ? ` (${node.waitingOn.message})` : "";
    return remove("limit", `its test-job ${job} did not end within ${minutes} min${last}`, "failed");
  }
  const retry = awaitRetry(node, { now, reason: "target", by: until });
  if (retry !== null) return retry;
  if (node.jobEnd !== null) return act({ type: "relabel-agent", node });
  // An attempt to start it that failed has left a time to try again at.
  if (state.startedAt === null || node.retryAt !== null) return act({ type: "start-test", node, job });
  return wait("target", `the test-job ${job} runs on it`, until);
}
