/**
 * A daemon's pool that outlasts the daemon: a question that one leaves unanswered is asked of the next one, which may be on
 * another machine where the state is in etcd. For questions that may be asked twice, by commands that wait for long.
 */
import { isAway } from "../control/is_away.ts";
import type { PlacedPool } from "../control/pool_in_etcd.ts";
import type { PoolClient } from "../control/pool_client.ts";
import type { Call } from "../lib/call.ts";
import type { CliContext } from "./cli_context.ts";
import { type DaemonWay, openDaemonWay } from "./daemon_way.ts";
import { findStateFile } from "./open_pool.ts";
import { writeLine } from "./write_line.ts";

/** Between two looks for the next daemon: soon enough for the 30 s that it keeps what nobody asks for. */
const LOOK = 250;

type Question<Answer> = (pool: PoolClient) => Promise<Answer>;

export class LastingPool implements AsyncDisposable {
  readonly #context: CliContext;
  readonly #way: DaemonWay;
  /** null: its daemon is gone, and the next one has not been found. */
  #pool: PoolClient | null;

  /** @throws NoDaemonError, ControlError 503 where none runs now */
  static async open(context: CliContext): Promise<LastingPool> {
    const way = await openDaemonWay(context, await findStateFile(context));
    try {
      return new LastingPool(context, { way, first: await way.first() });
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
  }

  /** The answer of this daemon or of a later one; what they refuse is thrown, and on abort the signal's reason. */
  async ask<Answer>(question: Question<Answer>, { signal }: Call): Promise<Answer> {
    for (let isTold = false;; isTold = true) {
      this.#pool ??= await this.#nextDaemon({ signal });
      try {
        return await question(this.#pool);
      } catch (error) {
        signal.throwIfAborted();
        if (!isAway(error)) throw error;
        await this.#leave();
        if (!isTold) this.#tell("the daemon is stopped; waiting for the next one");
      }
    }
  }

  /** The answer of the running daemon; null where none runs or answers. */
  async askOnce<Answer>(question: Question<Answer>): Promise<Answer | null> {
    if (this.#pool === null) return null;
    return await question(this.#pool).catch(() => null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave();
    await this.#way[Symbol.asyncDispose]();
  }

  async #leave(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    await pool?.[Symbol.asyncDispose]();
  }

  async #nextDaemon({ signal }: Call): Promise<PoolClient> {
    let told: string | null = null;
    for (;;) {
      await this.#context.io.clock.sleep(LOOK, { signal });
      const found = await this.#look({ signal });
      if (found instanceof Error) {
        if (found.message !== told) this.#tell(`${told = found.message}; trying again`);
      } else if (found !== null) {
        if (this.#way.isAnywhere) this.#tell(`going on with ${found.place}`);
        return found.pool;
      }
    }
  }

  /** @returns an error: nobody knows */
  async #look(call: Call): Promise<PlacedPool | Error | null> {
    try {
      return await this.#way.find(call);
    } catch (error) {
      call.signal.throwIfAborted();
      if (!isAway(error)) throw error;
      return error as Error;
    }
  }

  #tell(text: string): void {
    writeLine(this.#context.io.stderr, `nodepool: ${text}`);
  }
}
