/** The configuration of a process of a pool on several machines that does not lead: what it would go by, and SIGHUP. */
import { ConfigError, formatProblem } from "../config/config_error.ts";
import type { ConfigSource } from "../config/config_source.ts";
import { digestConfig } from "../config/digest_config.ts";
import type { ConfigDigests } from "../domain/machines_report.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import type { MemberDeps } from "./member.ts";

const log = loggerOf("daemon");

/**
 * SIGHUP: the log is opened again, and says whether the configuration, as its files are now, can be used. A standby takes it
 * when it leads; a builder logs in to clouds by it.
 */
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

/**
 * The digests of the configuration that this process would work with if it led now, read again when its files change.
 * @returns does not throw: where the files cannot be used, it would be the last good configuration
 */
export function watchedDigests(
  source: Pick<ConfigSource, "first" | "newest" | "read" | "stamp">,
): () => Promise<ConfigDigests> {
  let { stamp } = source.first;
  let digests = digestConfig(source.first.config);
  return async () => {
    const now = await source.stamp();
    if (now === stamp) return digests;
    stamp = now;
    const { config } = await source.read().catch(() => source.newest);
    return digests = digestConfig(config);
  };
}
