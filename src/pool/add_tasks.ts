/**
 * The work that a pool repeats, on schedule and whenever its records change, besides what its parts register
 * themselves. `Pool.start` calls it once.
 */
import { forgetHistory } from "../tasks/forget_history.ts";
import { logChanges } from "../tasks/log_changes.ts";
import { type NodeRecord, serverIdOf } from "../domain/node.ts";
import { SECOND } from "../domain/time.ts";
import { took } from "../metrics/happening.ts";
import { reportMetrics } from "../tasks/report_metrics.ts";
import { addServiceWatch } from "../tasks/service_watch.ts";
import { watchConfig } from "../tasks/watch_config.ts";
import type { Parts } from "./open_parts.ts";
import { statusLine } from "../views/status.ts";
import { reportPool } from "./report_pool.ts";

/** Between two looks at how the machine's clock is set. */
const CLOCK_PERIOD = 5 * SECOND;

/** Between two looks for requests that nobody waits for. */
const REQUESTS_PERIOD = 5 * SECOND;

/** Between two looks for builders that have been lost. */
const BUILDERS_PERIOD = 2 * SECOND;

/** The watches that `addTasks` leaves to be ended. */
export interface Watching {
  readonly log: Disposable;
  readonly plans: Disposable;
  readonly metrics: AsyncDisposable | null;
  readonly config: AsyncDisposable | null;
}

export function addTasks(parts: Parts): Watching {
  const { deps: { serviceManager: manager = null }, ledger, wake, errand, builders, clockWatch, desk } =
    parts;
  const { tasks, tick } = parts;
  const ticking = tasks.add({
    name: "tick",
    period: null,
    run: async () => ({ again: await runTick(parts) }),
    rest: () => tick.rest,
  });
  if (manager !== null) {
    addServiceWatch({ manager, tasks, tick: ticking, describe: () => statusLine(reportPool(parts)) });
  }
  tasks.add({
    name: "clock",
    period: CLOCK_PERIOD,
    run: () => {
      clockWatch.look();
      return clockWatch.saveNews();
    },
  });
  if (errand === null) {
    tasks.add({ name: "requests", period: REQUESTS_PERIOD, run: () => desk.withdrawUnattended() });
  }
  if (builders !== null) {
    tasks.add({ name: "builders", period: BUILDERS_PERIOD, run: () => Promise.resolve(builders.look()) });
  }
  forgetHistory({ ...parts, limits: () => parts.inForce.current.limits });
  return {
    log: logChanges(ledger),
    plans: ledger.subscribe(wake),
    metrics: addMetrics(parts),
    config: addConfigWatch(parts),
  };
}

/** Tells of the pool in numbers. null: nobody wants them. */
function addMetrics(parts: Parts): AsyncDisposable | null {
  const { deps: { metrics }, ledger, clock, tasks, inForce, overhead, watches } = parts;
  if (metrics === null) return null;
  const config = () => inForce.current;
  const report = () => reportPool(parts);
  const late = (node: NodeRecord) => watches.get(node.provider)?.activeFor(serverIdOf(node)) ?? 0;
  return reportMetrics({ metrics, ledger, clock, tasks, config, report, overhead, late });
}

/** Has the configuration read again when its files change. null: they are not watched. */
function addConfigWatch({ deps: { watchedConfig }, clock, tasks, inForce }: Parts): AsyncDisposable | null {
  if (watchedConfig === undefined) return null;
  return watchConfig({
    ...watchedConfig,
    clock,
    tasks,
    reload: () => inForce.reload(),
    hangs: () => inForce.hangs,
  });
}

/** One turn of the loop, by the configuration that is in force at its beginning. @returns when to run again */
async function runTick({ clockWatch, run, inForce, newState, faults, tick, watches, deps, clock }: Parts) {
  const config = inForce.current;
  const startedAt = clock.monotonic();
  clockWatch.look();
  await run.beginIfCopy();
  await newState.look(config);
  await faults.look(config);
  const again = await tick.run(config);
  watches.notePlan(tick.reports);
  deps.metrics?.tell([took("tick", {}, clock.monotonic() - startedAt)]);
  return Math.min(...[again, watches.firstLookEnd(), faults.again].map((at) => at ?? Infinity));
}
