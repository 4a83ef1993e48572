/**
 * The pool of a command that does its work itself, where no daemon runs: the daemon's own pool, on the state that it
 * locks as the daemon does, moving nothing but what the command asks for. Whatever it does not finish, the next daemon
 * goes on with. Meanwhile it listens on the control socket, so that lists work; commands that want work done must wait.
 */
import { resolve } from "node:path";
import type { ForegroundPoolOptions } from "./cli/wiring.ts";
import { loadUndici } from "./http/load_undici.ts";
import { loadLogging } from "./config/load_logging.ts";
import { ConfigSource } from "./config/config_source.ts";
import { ControlError } from "./control/control_error.ts";
import { localPool, type LocalRefusal } from "./control/local_pool.ts";
import type { DaemonParts, DaemonPool } from "./control/operated_pool.ts";
import type { PlacedOrders } from "./control/operations/image_operations.ts";
import type { PoolClient } from "./control/pool_client.ts";
import { serveControl } from "./control/listen_control.ts";
import { controlSocketPath } from "./control/socket_path.ts";
import type { LogConfig } from "./domain/config.ts";
import { MINUTE, SECOND } from "./domain/time.ts";
import { buildInfo } from "./lib/build_info.ts";
import { systemClock } from "./lib/clock.ts";
import { errorChain } from "./lib/error_chain.ts";
import { loggerOf, startLogging } from "./lib/logging.ts";
import { quickLevels } from "./lib/log_spec.ts";
import { systemRandom } from "./lib/random.ts";
import { SteadyClock } from "./lib/steady_clock.ts";
import { Pool } from "./pool/pool.ts";
import { openStatsd, poolAdapters } from "./pool_adapters.ts";
import { openKvStore } from "./store/open_state.ts";
import { lockState } from "./store/state_lock.ts";
import type { Call } from "./lib/call.ts";

const log = loggerOf("control");

/** Another command may hold the lock for a moment. */
const LOCK_WAIT = 2 * SECOND;

/** How long a cloud may take to delete what an order has left there, before that is the next daemon's. */
const TIDY_TIME = MINUTE;

/** Between two looks whether something stands against all work. */
const LOOK = SECOND / 4;

/** @throws ConfigError, StoreError */
export async function openForegroundPool(options: ForegroundPoolOptions): Promise<PoolClient> {
  const source = await ConfigSource.open(options.configFile, { ...options, strict: false });
  const { config } = source.first;
  await using opening = new AsyncDisposableStack();
  const otherwise = options.logConfigFile === null ? ownLogging(options, config.log) : config.log;
  const { logging } = await loadLogging(options.logConfigFile, { otherwise });
  opening.use(await startLogging({ ...logging, set: quickLevels((name) => Deno.env.get(name)) }));
  const holder = `nodepool ${options.command}`;
  opening.use(await lockState(config.state, { holder, clock: systemClock, wait: LOCK_WAIT }));
  const clock = new SteadyClock(systemClock);
  const store = opening.use(await openKvStore(config.state, { clock, random: systemRandom }));
  const metrics = opening.use(await openStatsd());
  const { version } = buildInfo();
  const pool = opening.use(
    await Pool.start(config, {
      ...poolAdapters({ store, clock, metrics }),
      isErrand: true,
      buildWorkers: 1,
      uploadWorkers: 4,
      readConfig: () => source.read(),
      readOtherConfig: (other, options) => source.readOther(other, options),
      process: { pid: Deno.pid, version, configFile: resolve(options.configFile) },
      lookAtProcess: () => {
        throw new Error("no daemon runs");
      },
    }),
  );
  opening.use(
    await serveControl(localPool(pool, refusalOf(holder)), {
      socketPath: controlSocketPath(config.state),
      onDefect: (error) => log.error("defect: {error}", { error: errorChain(error) }),
    }),
  );
  await loadUndici(controlSocketPath(config.state));
  return localPool(forCommand(pool, opening.move()));
}

/** Shows a person at a terminal, besides the progress that is drawn there, only failures. */
function ownLogging({ isTerminal }: ForegroundPoolOptions, { level }: LogConfig) {
  return { level: isTerminal ? "warning" : level, format: "text", file: null } as const;
}

/** Everything ends with it. An order is done when what it left on clouds is gone, too. */
function forCommand(pool: Pool, resources: AsyncDisposableStack): DaemonPool & AsyncDisposable {
  const waitForOrders: DaemonParts["waitForOrders"] = async (orders, { signal }) => {
    const outcomes = await unlessWithheld(pool, orders, { signal });
    await pool.tidied(TIDY_TIME, { signal });
    return outcomes;
  };
  return {
    ledger: pool.ledger,
    clock: pool.clock,
    daemon: { ...pool.daemon, waitForOrders },
    get config() {
      return pool.config;
    },
    report: () => pool.report(),
    listAliens: (options) => pool.listAliens(options),
    listAlienImages: (options) => pool.listAlienImages(options),
    readConsole: (options) => pool.readConsole(options),
    planConfig: (other, options) => pool.planConfig(other, options),
    adoptState: (options) => pool.adoptState(options),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** @throws ControlError where nothing may be made on the clouds */
async function unlessWithheld(pool: Pool, orders: PlacedOrders, { signal }: Call) {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const looking = (async () => {
    while (pool.withheld === null) await systemClock.sleep(LOOK, { signal: until });
    over.abort(new ControlError(409, pool.withheld));
  })().catch(() => {});
  try {
    return await pool.daemon.waitForOrders(orders, { signal: until });
  } finally {
    over.abort();
    await looking;
  }
}

/** Others may look, and write down what the next daemon does; commands that want work done must wait. */
function refusalOf(holder: string): LocalRefusal {
  return {
    also: ["image-order", "state-adopt"],
    why:
      `no daemon is running, and ${holder} (pid ${Deno.pid}) is using the state: wait until it has finished`,
  };
}
