/**
 * Runs the pool of a daemon that has its seat, with the real adapters, until it is told to stop or has lost its state.
 * Everything is held with `using`, so that it ends in the reverse of the order in which it began.
 */
import { resolve } from "node:path";
import { StateLostError } from "../cli/cli_error.ts";
import { ExitCode } from "../cli/exit_code.ts";
import type { DaemonOptions } from "../cli/wiring.ts";
import { loadUndici } from "../http/load_undici.ts";
import { ControlError } from "../control/control_error.ts";
import { localPool } from "../control/local_pool.ts";
import { StackDump } from "../control/stack_dump.ts";
import { controlSocketPath } from "../control/socket_path.ts";
import { buildInfo } from "../lib/build_info.ts";
import { errorChain } from "../lib/error_chain.ts";
import { createCpuProfiler } from "../lib/cpu_profiler.ts";
import { inFlight, type LastRan } from "../lib/in_flight.ts";
import { loggerOf, type Logging } from "../lib/logging.ts";
import { shortCategory } from "../lib/log_spec.ts";
import { LoopWatch } from "../lib/loop_watch.ts";
import { processUse } from "../lib/process_use.ts";
import type { ServiceManager } from "../lib/service_manager.ts";
import { SECOND } from "../domain/time.ts";
import { openLogCopy } from "../builders/log_copy.ts";
import { Pool } from "../pool/pool.ts";
import type { PoolDeps } from "../pool/pool_deps.ts";
import { metricsOf, took } from "../metrics/happening.ts";
import { PrometheusMetrics } from "../metrics/prometheus_metrics.ts";
import { openStatsd, poolAdapters } from "../pool_adapters.ts";
import { createSite } from "../site/create_site.ts";
import { StoreError } from "../store/store.ts";
import { describeName, viewDump } from "../views/dump.ts";
import { statusLine } from "../views/status.ts";
import { doorLimits } from "./door_limits.ts";
import { letBuildsEnd, tellLost, tellStop } from "./ends.ts";
import type { MemberDeps } from "./member.ts";
import type { Seat } from "./seat.ts";
import { ownVersion } from "./own_process.ts";

const log = loggerOf("daemon");

interface Running extends MemberDeps {
  /** Whether readers of standard error see the log of it. */
  readonly isToldOnStderr: boolean;
}

/** @returns the exit code. @throws StateLostError where the log does not say it on standard error */
export async function runPool(
  seat: Seat,
  { options, source, clock, isToldOnStderr, lines, serviceManager, signals }: Running,
): Promise<number> {
  const { store } = seat;
  const build = buildInfo();
  await using statsd = await openStatsd();
  const prometheus = new PrometheusMetrics();
  const metrics = metricsOf(statsd === null ? [prometheus] : [prometheus, statsd]);
  await using loop = new LoopWatch({
    clock,
    onDelay: (delay) => prometheus.tell([took("loop_delay", {}, delay)]),
    lastBefore: (now) => inFlight.lastBefore(now),
    onBlocked: tellBlock,
  });
  const doors: { readonly to: string; readonly counts: () => { open: number; busy: number } }[] = [];
  const started = Pool.start(seat.config, {
    ...poolAdapters({ store, clock, metrics }),
    machines: seat.machines,
    serviceManager,
    logging: lines,
    ...buildersOf(seat, options),
    newState: options.newState,
    buildWorkers: options.buildWorkers,
    uploadWorkers: options.uploadWorkers,
    readConfig: () => source.read(),
    readOtherConfig: (other, options) => source.readOther(other, options),
    watchedConfig: {
      first: seat.stamp ?? source.first.stamp,
      stamp: () => source.stamp(),
    },
    process: {
      pid: Deno.pid,
      version: ownVersion(),
      configFile: resolve(options.configFile),
    },
    lookAtProcess: () => ({
      memory: Deno.memoryUsage(),
      loopDelay: loop.delay,
      profilingSince: stackDump.profilingSince,
      connections: doors.map(({ to, counts }) => ({ to, ...counts(), waiting: 0 })),
    }),
    starting: signals.stopping,
  });
  await using pool = await started.catch((error) => {
    if (error !== signals.stopping.reason) throw error;
    return null;
  });
  if (pool === null) return tellStop(await signals.stop);
  await using stackDump = new StackDump({
    clock,
    profiler: createCpuProfiler(),
    pid: Deno.pid,
    folder: () => pool.config.log.profileDir,
    dump: () => viewDump(pool.daemon.dump()),
  });
  const limits = doorLimits();
  await using control = await seat.serveControl(localPool(pool), {
    connections: limits.commands,
    onDefect,
  });
  doors.push({ to: "control socket", counts: () => control.connections });
  // The one of a pool in etcd has used it by now.
  if (seat.machines === null) await loadUndici(controlSocketPath(seat.config.state));
  const site = createSite({
    report: () => pool.report(),
    allowOrigin: () => pool.config.status.allowOrigin,
    history: pool.ledger,
    events: pool.daemon.events,
    scrape: (report, { isOpenMetrics }) => {
      const { ledger: { queued: queuedChanges } } = pool;
      const facts = { ...build, ...processUse(), queuedChanges, longestDelay: loop.delay.longest };
      return prometheus.scrape(report, { facts, isOpenMetrics });
    },
    onDefect,
  });
  await using served = options.parts.site ? seat.serveSite(site, limits.site) : null;
  const { events } = pool.daemon;
  doors.push({ to: "events", counts: () => ({ open: events.readers, busy: 0 }) });
  if (served !== null) doors.push({ to: "status endpoint", counts: () => served.connections });
  log.info(
    `nodepool {version} runs (pid {pid}), ${served === null ? "no status endpoint" : "status at {url}"}`,
    {
      version: ownVersion(),
      pid: Deno.pid,
      ...(served === null ? {} : { url: served.urls.join(" and ") }),
    },
  );

  options.onRunning();
  serviceManager?.tell({ READY: 1, STATUS: statusLine(pool.report()) });
  signals.answer({
    SIGHUP() {
      lines.reopen();
      void reload(pool, serviceManager).catch((error) => {
        // One that the end of the pool breaks off has not failed.
        if (!(error instanceof ControlError)) onDefect(error);
      });
    },
    SIGUSR2: () => void stackDump.signal(),
  });
  const over = await Promise.race([signals.stop, pool.stateLost, seat.left]);
  serviceManager?.tell({ STOPPING: 1 });
  tellLevels(lines);
  const { machines } = seat;
  if (machines?.leadership.isLost || over === "lost") {
    return tellLost((await machines!.leadership.lost).message);
  }
  if (over === "resigned") return await handOver(pool);
  if (over instanceof StoreError) {
    await abandon(pool, over);
    if (isToldOnStderr) return ExitCode.stateLost;
    throw new StateLostError(`the daemon exits: ${over.message}`);
  }
  pool.stopAccepting();
  // Builders elsewhere go on without it.
  if (machines === null && isBuilding(pool)) await letBuildsEnd(signals, () => pool.buildsEnd());
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

/** The next one leads as soon as this one's requests in progress have been stored. */
async function handOver(pool: Pool): Promise<number> {
  log.info("resigning; this daemon exits, to be started again as a standby");
  await pool.endWithin(SECOND);
  return ExitCode.leadershipLost;
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

/** On several machines every builder is asked, this process's own too, and the pool's own part is to plan what they do. */
function buildersOf({ machines }: Seat, { parts }: DaemonOptions): Pick<PoolDeps, "parts" | "builders"> {
  if (machines === null) return { parts };
  return { parts: { ...parts, builds: true }, builders: { host: machines.self.host, openLogCopy } };
}

function isBuilding(pool: Pool): boolean {
  return pool.report().dibImages.some(({ state }) => state.phase === "build" && state.startedAt !== null);
}

/** The work that ran last before is what blocked it, as far as anybody can know. */
function tellBlock({ duration, by }: { readonly duration: number; readonly by: LastRan | null }): void {
  const seconds = (duration / SECOND).toFixed(1);
  const work = by === null
    ? "no recorded work"
    : describeName(by) + (by.on === null ? "" : `, when it waited for ${by.on}`);
  log.warning("the event loop was blocked for {seconds} s; last work before that: {work}", { seconds, work });
}

function onDefect(error: unknown): void {
  log.error("defect: {error}", {
    error: errorChain(error),
    stack: error instanceof Error ? error.stack : undefined,
  });
}
