/**
 * A state that can be looked at: that of a pool that nobody leads, or a file's while no daemon runs. A command that
 * wants something done gets the pool that does it, which then answers that and everything after it.
 */
import type { Call } from "../lib/call.ts";
import { type OperationName, operations } from "./operations.ts";
import type { PoolClient } from "./pool_client.ts";

const NEVER = new AbortController().signal;

interface LookedAtPoolOptions {
  readonly findWhole: (call: Call) => Promise<PoolClient>;
  /** Told once, before the state is looked at. */
  readonly onLook?: () => void;
}

export class LookedAtPool implements PoolClient {
  readonly #options: LookedAtPoolOptions;
  #isLookedAt = false;
  #state: PoolClient | null;
  #whole: PoolClient | null = null;

  /** @param state is closed before the whole pool is looked for */
  constructor(state: PoolClient, options: LookedAtPoolOptions) {
    this.#state = state;
    this.#options = options;
  }

  get hasDaemon(): boolean {
    return this.#whole?.hasDaemon ?? false;
  }

  readonly ask: PoolClient["ask"] = async (name, request, options = {}) => {
    if (this.#state !== null && looksOnly(name)) {
      if (!this.#isLookedAt) this.#options.onLook?.();
      this.#isLookedAt = true;
      return await this.#state.ask(name, request, options);
    }
    await this.#closeState();
    this.#whole ??= await this.#options.findWhole({ signal: options.signal ?? NEVER });
    return await this.#whole.ask(name, request, options);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closeState();
    await this.#whole?.[Symbol.asyncDispose]();
  }

  async #closeState(): Promise<void> {
    const state = this.#state;
    this.#state = null;
    await state?.[Symbol.asyncDispose]();
  }
}

function looksOnly(name: OperationName): boolean {
  const { route, needs } = operations[name];
  return route.startsWith("GET ") && needs !== "daemon";
}
