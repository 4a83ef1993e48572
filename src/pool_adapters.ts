/** The real adapters that a pool is made of: the daemon's, and that of a command that works where no daemon runs. */
import { createDiskimageBuilder } from "./build/diskimage_builder.ts";
import { BuildLog, followLog } from "./build/build_log.ts";
import { CONFIG_VARIABLE } from "./build/build_environment.ts";
import { createGearman } from "./demand/gearman/gearman.ts";
import { listenToJobEvents } from "./demand/zmq/job_events.ts";
import type { ProviderConfig } from "./domain/config.ts";
import { systemClock } from "./lib/clock.ts";
import { loggerOf } from "./lib/logging.ts";
import { systemRandom } from "./lib/random.ts";
import type { SteadyClock } from "./lib/steady_clock.ts";
import type { EndedRequest } from "./cloud/openstack/transport.ts";
import { type Metrics, took } from "./metrics/happening.ts";
import { StatsdMetrics } from "./metrics/statsd_metrics.ts";
import { statsdAddress } from "./metrics/statsd_address.ts";
import { openCloud } from "./open_cloud.ts";
import { openTarget } from "./open_target.ts";
import type { PoolDeps } from "./pool/pool_deps.ts";
import { generateKey } from "./ssh/generate_key.ts";
import { createSsh2Shell } from "./ssh/ssh2_shell.ts";
import type { Store } from "./store/store.ts";

const log = loggerOf("daemon");

interface Opened {
  readonly store: Store;
  readonly clock: SteadyClock;
  /** null: nobody is told. */
  readonly metrics: Metrics | null;
}

/** All that reaches out of the process. */
export function poolAdapters({ store, clock, metrics }: Opened) {
  return {
    store,
    clock,
    random: systemRandom,
    shell: createSsh2Shell(),
    openCloud: (provider, through) =>
      openCloud(provider, { clock, onRequest: tellingOf(provider, metrics), through }),
    openTarget,
    openGearman: (onState) => createGearman({ onState, clock, random: systemRandom }),
    listenToJobs: (options) => listenToJobEvents({ ...options, clock, random: systemRandom }),
    metrics,
    builder: createDiskimageBuilder(),
    makeKeypair: async () => {
      const { private: privateKey, public: publicKey } = await generateKey();
      return { privateKey, publicKey };
    },
    openLog: BuildLog.open,
    followLog: (path, how) => followLog(path, { ...how, clock }),
    scriptVariables,
    readFile: (path) => Deno.readTextFile(path),
    stat: (path) => Deno.stat(path).catch(() => null),
  } satisfies Partial<PoolDeps>;
}

/** Metrics for a StatsD server; null where none is named. */
export async function openStatsd(): Promise<(Metrics & AsyncDisposable) | null> {
  const { address, problem } = statsdAddress((name) => Deno.env.get(name));
  if (problem !== null) log.warning("{problem}", { problem });
  if (address === null) return null;
  const { createHotShotsStatsd } = await import("./metrics/hot_shots_statsd.ts");
  const statsd = createHotShotsStatsd({ ...address, clock: systemClock });
  return Object.assign(new StatsdMetrics(statsd), {
    [Symbol.asyncDispose]: () => statsd[Symbol.asyncDispose](),
  });
}

/** How long each request took, and waited for its turn; 2016's names are for those that were answered. */
function tellingOf({ name: provider }: ProviderConfig, metrics: Metrics | null) {
  return ({ service, operation, status, waited, duration }: EndedRequest) =>
    metrics?.tell([
      ...(typeof status === "number" ? [took("task", { provider, operation }, duration)] : []),
      took("api_request", { provider, service, operation, status: String(status) }, duration),
      took("api_wait", { provider }, waited),
    ]);
}

/** The variables of this process's environment that scripts on servers get, as in 2016. */
function scriptVariables(): Record<string, string> {
  const all = Object.entries(Deno.env.toObject());
  return Object.fromEntries(all.filter(([name]) => name.startsWith("NODEPOOL_") && name !== CONFIG_VARIABLE));
}
