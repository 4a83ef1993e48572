/**
 * The pool with no daemon running: its state alone, locked for as long as a command works on it. Everything can be
 * looked at; nodes can be held and marked for deletion, jobs made and deleted, which the next daemon acts on. A state
 * that was never made is an empty pool, and stays unmade unless the command has something to write down.
 */
import type { OfflinePoolOptions } from "./cli/wiring.ts";
import { defaultSecurePath, loadConfig } from "./config/load_config.ts";
import { ControlError } from "./control/control_error.ts";
import { localPool } from "./control/local_pool.ts";
import type { StatePool } from "./control/operated_pool.ts";
import type { PoolClient } from "./control/pool_client.ts";
import type { Config } from "./domain/config.ts";
import type { PoolReport } from "./domain/pool_report.ts";
import { adoptServers } from "./execute/adopt_servers.ts";
import { listAlienImages } from "./execute/list_alien_images.ts";
import { listAliens } from "./execute/list_aliens.ts";
import { systemClock } from "./lib/clock.ts";
import type { Milliseconds, Moment } from "./domain/time.ts";
import { systemRandom } from "./lib/random.ts";
import { SteadyClock } from "./lib/steady_clock.ts";
import { newestInstant } from "./store/newest_instant.ts";
import { openKvStore } from "./store/kv_store.ts";
import { Ledger } from "./store/ledger.ts";
import { createMemoryStore } from "./store/memory_store.ts";
import { lockState } from "./store/state_lock.ts";
import { isUnmade } from "./store/state_witness.ts";
import type { Store } from "./store/store.ts";

/** Another command may hold the lock for a moment. */
const LOCK_WAIT = 2_000;

const random = systemRandom;

/** @throws StoreError; ConfigError is put off until a command needs the configuration */
export async function openOfflinePool(options: OfflinePoolOptions): Promise<PoolClient> {
  const secure = options.secureFile ?? await defaultSecurePath();
  const loaded = await loadConfig(options.configFile, { secure }).catch((error: Error) => error);
  const config = loaded instanceof Error ? null : loaded.config;
  await using opening = new AsyncDisposableStack();
  const clock = new SteadyClock(systemClock);
  const isEmpty = !options.writes && await isUnmade(options.state);
  if (isEmpty) options.note(`no daemon has run on ${options.state} yet: there is nothing to show`);
  const store = isEmpty
    ? opening.use(createMemoryStore({ clock, random, installation: { id: "", createdAt: clock.now() } }))
    : await openStateFile(options.state, opening);
  const ledger = opening.use(await Ledger.load(store, { clock }));
  const wallOffset = await continueClock(clock, ledger);
  return localPool(
    statePool({ ledger, clock, wallOffset, config, configError: loaded, resources: opening.move() }),
  );
}

async function openStateFile(path: string, opening: AsyncDisposableStack): Promise<Store> {
  opening.use(await lockState(path, { holder: "a nodepool command", clock: systemClock, wait: LOCK_WAIT }));
  return opening.use(await openKvStore(path, { clock: systemClock, random }));
}

/** Takes the machine's clock at its word, unless it shows a time before the newest record. @returns the wall offset */
async function continueClock(clock: SteadyClock, ledger: Ledger): Promise<Milliseconds> {
  const claimed = clock.wall() - (ledger.clockRecord?.wallOffset ?? 0);
  clock.continueFrom(Math.max(claimed, await newestInstant(ledger) ?? claimed));
  return Math.round(clock.wall() - clock.now());
}

interface OfflineDeps {
  readonly ledger: Ledger;
  readonly clock: SteadyClock;
  readonly wallOffset: Milliseconds;
  readonly config: Config | null;
  readonly configError: unknown;
  readonly resources: AsyncDisposable;
}

function statePool(
  { ledger, clock, wallOffset, config, configError, resources }: OfflineDeps,
): StatePool & AsyncDisposable {
  return {
    ledger,
    clock,
    daemon: null,
    report: () => offlineReport({ ledger, config, now: clock.now(), wallOffset }),
    get config() {
      if (config === null) throw configError;
      return config;
    },
    async listAliens({ provider: only, signal }) {
      await using clouds = await openClouds({ config, configError, only });
      const installation = ledger.installation.id;
      return await listAliens(clouds.providers, { only, installation, known: ledger.nodes, signal });
    },
    async listAlienImages({ provider: only, signal }) {
      await using clouds = await openClouds({ config, configError, only });
      return await listAlienImages(clouds.providers, { only, known: ledger.images.values(), signal });
    },
    async adoptState({ dryRun, signal }) {
      if (ledger.installation.id === "") {
        throw new ControlError(404, "there is no state to adopt servers into");
      }
      await using clouds = await openClouds({ config, configError, only: null });
      return await adoptServers(clouds.providers, { ledger, clock, dryRun, signal });
    },
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };
}

/** The clouds of the configuration, until it is disposed of. */
async function openClouds(
  { config, configError, only }: { config: Config | null; configError: unknown; only: string | null },
) {
  if (config === null) throw configError;
  if (only !== null && !config.providers.some(({ name }) => name === only)) {
    throw new ControlError(404, `there is no provider ${only}`);
  }
  const { openCloud } = await import("./open_cloud.ts");
  const clouds = new AsyncDisposableStack();
  const providers = config.providers.map((each) => ({ name: each.name, cloud: clouds.use(openCloud(each)) }));
  return { providers, [Symbol.asyncDispose]: () => clouds.disposeAsync() };
}

function offlineReport(
  { ledger, config, ...moment }: Moment & { ledger: Ledger; config: Config | null },
): PoolReport {
  return {
    ...moment,
    clock: null,
    installation: ledger.installation,
    state: { problem: null, withheld: null },
    daemon: null,
    config,
    nodes: [...ledger.nodes.values()],
    requests: [...ledger.requests.values()],
    jobs: [...ledger.jobs.values()],
    pauses: [...ledger.pauses.values()],
    dibImages: [...ledger.dibImages.values()],
    images: [...ledger.images.values()],
    orders: [...ledger.orders.values()],
    uploads: new Map(),
    labels: [],
    providers: (config?.providers ?? []).map(({ name }) => ({
      name,
      reachable: null,
      stale: [],
      error: null,
      quota: null,
      listedAt: null,
      servers: null,
      frozen: null,
      foreign: [],
      implausible: [],
      missing: null,
      stats: null,
    })),
    targets: new Map(),
    links: [],
    defects: [],
  };
}
