/**
 * `nodepool daemon`: reads its configuration, takes its seat, and runs the pool on it until it is told to stop. This
 * file, `run_pool.ts`, the seats and `offline_pool.ts` are the only ones that know every folder.
 */
import type { Config } from "../domain/config.ts";
import type { LoadedConfig } from "../config/load_config.ts";
import type { DaemonOptions, EnabledParts } from "../cli/wiring.ts";
import { ConfigSource } from "../config/config_source.ts";
import { formatProblem, type Problem } from "../config/config_error.ts";
import { excerptText } from "../config/format_excerpt.ts";
import { loadLogging } from "../config/load_logging.ts";
import { systemClock } from "../lib/clock.ts";
import { isOnStderr, loggerOf, startLogging } from "../lib/logging.ts";
import { quickLevels } from "../lib/log_spec.ts";
import { writePidFile } from "../lib/pid_file.ts";
import { ProcessSignals } from "../lib/process_signals.ts";
import { openServiceManager } from "../lib/service_manager.ts";
import { SteadyClock } from "../lib/steady_clock.ts";
import { catchStrayDefects } from "../lib/bulkhead.ts";
import { checkAloneHere } from "./check_alone.ts";
import { openFileSeat, takeFile } from "./file_seat.ts";
import { tellLost, tellStop, whyLost } from "./ends.ts";
import type { MemberDeps } from "./member.ts";
import type { Seat } from "./seat.ts";
import { runPool } from "./run_pool.ts";

const log = loggerOf("daemon");

/**
 * Runs until SIGINT, SIGUSR1 or SIGTERM. @returns the exit code
 * @throws StateLostError once it can no longer write its state, where the log does not say so on standard error
 * @throws ConfigError, OtherDaemonError, PidFileError, StoreError, ServeSiteError, ControlSocketError where it cannot
 *   start
 * @param heard those of the process, if it ends with the daemon
 */
export async function runDaemon(options: DaemonOptions, heard?: ProcessSignals): Promise<number> {
  // The process hears its own until its end: a late SIGHUP would end it by the default action, not with its exit code.
  using own = heard === undefined ? new ProcessSignals() : null;
  const signals = heard ?? own!;
  const clock = new SteadyClock(systemClock);
  const source = await ConfigSource.open(options.configFile, options);
  const { config } = source.first;
  const { logging, notices } = await loadLogging(options.logConfigFile, {
    otherwise: config.log,
    debug: options.debug,
  });
  await using lines = await startLogging({ ...logging, set: quickLevels((name) => Deno.env.get(name)) });
  using _strays = catchStrayDefects();
  tellFindings(source.first);
  tellFindings({ warnings: [], notices });

  using _file = config.etcd === null ? await takeFile(config, options.parts) : null;
  if (config.etcd !== null && options.parts.pool) await checkAloneHere(config.state);
  tellMissingBuilder(options.parts, config);
  using _pidFile = options.pidFile === null ? null : writePidFile(options.pidFile, { onTrouble });
  if (signals.stopping.aborted) return tellStop(await signals.stop);
  using serviceManager = openServiceManager({ env: (name) => Deno.env.get(name), onTrouble });
  const deps = { options, source, clock, lines, serviceManager, signals };
  const runOnSeat = (how: Pick<MemberDeps, "onLead"> = {}) =>
    runSeated(config, { ...deps, ...how, isToldOnStderr: isOnStderr(logging, "daemon") });
  if (config.etcd === null) return await runOnSeat();
  const { runBesideBuilder } = await import("./daemon_builder.ts");
  return await runBesideBuilder(config.etcd, { ...deps, runOnSeat });
}

async function runSeated(
  config: Config,
  { isToldOnStderr, ...deps }: MemberDeps & { isToldOnStderr: boolean },
): Promise<number> {
  try {
    await using seat = await takeSeat(config, deps);
    if (seat === null) return tellStop(await deps.signals.stop);
    return await runPool(seat, { ...deps, isToldOnStderr });
  } catch (error) {
    const why = config.etcd === null ? null : whyLost(error);
    if (why === null) throw error;
    return tellLost(why);
  }
}

/** @returns null: it was told to stop before it had one */
async function takeSeat({ etcd }: Config, deps: MemberDeps): Promise<Seat | null> {
  if (etcd === null) return await openFileSeat(deps.source.first.config, deps);
  const { takeMemberSeat } = await import("./member.ts");
  return await takeMemberSeat(etcd, deps);
}

function tellFindings({ warnings, notices }: Pick<LoadedConfig, "warnings" | "notices">): void {
  for (const warning of warnings) log.warning("configuration: {text}", told(warning));
  for (const notice of notices) log.info("configuration: {text}", told(notice));
}

function told(problem: Problem): { text: string; excerpt: string | undefined } {
  return { text: formatProblem(problem), excerpt: excerptText(problem) };
}

function tellMissingBuilder({ pool, builds }: EnabledParts, { etcd, diskimages }: Config): void {
  if (!pool || builds || etcd !== null || diskimages.length === 0) return;
  log.warning(
    "--no-builder: nothing builds or uploads diskimages, and no nodepool-builder can run beside this daemon; " +
      "start it without --no-builder",
  );
}

function onTrouble(message: string): void {
  log.warning("{message}", { message });
}
