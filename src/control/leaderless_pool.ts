/**
 * A pool in etcd that nobody leads: its state can be looked at. Whoever wants something done waits for a leader, and is then
 * answered by that, as is everything after it.
 */
import type { Call } from "../lib/call.ts";
import { type OperationName, operations } from "./operations.ts";
import type { PoolClient } from "./pool_client.ts";
import type { PlacedPool } from "./pool_in_etcd.ts";

const NEVER = new AbortController().signal;

export class LeaderlessPool implements PoolClient {
  readonly #state: PoolClient;
  readonly #awaitLeader: (call: Call) => Promise<PlacedPool>;
  #leader: PoolClient | null = null;

  constructor(state: PoolClient, { awaitLeader }: { awaitLeader: (call: Call) => Promise<PlacedPool> }) {
    this.#state = state;
    this.#awaitLeader = awaitLeader;
  }

  get hasDaemon(): boolean {
    return this.#leader !== null;
  }

  readonly ask: PoolClient["ask"] = async (name, request, options = {}) => {
    if (this.#leader === null && looksOnly(name)) return await this.#state.ask(name, request, options);
    this.#leader ??= (await this.#awaitLeader({ signal: options.signal ?? NEVER })).pool;
    return await this.#leader.ask(name, request, options);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leader?.[Symbol.asyncDispose]();
    await this.#state[Symbol.asyncDispose]();
  }
}

function looksOnly(name: OperationName): boolean {
  const { route, needs } = operations[name];
  return route.startsWith("GET ") && needs !== "daemon";
}
