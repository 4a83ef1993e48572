/**
 * Builds take hours: a process that is to stop lets them finish, unless it is told not to wait. Daemons and builders
 * with a build in progress end this way.
 */
import type { Call } from "../lib/call.ts";
import { loggerOf } from "../lib/logging.ts";
import type { ProcessSignals } from "../lib/process_signals.ts";

const log = loggerOf("daemon");

/** @param finish resolves once nothing is being built; its signal is aborted when that is not waited for any more */
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
