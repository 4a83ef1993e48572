/**
 * The end of a daemon that no longer leads its pool: its service manager starts it again, as a standby. It is the same at any
 * moment from the one when it leads: while it opens the state, and as long as its pool runs.
 */
import { ExitCode } from "../cli/exit_code.ts";
import { EtcdError, type EtcdErrorKind } from "../etcd/etcd.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import { StoreError } from "../store/store.ts";

const log = loggerOf("daemon");

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

/** Another may lead, and nothing is begun any more. @returns the exit code */
export function tellLost(why: string): number {
  log.error("this daemon no longer leads the pool: {why}; it exits, to be started again as a standby", {
    why,
  });
  return ExitCode.leadershipLost;
}
