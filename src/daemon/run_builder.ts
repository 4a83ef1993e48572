/**
 * A process of a pool on several machines and its builder: beside a standby or the leader, or alone.
 */
import { ExitCode } from "../cli/exit_code.ts";
import { DaemonBuilder } from "./daemon_builder.ts";
import type { EtcdConfig } from "../domain/etcd_config.ts";
import { SECOND } from "../domain/time.ts";
import { sleptThrough } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";
import type { MemberDeps } from "./member.ts";
import { answerMemberSignals } from "./member_signals.ts";
import { letBuildsEnd, tellStop } from "./ends.ts";
import { ownVersion } from "./own_process.ts";

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
  if (code === ExitCode.done && builder.isBuilding) {
    await letBuildsEnd(deps.signals, (call) => builder.finish(call));
  }
  return code;
}

async function runAlone(builder: DaemonBuilder, deps: MemberDeps): Promise<number> {
  const { options, clock, serviceManager, signals } = deps;
  await using _member = builder.join();
  log.info("nodepool {version} builds images for the leader of the pool (pid {pid})", {
    version: ownVersion(),
    pid: Deno.pid,
  });
  answerMemberSignals(deps);
  options.onRunning();
  serviceManager?.tell({ READY: 1, STATUS: "builder" });
  while (await sleptThrough(clock, LOOK, { signal: signals.stopping })) serviceManager?.tellAlive();
  serviceManager?.tell({ STOPPING: 1 });
  if (builder.isBuilding) await letBuildsEnd(signals, (call) => builder.finish(call));
  return tellStop(await signals.stop);
}
