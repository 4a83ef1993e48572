/** The pool that a command works on: the running daemon's, or, with none running, the state's. */
import type { RemotePool } from "../control/control_client.ts";
import type { PoolClient } from "../control/pool_client.ts";
import { controlSocketPath } from "../control/socket_path.ts";
import { isEtcdState } from "../domain/etcd_address.ts";
import type { PlacedPool } from "../control/pool_in_etcd.ts";
import { systemClock } from "../lib/clock.ts";
import { shellWord } from "../lib/shell_quote.ts";
import { NoDaemonError, UsageError } from "./cli_error.ts";
import { type CliContext, configFilesOf, configOf } from "./cli_context.ts";
import type { ConfigChoice } from "./find_config.ts";
import type { EtcdWay } from "./etcd_way.ts";
import { findStatePath, type StatePath } from "./state_path.ts";
import { writeLine } from "./write_line.ts";

/**
 * Where the configuration does not tell where its state is, no state is opened. A daemon at the default place will do
 * where nobody has named a configuration; otherwise it may be another pool's.
 * @param options `writes`: the command has something to write down, so a missing state is created
 * @throws ConfigError, StoreError from the offline pool
 */
export async function openPool(context: CliContext, { writes = false } = {}): Promise<PoolClient> {
  const note = (text: string) => {
    const { file, origin, reason } = configOf(context);
    const found = origin === "option" ? "" : ` (the configuration is ${file}, ${reason})`;
    writeLine(context.io.stderr, `nodepool: ${text}${found}`);
  };
  return await openOwnPool(
    context,
    (way) => way.findOrLook(),
    (state) => context.wiring.openOfflinePool({ ...configFilesOf(context), state, writes, note }),
  );
}

/**
 * For commands that have work done: the daemon's pool, or with none running one that does it in this process.
 * @throws ConfigError, StoreError from the pool
 */
export async function openWorkingPool(context: CliContext, command: string): Promise<PoolClient> {
  const isTerminal = context.io.stderr.columns !== null;
  return await openOwnPool(
    context,
    (way) => way.wait(),
    () =>
      context.wiring.openForegroundPool({
        ...configFilesOf(context),
        logConfigFile: context.globals().logConfig,
        command,
        isTerminal,
      }),
  );
}

/**
 * @param find the pool of a state in etcd
 * @param open opens the pool of a state in a file that no daemon has; null: a process has it that is soon done, or listens
 */
async function openOwnPool(
  context: CliContext,
  find: (way: EtcdWay) => Promise<PlacedPool>,
  open: (state: string) => Promise<PoolClient | null>,
): Promise<PoolClient> {
  const { state, problem } = await findState(context);
  if (isEtcdState(state)) return await (await import("./etcd_way.ts")).openOnEtcd(context, state, find);
  return await connectSoon(controlSocketPath(state), context, async () => {
    if (problem !== null) throw unknownState(configOf(context), problem);
    try {
      return await open(state);
    } catch (error) {
      if (isLocked(error)) return null;
      throw error;
    }
  });
}

/**
 * For commands that cannot do without the daemon.
 * @throws NoDaemonError when none listens
 */
export async function openDaemonsPool(context: CliContext): Promise<PoolClient> {
  return await openOwnPool(context, (way) => way.wait(), async (state) => {
    const { isStateLocked } = await import("../store/state_lock.ts");
    if (await isStateLocked(state)) return null;
    const start = `nodepool -c ${shellWord(configOf(context).file)} daemon`;
    throw new NoDaemonError(
      `no daemon is running (nothing listens on ${controlSocketPath(state)}): start it with \`${start}\``,
    );
  });
}

/** A daemon that is starting has its lock a moment before its socket; a socket that is removed is made again in 2 s. */
const SOCKET_WAIT = 5_000;
const SOCKET_LOOK = 100;

/**
 * The daemon's pool, or what `without` makes of a state that no daemon has. `without` gives null where a process has
 * the state: that may be a daemon that is about to listen, or another command that is soon done with it.
 */
async function connectSoon(
  socketPath: string,
  { io }: CliContext,
  without: () => Promise<PoolClient | null>,
): Promise<PoolClient> {
  // What `without` tries may take time of its own.
  const deadline = io.clock.monotonic() + SOCKET_WAIT;
  while (io.clock.monotonic() < deadline) {
    const pool = await connectTo(socketPath, io) ?? await without();
    if (pool !== null) {
      return await tellingOf(pool, { place: pool.hasDaemon ? socketPath : "the state", io });
    }
    await io.clock.sleep(SOCKET_LOOK);
  }
  throw new NoDaemonError(
    `a process has the state, but nothing listens on the control socket ${socketPath}: a daemon creates ` +
      "its socket again within seconds, unless something else is in its place; see its log",
  );
}

/** Logged for those that want to see it: the log costs more at the start than most of a command. */
export async function tellingOf(
  pool: PoolClient,
  { place, io }: { place: string; io: CliContext["io"] },
): Promise<PoolClient> {
  if ((io.env("NODEPOOL_LOG") ?? "") === "") return pool;
  const { loggedPool } = await import("./logged_pool.ts");
  return loggedPool(pool, { place, now: () => io.clock.monotonic() });
}

/** Loaded by those that ask a pool: with it comes the table of operations. */
export async function connectTo(
  socketPath: string,
  io: Pick<CliContext["io"], "stderr">,
): Promise<RemotePool | null> {
  const { connectControl } = await import("../control/control_client.ts");
  const tell = (text: string) => writeLine(io.stderr, `nodepool: ${text}`);
  return await connectControl(socketPath, { clock: systemClock, tell });
}

/** By its fields: importing the class would load the store for every command. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && error.name === "StoreError" && "kind" in error && error.kind === "locked";
}

export async function findStateFile(context: CliContext): Promise<string> {
  return (await findState(context)).state;
}

/** @throws UsageError where a configuration that was named does not tell */
async function findState(context: CliContext): Promise<StatePath> {
  const config = configOf(context);
  const found = await findStatePath(config.file, { home: context.io.home() });
  if (found.problem !== null && config.origin !== "default") throw unknownState(config, found.problem);
  return found;
}

/** Whether a daemon runs is not known then. */
function unknownState({ file, reason }: ConfigChoice, problem: string): UsageError {
  return new UsageError(`cannot find the pool: the configuration ${file} (${reason}) ${problem}`);
}
