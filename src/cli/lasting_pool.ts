/**
 * A daemon's pool that outlasts the daemon: a question that one leaves unanswered is asked of the next one. For
 * questions that may be asked twice, by commands that wait for long.
 */
import { ControlError } from "../control/control_error.ts";
import { NoAnswerError } from "../control/no_answer_error.ts";
import type { PoolClient } from "../control/pool_client.ts";
import type { CliContext } from "./cli_context.ts";
import { connectTo, findSocketPath, openDaemonsPool } from "./open_pool.ts";

/** Between two looks for the next daemon: soon enough for the 30 s that it keeps what nobody asks for. */
const LOOK = 250;

type Question<Answer> = (pool: PoolClient) => Promise<Answer>;

export class LastingPool implements AsyncDisposable {
  readonly #context: CliContext;
  readonly #socketPath: string;
  /** null: its daemon is gone, and the next one has not been found. */
  #pool: PoolClient | null;

  /** @throws NoDaemonError when none listens now */
  static async open(context: CliContext): Promise<LastingPool> {
    const socketPath = await findSocketPath(context);
    return new LastingPool(context, { socketPath, pool: await openDaemonsPool(context) });
  }

  private constructor(context: CliContext, { socketPath, pool }: { socketPath: string; pool: PoolClient }) {
    this.#context = context;
    this.#socketPath = socketPath;
    this.#pool = pool;
  }

  /** The answer of this daemon or of a later one; what they refuse is thrown, and on abort the signal's reason. */
  async ask<Answer>(question: Question<Answer>, { signal }: { signal: AbortSignal }): Promise<Answer> {
    for (let isTold = false;; isTold = true) {
      this.#pool ??= await this.#nextDaemon(signal);
      try {
        return await question(this.#pool);
      } catch (error) {
        signal.throwIfAborted();
        if (!isGone(error)) throw error;
        await this.#leave();
        if (!isTold) {
          this.#context.io.stderr.write("nodepool: the daemon is stopped; waiting for the next one\n");
        }
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
  }

  async #leave(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    await pool?.[Symbol.asyncDispose]();
  }

  async #nextDaemon(signal: AbortSignal): Promise<PoolClient> {
    for (;;) {
      await this.#context.io.clock.sleep(LOOK, { signal });
      const pool = await connectTo(this.#socketPath);
      if (pool !== null) return pool;
    }
  }
}

/** Killed, or stopping, which may take as long as a build does. */
function isGone(error: unknown): boolean {
  return error instanceof NoAnswerError || (error instanceof ControlError && error.status === 503);
}
