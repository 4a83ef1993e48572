/**
 * A pool that outlasts its daemon: a question that one leaves unanswered is asked of the next one, which may be on
 * another machine where the state is in etcd. For questions that may be asked twice, by commands that wait for long. Several
 * may be asked at a time; one of them looks for the next daemon for all.
 */
import { isAway } from "../control/control_error.ts";
import type { PlacedPool } from "../control/pool_in_etcd.ts";
import type { PoolClient } from "../control/pool_client.ts";
import { controlSocketPath } from "../control/socket_path.ts";
import { SilentEtcdError } from "../control/silent_pool.ts";
import { SilentDaemonError } from "../control/watch_silence.ts";
import { isEtcdState } from "../domain/etcd_address.ts";
import type { Call } from "../lib/call.ts";
import { orAborted } from "../lib/or_aborted.ts";
import type { CliContext } from "./cli_context.ts";
import { connectTo, findStateFile, openDaemonsPool } from "./open_pool.ts";
import { isConfigError } from "./report_error.ts";
import { writeLine } from "./write_line.ts";

/** Between two looks for the next daemon: soon enough for the 30 s that it keeps what nobody asks for. */
const LOOK = 250;

type Question<Answer> = (pool: PoolClient) => Promise<Answer>;

export class LastingPool implements PoolClient {
  /** Of the pool that it began with. */
  readonly hasDaemon: boolean;
  readonly #context: CliContext;
  readonly #way: DaemonWay;
  readonly #closing = new AbortController();
  /** null: its daemon is gone, and the next one has not been found. */
  #pool: PoolClient | null;
  #next: Promise<PoolClient> | null = null;
  /** Whether it has been said that the daemon is gone. */
  #isTold = false;

  /**
   * @param open what to begin with; left out: a daemon's pool, which is waited for where nobody can say whether one runs
   * @throws NoDaemonError, ControlError 503 where none runs now, and what `open` throws
   */
  static async open(
    context: CliContext,
    open?: (context: CliContext) => Promise<PoolClient>,
  ): Promise<LastingPool> {
    const way = await openDaemonWay(context, await findStateFile(context));
    try {
      return new LastingPool(context, { way, first: await (open?.(context) ?? way.first()) });
    } catch (error) {
      await way[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    context: CliContext,
    { way, first }: { way: DaemonWay; first: PoolClient | null },
  ) {
    this.#context = context;
    this.#way = way;
    this.#pool = first;
    this.hasDaemon = first?.hasDaemon ?? true;
  }

  readonly ask: PoolClient["ask"] = (name, request, options = {}) => {
    const { signal = this.#closing.signal } = options;
    return this.outlast((pool) => pool.ask(name, request, { signal }), { signal });
  };

  /** The answer of this daemon or of a later one; what they refuse is thrown, and on abort the signal's reason. */
  async outlast<Answer>(question: Question<Answer>, { signal }: Call): Promise<Answer> {
    for (;;) {
      const pool = this.#pool ?? await orAborted(this.#findNext(), signal);
      try {
        const answer = await question(pool);
        this.#isTold = false;
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        if (!isAway(error)) throw error;
        await this.#leave(pool, error);
      }
    }
  }

  /** The answer of the running daemon; null where none runs or answers. */
  async askOnce<Answer>(question: Question<Answer>): Promise<Answer | null> {
    if (this.#pool === null) return null;
    return await question(this.#pool).catch(() => null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("it is over"));
    await this.#next?.catch(() => {});
    await this.#pool?.[Symbol.asyncDispose]();
    await this.#way[Symbol.asyncDispose]();
  }

  /** Others who ask may have left it already. */
  async #leave(pool: PoolClient, error: unknown): Promise<void> {
    if (this.#pool !== pool) return;
    this.#pool = null;
    const text = error instanceof SilentDaemonError
      ? `${error.message}; waiting for it or the next one`
      : "the daemon is stopped; waiting for the next one";
    if (!this.#isTold) this.#tell(text);
    this.#isTold = true;
    await pool[Symbol.asyncDispose]();
  }

  #findNext(): Promise<PoolClient> {
    this.#next ??= this.#nextDaemon(this.#closing).finally(() => this.#next = null);
    return this.#next;
  }

  async #nextDaemon({ signal }: Call): Promise<PoolClient> {
    let told: string | null = null;
    for (;;) {
      await this.#context.io.clock.sleep(LOOK, { signal });
      const found = await this.#look({ signal });
      if (found instanceof Error) {
        // How each member of etcd fails may change from look to look.
        const why = found instanceof SilentEtcdError ? found.why : found.message;
        if (why !== told) this.#tell(`${found.message}; trying again`);
        told = why;
      } else if (found !== null) {
        if (this.#way.isAnywhere) this.#tell(`continuing with ${found.place}`);
        return this.#pool = found.pool;
      }
    }
  }

  /** @returns an error: nobody knows. A configuration that is broken meanwhile may be mended, or a daemon come up here. */
  async #look(call: Call): Promise<PlacedPool | Error | null> {
    try {
      return await this.#way.find(call);
    } catch (error) {
      call.signal.throwIfAborted();
      if (!isAway(error) && !isConfigError(error)) throw error;
      return error as Error;
    }
  }

  #tell(text: string): void {
    writeLine(this.#context.io.stderr, `nodepool: ${text}`);
  }
}

/** How the daemon of a pool is found, again and again: on its socket, or where etcd says. */
export interface DaemonWay extends AsyncDisposable {
  /** Whether the next daemon may be on another machine. */
  readonly isAnywhere: boolean;
  /** The daemon's pool; null: whether one runs cannot be found out now. @throws NoDaemonError, ControlError 503 where none does */
  first(): Promise<PoolClient | null>;
  /** null: none runs now. @throws ControlError 503 where that cannot be found out */
  find(call: Call): Promise<PlacedPool | null>;
}

export async function openDaemonWay(context: CliContext, state: string): Promise<DaemonWay> {
  if (isEtcdState(state)) return new (await import("./etcd_way.ts")).EtcdWay(context, state);
  return {
    isAnywhere: false,
    first: () => openDaemonsPool(context),
    async find() {
      const place = controlSocketPath(state);
      const pool = await connectTo(place, context.io);
      return pool && { pool, place };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
