/**
 * A process of a pool on several machines and its builder: beside a standby or the leader, or alone. Builds take hours: they
 * are let finish when the process is to stop, unless somebody says that it is not to wait for them.
 */
import { ExitCode } from "../cli/exit_code.ts";
import { DaemonBuilder } from "./daemon_builder.ts";
import type { EtcdConfig } from "../domain/etcd_config.ts";
import { SECOND } from "../domain/time.ts";
import { buildInfo } from "../lib/build_info.ts";
import { loggerOf } from "../lib/logging.ts";
import type { MemberDeps } from "./member.ts";
import { tellStop } from "./run_pool.ts";

const log = loggerOf("daemon");

/** Between two signs of life for the service manager. */
const LOOK = SECOND;

/** @param deps `runOnSeat`: runs the pool, as soon as this process leads, where it is to do that. @returns the exit code */
export async function runBesideBuilder(
  etcd: EtcdConfig,
  { runOnSeat, ...deps }: MemberDeps & { runOnSeat: () => Promise<number> },
): Promise<number> {
  const { parts } = deps.options;
  if (!parts.builds) return await runOnSeat();
  await using builder = new DaemonBuilder(etcd, deps);
  if (!parts.pool) return await runAlone(builder, deps);
  const code = await runOnSeat();
  if (code === ExitCode.done) await finishBuilds(builder, deps);
  return code;
}

async function runAlone(builder: DaemonBuilder, deps: MemberDeps): Promise<number> {
  const { options, clock, lines, serviceManager, signals } = deps;
  await using _member = builder.join();
  const { version, commit } = buildInfo();
  log.info("nodepool {version} builds images for whoever leads the pool (pid {pid})", {
    version: `${version} (${commit})`,
    pid: Deno.pid,
  });
  signals.answer({ SIGHUP: () => lines.reopen(), SIGUSR2() {} });
  options.onRunning();
  serviceManager?.tell({ READY: 1, STATUS: "builder" });
  const over = new AbortController();
  void signals.stop.then(() => over.abort());
  while (await clock.sleep(LOOK, over).then(() => true, () => false)) {
    if (serviceManager !== null && serviceManager.watchdog !== null) serviceManager.tell({ WATCHDOG: 1 });
  }
  serviceManager?.tell({ STOPPING: 1 });
  await finishBuilds(builder, deps);
  return tellStop(await signals.stop);
}

async function finishBuilds(builder: DaemonBuilder, { signals }: Pick<MemberDeps, "signals">): Promise<void> {
  const signal = await signals.stop;
  if (!builder.isBuilding || signal === "SIGTERM") return;
  log.info("{signal}: waiting for diskimage builds to finish; SIGTERM or a second SIGINT stops them", {
    signal,
  });
  const over = new AbortController();
  void signals.end.then(() => over.abort());
  await builder.finish(over).catch(() => {});
}
