/** The end of a launch that failed: keeps what the cloud can still tell, then marks the node for deletion. */
import type { Cloud } from "../cloud/cloud.ts";
import type { Evidence } from "../domain/node.ts";
import type { LaunchFailure } from "../plan/action.ts";
import type { AttemptDeps, Outcome } from "./outcome.ts";

const CONSOLE_LINES = 50;

export async function executeGiveUp(
  failure: LaunchFailure,
  { cloud, clock, signal }: AttemptDeps & { cloud: Cloud },
): Promise<Outcome> {
  const { serverId, message, kind } = failure;
  // Evidence is welcome, never needed.
  const console = failure.wantsConsole
    ? await cloud.getConsole(serverId, { lines: CONSOLE_LINES, signal }).catch(() => null)
    : null;
  const shown = kind === "status" ? await cloud.getServer(serverId, { signal }).catch(() => null) : null;
  signal.throwIfAborted();
  const fault = shown === null || shown === "gone" ? null : shown.fault;
  const evidence: Evidence = { at: clock.now(), error: message, kind, requestId: null, fault, console };
  return { event: { type: "delete", by: "failure", comment: message, result: "failed", evidence } };
}
