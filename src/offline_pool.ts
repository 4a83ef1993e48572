/**
 * The pool with no daemon running: its state alone, locked for as long as a command works on it. Everything can be
 * looked at; nodes can be held and marked for deletion, jobs made and deleted, which the next daemon acts on. A state
 * that was never made is an empty pool, and stays unmade unless the command has something to write down.
 */
import type { ConfigFiles, OfflinePoolOptions } from "./cli/wiring.ts";
import type { LoadedConfig } from "./config/load_config.ts";
import { defaultSecurePath } from "./config/deno_environment.ts";
import { ControlError } from "./control/control_error.ts";
import { localPool } from "./control/local_pool.ts";
import { lookedAtPool } from "./control/looked_at_pool.ts";
import type { StatePool } from "./control/operated_pool.ts";
import type { PoolClient } from "./control/pool_client.ts";
import { wallOffsetOf } from "./domain/clock_record.ts";
import type { Config } from "./domain/config.ts";
import type { Etcd } from "./etcd/etcd.ts";
import type { PoolKeys } from "./lead/pool_keys.ts";
import type { OtherConfig } from "./domain/other_config.ts";
import type { PoolReport } from "./domain/pool_report.ts";
import { machinesFromOutside, unreadReport } from "./domain/unread_report.ts";
import { NEVER } from "./lib/call.ts";
import { systemClock } from "./lib/clock.ts";
import { startDeadline } from "./lib/deadline.ts";
import { errorChain } from "./lib/error_chain.ts";
import type { Milliseconds, Moment } from "./domain/time.ts";
import { systemRandom as random } from "./lib/random.ts";
import { SteadyClock } from "./lib/steady_clock.ts";
import { unwatchedPool } from "./pool/unwatched_pool.ts";
import { newestInstant } from "./store/newest_instant.ts";
import { openKvStore } from "./store/open_state.ts";
import { lookAtState } from "./store/look_at_state.ts";
import { Ledger } from "./store/ledger.ts";
import { createMemoryStore } from "./store/memory_store.ts";
import { lockState } from "./store/state_lock.ts";
import { isUnmade } from "./store/state_witness.ts";
import { type Store, StoreError } from "./store/store.ts";

/** Another command may hold the lock for a moment. */
const LOCK_WAIT = 2_000;

/** A command that reads the state waits no longer for what is said of the machines. */
const LOOK_TIMEOUT = 4_000;

/** The configuration is read when a command needs it. @throws StoreError */
export async function openOfflinePool(options: OfflinePoolOptions): Promise<PoolClient> {
  if (options.writes) return await openStateFile(options);
  if (!await isUnmade(options.state)) return await lookAtFile(options);
  await using opening = new AsyncDisposableStack();
  const clock = new SteadyClock(systemClock);
  options.note(`no daemon has run on ${options.state} yet: there is nothing to show`);
  return await storedPool(emptyStore(clock), { clock, files: options, opening });
}

async function lookAtFile(options: OfflinePoolOptions): Promise<PoolClient> {
  const findWhole = () => openStateFile(options);
  const pool = await openLocked(options, () => lookAtState(options.state, { clock: systemClock }))
    .catch((error) => {
      if (error instanceof StoreError && error.kind === "locked") throw error;
      return null; // opening it says what is wrong with it
    });
  return pool === null ? await findWhole() : lookedAtPool(pool, { findWhole });
}

async function openStateFile(options: OfflinePoolOptions): Promise<PoolClient> {
  return (await openLocked(options, () => openKvStore(options.state, { clock: systemClock, random })))!;
}

/** null: there is no store. */
async function openLocked(
  options: OfflinePoolOptions,
  open: () => Promise<Store | null>,
): Promise<PoolClient | null> {
  await using opening = new AsyncDisposableStack();
  const holder = "a nodepool command";
  opening.use(await lockState(options.state, { holder, clock: systemClock, wait: LOCK_WAIT }));
  const store = await open();
  return store && await storedPool(store, { clock: new SteadyClock(systemClock), files: options, opening });
}

interface StateInEtcd {
  readonly keys: PoolKeys;
  /** It is opened as it stood then; null: no daemon has made one. */
  readonly revision: number | null;
  readonly files: ConfigFiles;
}

/** The same of a state in etcd that nobody leads, only to be looked at. @throws StoreError */
export async function openStateInEtcd(
  etcd: Etcd,
  { keys, revision, files }: StateInEtcd,
): Promise<PoolClient> {
  await using opening = new AsyncDisposableStack();
  const clock = new SteadyClock(systemClock);
  const [{ etcdSnapshot }, { openEtcdStore }] = await Promise.all([
    import("./etcd/etcd_snapshot.ts"),
    import("./store/etcd/etcd_store.ts"),
  ]);
  const options = { keys, address: keys.prefix, leadership: null, witness: null, clock: systemClock, random };
  const [store, machines] = await Promise.all([
    revision === null ? emptyStore(clock) : openEtcdStore(etcdSnapshot(etcd, revision), options),
    machinesOf(etcd, { keys, clock }),
  ]);
  return await storedPool(store, { clock, files, opening, machines });
}

/** As a command sees them, which is not one of them. */
async function machinesOf(
  etcd: Etcd,
  { keys, clock }: { keys: PoolKeys; clock: SteadyClock },
): Promise<PoolReport["machines"]> {
  const { lookAtMachines } = await import("./lead/read_records.ts");
  using call = startDeadline({ clock, timeout: LOOK_TIMEOUT, signal: NEVER });
  const look = await lookAtMachines(etcd, keys, call).catch((error) => ({ etcd: [], pool: null, error }));
  return machinesFromOutside({
    ...look.pool,
    pool: keys.pool,
    etcd: look.etcd,
    clockAhead: etcd.clockAhead,
    lookedAt: look.pool === null ? null : clock.now(),
    problem: look.error === null ? null : errorChain(look.error),
  });
}

function emptyStore(clock: SteadyClock): Store {
  return createMemoryStore({ clock, random, installation: { id: "", createdAt: clock.now() } });
}

/** Disposing of it closes the store. */
async function storedPool(
  store: Store,
  { opening, machines = null, ...given }: Pick<OfflineDeps, "clock" | "files"> & {
    opening: AsyncDisposableStack;
    machines?: PoolReport["machines"];
  },
): Promise<PoolClient> {
  const { clock } = given;
  opening.use(store);
  const ledger = opening.use(await Ledger.load(store, { clock }));
  const wallOffset = await continueClock(clock, ledger);
  return localPool(statePool({ ...given, ledger, wallOffset, machines, resources: opening.move() }));
}

/** Takes the machine's clock at its word, unless it shows a time before the newest record. @returns the wall offset */
async function continueClock(clock: SteadyClock, ledger: Ledger): Promise<Milliseconds> {
  const before = ledger.clockRecord?.wallOffset;
  const claimed = clock.wall() - (before ?? 0);
  clock.continueFrom(Math.max(claimed, await newestInstant(ledger) ?? claimed));
  return wallOffsetOf(clock, before);
}

interface OfflineDeps {
  readonly ledger: Ledger;
  readonly clock: SteadyClock;
  readonly wallOffset: Milliseconds;
  readonly machines: PoolReport["machines"];
  readonly files: ConfigFiles;
  readonly resources: AsyncDisposable;
}

function statePool(
  { ledger, clock, wallOffset, machines, files, resources }: OfflineDeps,
): StatePool & AsyncDisposable {
  let read: Config | Error | null = null;
  const config = () => {
    if (read instanceof Error) throw read;
    return read!;
  };
  return {
    ledger,
    clock,
    daemon: null,
    report: () => offlineReport({ ledger, read, machines, now: clock.now(), wallOffset }),
    get config() {
      return config();
    },
    async readConfig() {
      read ??= await readConfig(files).catch((error: Error) => error);
    },
    async listAliens({ provider: only, signal }) {
      await using clouds = await openClouds(config(), only);
      const { listAliens } = await import("./execute/list_aliens.ts");
      const installation = ledger.installation.id;
      return await listAliens({
        providers: clouds.providers,
        only,
        installation,
        known: ledger.nodes,
        signal,
      });
    },
    async listAlienImages({ provider: only, signal }) {
      await using clouds = await openClouds(config(), only);
      const { listAlienImages } = await import("./execute/list_aliens.ts");
      return await listAlienImages({
        providers: clouds.providers,
        only,
        known: ledger.images.values(),
        signal,
      });
    },
    async readConsole({ provider, serverId, ...call }) {
      await using clouds = await openClouds(config(), provider);
      const { cloud } = clouds.providers.find(({ name }) => name === provider)!;
      return await cloud.getConsole(serverId, call);
    },
    async planConfig(other) {
      const { planConfig } = await import("./pool/plan_config.ts");
      const before = other.isOwn ? null : config();
      const situation = unwatchedPool(ledger, { now: clock.now(), wallOffset });
      return await planConfig(() => readOther(other, files), { before, ...situation });
    },
    async adoptState({ dryRun, signal }) {
      if (ledger.installation.id === "") {
        throw new ControlError(404, "there is no state to adopt servers into");
      }
      await using clouds = await openClouds(config(), null);
      const { adoptServers } = await import("./execute/adopt_servers.ts");
      return await adoptServers(clouds.providers, { ledger, clock, dryRun, signal });
    },
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };
}

/** @throws ConfigError */
async function readOther(other: OtherConfig, { secureFile }: ConfigFiles): Promise<LoadedConfig> {
  const { loadOtherConfig } = await import("./config/load_config.ts");
  return await loadOtherConfig(other, { secure: secureFile, strict: false });
}

async function readConfig({ configFile, secureFile }: ConfigFiles): Promise<Config> {
  const { loadConfig } = await import("./config/load_config.ts");
  const secure = secureFile ?? await defaultSecurePath();
  return (await loadConfig(configFile, { secure })).config;
}

/** The clouds of the configuration, until it is disposed of. */
async function openClouds(config: Config, only: string | null) {
  if (only !== null && !config.providers.some(({ name }) => name === only)) {
    throw new ControlError(404, `there is no provider ${only}`);
  }
  const { openCloud } = await import("./open_cloud.ts");
  const clouds = new AsyncDisposableStack();
  const providers = config.providers.map((each) => ({ name: each.name, cloud: clouds.use(openCloud(each)) }));
  return { providers, [Symbol.asyncDispose]: () => clouds.disposeAsync() };
}

function offlineReport(
  { ledger, read, machines, ...moment }: Moment & Pick<PoolReport, "machines"> & {
    ledger: Ledger;
    read: Config | Error | null;
  },
): PoolReport {
  const config = read instanceof Error ? null : read;
  return {
    ...unreadReport(moment, machines),
    installation: ledger.installation,
    state: { problem: null, withheld: null },
    config,
    ...read instanceof Error && { configProblems: read.message.split("\n") },
    nodes: [...ledger.nodes.values()],
    requests: [...ledger.requests.values()],
    jobs: [...ledger.jobs.values()],
    pauses: [...ledger.pauses.values()],
    dibImages: [...ledger.dibImages.values()],
    images: [...ledger.images.values()],
    orders: [...ledger.orders.values()],
    providers: (config?.providers ?? []).map(({ name }) => ({
      name,
      reachable: null,
      obstacle: null,
      stale: [],
      error: null,
      quota: null,
      listedAt: null,
      servers: null,
      otherServers: null,
      frozen: null,
      foreign: [],
      foreignFloatingIps: [],
      implausible: [],
      missing: null,
      stats: null,
    })),
  };
}
