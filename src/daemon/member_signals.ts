/**
 * SIGHUP to a process of a pool on several machines that does not lead: its log is opened again, and says whether
 * the configuration, as its files are now, can be used. A standby takes it when it leads; a builder logs in to clouds by it.
 */
import { ConfigError, formatProblem } from "../config/config_error.ts";
import type { ConfigSource } from "../config/config_source.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import type { MemberDeps } from "./member.ts";

const log = loggerOf("daemon");

export function answerMemberSignals({ signals, lines, source, serviceManager }: MemberDeps): void {
  signals.answer({
    SIGHUP() {
      lines.reopen();
      serviceManager?.tellReloading();
      void tellConfig(source).finally(() => serviceManager?.tell({ READY: 1 }));
    },
    SIGUSR2() {},
  });
}

/** In the log. */
export async function tellConfig(source: Pick<ConfigSource, "read">): Promise<void> {
  try {
    await source.read();
    log.info("the configuration has been read, and can be used");
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems.map(formatProblem) : [errorChain(error)];
    for (const problem of problems) {
      log.error("configuration: {problem}; the last good one stays in force", { problem });
    }
  }
}
