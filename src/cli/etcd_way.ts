/**
 * The way to a pool whose state is in etcd: the daemon of this machine, which answers as the leader or for it, else the
 * leader that etcd names, wherever it is. Etcd's client is loaded where no daemon of this machine knows a leader.
 */
import { type Call, NEVER } from "../lib/call.ts";
import { isAway } from "../control/control_error.ts";
import type { PlacedPool, PoolInEtcd } from "../control/pool_in_etcd.ts";
import type { AnswerOf } from "../control/operations.ts";
import type { PoolClient } from "../control/pool_client.ts";
import { SilentEtcdError } from "../control/silent_pool.ts";
import { controlSocketPaths } from "../control/socket_path.ts";
import { NoDaemonError } from "./cli_error.ts";
import { type CliContext, configFilesOf } from "./cli_context.ts";
import type { DaemonWay } from "./lasting_pool.ts";
import { connectTo, tellingOf } from "./open_pool.ts";
import { writeLine } from "./write_line.ts";

/** Disposing of the pool ends the way to it, too. @throws NoDaemonError, and what else the way throws */
export async function openOnEtcd(
  context: CliContext,
  state: string,
  find: (way: EtcdWay) => Promise<PlacedPool>,
): Promise<PoolClient> {
  const way = new EtcdWay(context, state);
  try {
    return withWay((await find(way)).pool, way);
  } catch (error) {
    await way[Symbol.asyncDispose]();
    throw withoutDaemon(error);
  }
}

/** The same error, as that of a command that no daemon answers. */
function withoutDaemon(error: unknown): unknown {
  return isAway(error) ? new NoDaemonError((error as Error).message, { cause: error }) : error;
}

function withWay(pool: PoolClient, way: AsyncDisposable): PoolClient {
  return {
    get hasDaemon() {
      return pool.hasDaemon;
    },
    ask: (name, request, options) => pool.ask(name, request, options),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await way[Symbol.asyncDispose]();
    },
  };
}

/** Each @throws ConfigError, EtcdError, and ControlError 503 where etcd does not tell. */
export class EtcdWay implements DaemonWay {
  readonly isAnywhere = true;
  readonly #context: CliContext;
  readonly #sockets: readonly string[];
  #etcd: PoolInEtcd | null = null;

  constructor(context: CliContext, state: string) {
    this.#context = context;
    this.#sockets = controlSocketPaths(state, context.io.env);
  }

  /** null: nobody leads now. */
  async find(call: Call = NEVER): Promise<PlacedPool | null> {
    const found = await this.#findHere(call) ?? await (await this.#open()).findLeader(call);
    return found && await this.#telling(found);
  }

  /** Waits for a standby to take over. @throws ControlError 503 where none does, too */
  async wait(call: Call = NEVER): Promise<PlacedPool> {
    return await this.find(call) ?? await this.#telling(await (await this.#open()).awaitLeader(call));
  }

  async first(): Promise<PoolClient | null> {
    try {
      const found = await this.find();
      if (found !== null) return found.pool;
    } catch (error) {
      if (!isAway(error)) throw error;
      return null;
    }
    return (await this.wait().catch((error) => Promise.reject(withoutDaemon(error)))).pool;
  }

  /** The leader's pool, or while nobody leads the state's; of a silent etcd one that knows its own status at most. */
  async findOrLook(): Promise<PlacedPool> {
    try {
      const found = await this.find();
      if (found !== null) return found;
      const pool = await (await this.#open()).openState(NEVER);
      return await this.#telling({ pool, place: "the state in etcd" });
    } catch (error) {
      if (!(error instanceof SilentEtcdError)) throw error;
      const pool = (await this.#open()).openSilent(error, { statusHere: () => this.#statusHere() });
      return { pool, place: "etcd" };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#etcd?.[Symbol.asyncDispose]();
  }

  /** One that answers for nobody is passed over, and so is another user's. */
  async #findHere(call: Call): Promise<PlacedPool | null> {
    for (const place of this.#sockets) {
      const pool = await connectTo(place, this.#context.io).catch(() => null);
      try {
        await pool?.greet(call);
        if (pool !== null) return { pool, place };
      } catch (error) {
        await pool?.[Symbol.asyncDispose]();
        if (!isAway(error)) throw error;
      }
    }
    return null;
  }

  /** Of a standby, which knows itself at least; null: no daemon of this machine says. */
  async #statusHere(): Promise<AnswerOf<"status"> | null> {
    for (const place of this.#sockets) {
      await using pool = await connectTo(place, this.#context.io).catch(() => null);
      const status = await pool?.ask("status", {}).catch(() => null) ?? null;
      if (status !== null) return status;
    }
    return null;
  }

  async #open(): Promise<PoolInEtcd> {
    const tell = (text: string) => writeLine(this.#context.io.stderr, `nodepool: ${text}`);
    return this.#etcd ??= await this.#context.wiring.openEtcdPool({ ...configFilesOf(this.#context), tell });
  }

  async #telling({ pool, place }: PlacedPool): Promise<PlacedPool> {
    return { pool: await tellingOf(pool, { place, io: this.#context.io }), place };
  }
}
