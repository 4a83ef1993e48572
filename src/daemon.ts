/**
 * `nodepool daemon`: puts the pool together with its real adapters and runs it until it is told to stop. The only
 * file, besides `offline_pool.ts`, that knows every folder. Everything is held with `using`, so that it ends in the
 * reverse of the order in which it began.
 */
import { resolve } from "node:path";
import { OtherDaemonError, StateLostError } from "./cli/cli_error.ts";
import { ExitCode } from "./cli/exit_code.ts";
import type { DaemonOptions, EnabledParts } from "./cli/wiring.ts";
import { ConfigSource } from "./config/config_source.ts";
import { formatProblem, type Problem } from "./config/config_error.ts";
import { excerptText } from "./config/format_excerpt.ts";
import type { LoadedConfig } from "./config/load_config.ts";
import { loadUndici } from "./http/load_undici.ts";
import { loadLogging } from "./config/load_logging.ts";
import { connectionKind } from "./control/connection_kind.ts";
import { localPool } from "./control/local_pool.ts";
import { serveControl } from "./control/serve_control.ts";
import { StackDump } from "./control/stack_dump.ts";
import { controlSocketPath } from "./control/socket_path.ts";
import { buildInfo } from "./lib/build_info.ts";
import { systemClock } from "./lib/clock.ts";
import { errorChain } from "./lib/error_chain.ts";
import { freeDescriptors } from "./lib/free_descriptors.ts";
import { createCpuProfiler } from "./lib/cpu_profiler.ts";
import { inFlight, type LastRan } from "./lib/in_flight.ts";
import { isOnStderr, loggerOf, type Logging, startLogging } from "./lib/logging.ts";
import { quickLevels, shortCategory } from "./lib/log_spec.ts";
import { LoopWatch } from "./lib/loop_watch.ts";
import { writePidFile } from "./lib/pid_file.ts";
import { processUse } from "./lib/process_use.ts";
import { ProcessSignals } from "./lib/process_signals.ts";
import { systemRandom } from "./lib/random.ts";
import { openServiceManager, type ServiceManager } from "./lib/service_manager.ts";
import { SteadyClock } from "./lib/steady_clock.ts";
import { catchStrayDefects } from "./lib/stray_defects.ts";
import type { Config } from "./domain/config.ts";
import { SECOND } from "./domain/time.ts";
import { seeManual } from "./domain/see_manual.ts";
import { Pool } from "./pool/pool.ts";
import { metricsOf, took } from "./metrics/happening.ts";
import { PrometheusMetrics } from "./metrics/prometheus_metrics.ts";
import { openStatsd, poolAdapters } from "./pool_adapters.ts";
import { createSite } from "./site/create_site.ts";
import { serveSite } from "./site/serve_site.ts";
import { openKvStore } from "./store/kv_store.ts";
import { lockState } from "./store/state_lock.ts";
import { StoreError } from "./store/store.ts";
import { viewDump } from "./views/dump.ts";
import { describeName } from "./views/dump_text.ts";
import { statusLine } from "./views/status_line.ts";

const log = loggerOf("daemon");

/**
 * Of the files that may still be open, four tenths are for commands, which may be hundreds that wait for nodes, one for
 * the status endpoint, and two for those who follow the events there. The rest is for clouds, servers, builds and the state.
 */
const MOST_DESCRIPTORS = 1_200;

/**
 * Runs until SIGINT, SIGUSR1 or SIGTERM. @returns the exit code
 * @throws StateLostError once it can write its state no more, where the log does not say so on standard error
 * @throws ConfigError, OtherDaemonError, PidFileError, StoreError, ServeSiteError, ControlSocketError where it cannot
 *   start
 */
export async function runDaemon(options: DaemonOptions, heard = new ProcessSignals()): Promise<number> {
  using signals = heard;
  const clock = new SteadyClock(systemClock);
  const build = buildInfo();
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

  using _lock = await takeLock(config.state, options.parts);
  await checkAlone(config.state);
  tellMissingBuilder(options.parts, config);
  using _pidFile = options.pidFile === null ? null : writePidFile(options.pidFile, { onTrouble });
  if (signals.isStopping) return tellStop(await signals.stop);
  await using store = await openKvStore(config.state, { clock, random: systemRandom });
  await using statsd = await openStatsd();
  using serviceManager = openServiceManager({ env: (name) => Deno.env.get(name), onTrouble });
  const prometheus = new PrometheusMetrics();
  const metrics = metricsOf(statsd === null ? [prometheus] : [prometheus, statsd]);
  await using loop = new LoopWatch({
    clock,
    onDelay: (delay) => prometheus.tell([took("loop_delay", {}, delay)]),
    lastBefore: (now) => inFlight.lastBefore(now),
    onBlocked: tellBlock,
  });
  const doors: { readonly to: string; readonly counts: () => { open: number; busy: number } }[] = [];
  await using pool = await Pool.start(config, {
    ...poolAdapters({ store, clock, metrics }),
    serviceManager,
    logging: lines,
    parts: options.parts,
    newState: options.newState,
    buildWorkers: options.buildWorkers,
    uploadWorkers: options.uploadWorkers,
    readConfig: () => source.read(),
    readOtherConfig: (other, options) => source.readOther(other, options),
    watchedConfig: { path: options.configFile, stamp: () => source.stamp() },
    process: {
      pid: Deno.pid,
      version: `${build.version} (${build.commit})`,
      configFile: resolve(options.configFile),
    },
    lookAtProcess: () => ({
      memory: Deno.memoryUsage(),
      loopDelay: loop.delay,
      profilingSince: stackDump.profilingSince,
      connections: doors.map(({ to, counts }) => ({ to, ...counts(), waiting: 0 })),
    }),
  });
  await using stackDump = new StackDump({
    clock,
    profiler: createCpuProfiler(),
    pid: Deno.pid,
    folder: () => pool.config.log.profileDir,
    dump: () => viewDump(pool.daemon.dump()),
  });
  const free = freeDescriptors(MOST_DESCRIPTORS);
  await using control = await serveControl(localPool(pool), {
    socketPath: controlSocketPath(config.state),
    connections: Math.max(4, Math.floor(free * 0.4)),
    onDefect,
  });
  doors.push({ to: "control socket", counts: () => control.connections });
  await loadUndici(controlSocketPath(config.state));
  const site = createSite({
    report: () => pool.report(),
    history: pool.ledger,
    events: pool.daemon.events,
    scrape: (report, { isOpenMetrics }) => {
      const { ledger: { queued: queuedChanges } } = pool;
      const facts = { ...build, ...processUse(), queuedChanges, longestDelay: loop.delay.longest };
      return prometheus.scrape(report, { facts, isOpenMetrics });
    },
    onDefect,
  });
  const connections = Math.min(64, Math.max(4, Math.floor(free * 0.1)));
  const streams = Math.min(256, Math.max(4, Math.floor(free * 0.2)));
  await using served = options.parts.site
    ? serveSite(site, { listen: config.status.listen, connections, streams })
    : null;
  const { events } = pool.daemon;
  doors.push({ to: "events", counts: () => ({ open: events.readers, busy: 0 }) });
  if (served !== null) doors.push({ to: "status endpoint", counts: () => served.connections });
  log.info(
    `nodepool {version} runs (pid {pid}), ${served === null ? "no status endpoint" : "status at {url}"}`,
    {
      version: `${build.version} (${build.commit})`,
      pid: Deno.pid,
      ...(served === null ? {} : { url: served.urls.join(" and ") }),
    },
  );

  options.onRunning();
  serviceManager?.tell({ READY: 1, STATUS: statusLine(pool.report()) });
  signals.answer({
    SIGHUP() {
      lines.reopen();
      void reload(pool, serviceManager).catch(onDefect);
    },
    SIGUSR2: () => void stackDump.signal(),
  });
  const over = await Promise.race([signals.stop, pool.stateLost]);
  serviceManager?.tell({ STOPPING: 1 });
  tellLevels(lines);
  if (over instanceof StoreError) {
    await abandon(pool, over);
    if (isOnStderr(logging, "daemon")) return ExitCode.stateLost;
    throw new StateLostError(`the daemon exits: ${over.message}`);
  }
  pool.stopAccepting();
  await buildsEnd(pool, { signal: over, end: signals.end });
  return tellStop(over);
}

async function reload(pool: Pool, serviceManager: ServiceManager | null): Promise<void> {
  serviceManager?.tellReloading();
  try {
    await pool.reload();
  } finally {
    serviceManager?.tell({ READY: 1, STATUS: statusLine(pool.report()) });
  }
}

/** The next daemon goes by its configuration alone. */
function tellLevels({ levels }: Logging): void {
  const set = levels.list().map(({ category, level }) => `${shortCategory(category)} ${level}`);
  if (set.length > 0) log.info("these log levels end with this daemon: {levels}", { levels: set.join(", ") });
}

function tellStop(signal: Deno.Signal): number {
  log.info("stopping on {signal}; work in progress resumes at the next start", { signal });
  return ExitCode.done;
}

/** Nothing is started any more; what was in the state is written beside it. */
async function abandon(pool: Pool, error: StoreError): Promise<void> {
  log.fatal("{error}; nothing more is launched, deleted or handed out, and the daemon exits", {
    error: error.message,
  });
  await pool[Symbol.asyncDispose]();
  try {
    const copy = await pool.rescueState();
    if (copy !== null) {
      log.fatal("the contents of the state are in {copy}: put this copy in its place before the next start", {
        copy,
      });
    }
  } catch (failure) {
    log.fatal("cannot write a copy: {error}", { error: errorChain(failure) });
  }
}

/** Builds take hours: they are let finish, unless somebody says that the daemon is not to wait for them. */
async function buildsEnd(
  pool: Pool,
  { signal, end }: { signal: Deno.Signal; end: Promise<Deno.Signal> },
): Promise<void> {
  const isBuilding = pool.report().dibImages.some(({ state }) =>
    state.phase === "build" && state.startedAt !== null
  );
  if (!isBuilding || signal === "SIGTERM") return;
  const text = "{signal}: waiting for diskimage builds to finish; SIGTERM or a second SIGINT stops them";
  log.info(text, { signal });
  await Promise.race([pool.buildsEnd(), end]);
}

function tellFindings({ warnings, notices }: Pick<LoadedConfig, "warnings" | "notices">): void {
  for (const warning of warnings) log.warning("configuration: {text}", told(warning));
  for (const notice of notices) log.info("configuration: {text}", told(notice));
}

function told(problem: Problem): { text: string; excerpt: string | undefined } {
  return { text: formatProblem(problem), excerpt: excerptText(problem) };
}

/** @throws OtherDaemonError where another process has it */
async function takeLock(state: string, parts: EnabledParts): Promise<Disposable> {
  try {
    return await lockState(state, {
      holder: `nodepool daemon${roleOf(parts)}`,
      clock: systemClock,
      wait: LOCK_WAIT,
    });
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== "locked") throw error;
    const advice = isHalf(parts) ? INSTEAD_OF_HALVES : STOP_THE_OTHER;
    throw new OtherDaemonError(`${error.message}: ${advice}; ${seeManual("state-in-use")}`);
  }
}

const STOP_THE_OTHER =
  "stop that one first, or set a different `state` for this one; one daemon runs the pool and builds its images too";
const INSTEAD_OF_HALVES =
  "one daemon runs the pool and builds its images too: stop that one, and run nodepoold alone, without --no-builder, " +
  "in place of `nodepoold --no-builder` and nodepool-builder";

/** In 2016, one process ran the pool and another built its images. */
function isHalf({ pool, builds }: EnabledParts): boolean {
  return pool !== builds;
}

function roleOf({ pool, builds }: EnabledParts): string {
  if (!pool) return " --builder-only";
  return builds ? "" : " --no-builder";
}

function tellMissingBuilder({ pool, builds }: EnabledParts, { diskimages }: Config): void {
  if (!pool || builds || diskimages.length === 0) return;
  log.warning(
    "--no-builder: nothing builds or uploads diskimages, and no nodepool-builder can run beside this daemon; " +
      "start it without --no-builder",
  );
}

/** @throws OtherDaemonError where a daemon runs although its lock could be taken: somebody has removed the lock's file */
async function checkAlone(state: string): Promise<void> {
  const path = controlSocketPath(state);
  const deadline = systemClock.monotonic() + LOCK_WAIT;
  // A socket that cannot be reached is reported when ours is made.
  while (await connectionKind(path).catch(() => null) === "listening") {
    if (systemClock.monotonic() < deadline) await systemClock.sleep(LOOK);
    else {
      throw new OtherDaemonError(
        `another daemon listens on ${path}, whose lock ${state}.lock was removed: stop it first`,
      );
    }
  }
}

/** A command that works without a daemon holds the lock for less than this, and so does a process that is being killed. */
const LOCK_WAIT = 2_000;

/** Between two looks at a socket. */
const LOOK = 50;

/** The work that ran last before is what blocked it, as far as anybody can know. */
function tellBlock({ duration, by }: { readonly duration: number; readonly by: LastRan | null }): void {
  const seconds = (duration / SECOND).toFixed(1);
  const work = by === null
    ? "no recorded work"
    : describeName(by) + (by.on === null ? "" : `, when it waited for ${by.on}`);
  log.warning("the event loop was blocked for {seconds} s; last work before that: {work}", { seconds, work });
}

function onTrouble(message: string): void {
  log.warning("{message}", { message });
}

function onDefect(error: unknown): void {
  log.error("defect: {error}", {
    error: errorChain(error),
    stack: error instanceof Error ? error.stack : undefined,
  });
}
