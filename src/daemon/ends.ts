/**
 * The ends of a daemon: at a signal, where builds may finish first, and since it no longer leads its pool. That is the same
 * at any moment from the one when it leads: while it opens the state, and as long as its pool runs.
 */
import { ExitCode } from "../cli/exit_code.ts";
import { EtcdError, type EtcdErrorKind } from "../etcd/etcd.ts";
import type { Call } from "../lib/call.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import type { ProcessSignals } from "../lib/process_signals.ts";
import { StoreError } from "../store/store.ts";

const log = loggerOf("daemon");

export function tellStop(signal: Deno.Signal): number {
  log.info("stopping on {signal}; work in progress resumes at the next start", { signal });
  return ExitCode.done;
}

/**
 * Builds take hours: a process that is to stop lets them finish, unless it is told not to wait.
 * @param finish resolves once nothing is being built; its signal is aborted when that is not waited for any more
 */
export async function letBuildsEnd(
  signals: Pick<ProcessSignals, "stop" | "end">,
  finish: (call: Call) => Promise<void>,
): Promise<void> {
  const signal = await signals.stop;
  if (signal === "SIGTERM") return;
  log.info("{signal}: waiting for diskimage builds to finish; SIGTERM or a second SIGINT stops them", {
    signal,
  });
  const over = new AbortController();
  void signals.end.then(() => over.abort());
  await Promise.race([finish(over).catch(() => {}), signals.end]);
}

/** Troubles that pass by themselves, unlike those with a user and its rights. */
const PASSING: ReadonlySet<EtcdErrorKind> = new Set(["unreachable", "lost", "full", "gone"]);

/** For people, where the error means that a daemon which has just come to lead no longer does; null: it means something else. */
export function whyLost(error: unknown): string | null {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof StoreError && one.kind === "stopped") return errorChain(error);
    if (one instanceof EtcdError && PASSING.has(one.kind)) return errorChain(error);
  }
  return null;
}

/** Its service manager starts it again, as a standby. Another may lead, and nothing is begun any more. @returns the exit code */
export function tellLost(why: string): number {
  log.error("this daemon no longer leads the pool: {why}; it exits, to be started again as a standby", {
    why,
  });
  return ExitCode.leadershipLost;
}
