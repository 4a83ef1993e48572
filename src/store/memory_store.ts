/**
 * A store that lives as long as the process: for tests, for the simulator's pools and wherever nothing is to be
 * left behind. Keeps the same promises as the Deno KV store (`tests/contracts/store_contract.ts`).
 */
import type { Installation } from "../domain/installation.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { HistoryRecord, NodeRecord } from "../domain/node.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Change, Commit, Committed, Contents, IdKind, Store } from "./store.ts";
import { changedId, stampCommit } from "./commit_rules.ts";
import { pauseKey } from "./pause_key.ts";
import { capHistory, capPause } from "./record_caps.ts";

export interface MemoryStoreOptions {
  readonly clock: Pick<Clock, "now">;
  readonly random: Pick<Random, "uuid">;
  /** The pool that the state belongs to; by default a new one, and then the store is new too. */
  readonly installation?: Installation;
  /** History records kept; default 10,000. */
  readonly historyLimit?: number;
}

/** An empty store in memory. */
export function createMemoryStore(options: MemoryStoreOptions): Store {
  return new MemoryStore(options);
}

class MemoryStore implements Store {
  readonly installation: Installation;
  readonly isNew: boolean;
  readonly #historyLimit: number;
  readonly #nodes = new Map<number, NodeRecord>();
  readonly #requests = new Map<number, NodeRequest>();
  readonly #pauses = new Map<string, LaunchPause>();
  readonly #nextId: Record<IdKind, number> = { node: 1, request: 1 };
  /** The oldest first. */
  readonly #history: HistoryRecord[] = [];

  constructor({ clock, random, installation, historyLimit = 10_000 }: MemoryStoreOptions) {
    this.installation = installation ?? { id: random.uuid(), createdAt: clock.now() };
    this.isNew = installation === undefined;
    this.#historyLimit = historyLimit;
  }

  load(): Promise<Contents> {
    return Promise.resolve({
      nodes: [...this.#nodes.values()].sort(byId),
      requests: [...this.#requests.values()].sort(byId),
      pauses: [...this.#pauses.values()],
    });
  }

  takeIds(kind: IdKind, count: number): Promise<number> {
    const first = this.#nextId[kind];
    this.#nextId[kind] += count;
    return Promise.resolve(first);
  }

  // deno-lint-ignore require-await -- async turns what is thrown into a rejection
  async commit(commit: Commit): Promise<Committed> {
    const committed = stampCommit(commit, {
      nodes: (id) => this.#nodes.get(id)?.revision,
      requests: (id) => this.#requests.get(id)?.revision,
    });
    apply(this.#nodes, commit.nodes ?? [], committed.nodes);
    apply(this.#requests, commit.requests ?? [], committed.requests);
    for (const { provider, label, next } of commit.pauses ?? []) {
      if (next === null) this.#pauses.delete(pauseKey(provider, label));
      else this.#pauses.set(pauseKey(provider, label), capPause(next));
    }
    this.#history.push(...(commit.history ?? []).map(capHistory));
    this.#history.splice(0, Math.max(0, this.#history.length - this.#historyLimit));
    return committed;
  }

  listHistory({ limit, before }: { limit: number; before?: number }): Promise<readonly HistoryRecord[]> {
    const end = before === undefined ? this.#history.length : this.#lastOf(before);
    const page = this.#history.slice(Math.max(0, end - limit), Math.max(0, end));
    return Promise.resolve(page.reverse());
  }

  getHistory(nodeId: number): Promise<HistoryRecord | null> {
    return Promise.resolve(this.#history[this.#lastOf(nodeId)] ?? null);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #lastOf(nodeId: number): number {
    return this.#history.findLastIndex(({ node }) => node.id === nodeId);
  }
}

function apply<Entity extends { readonly id: number; readonly revision: number }>(
  records: Map<number, Entity>,
  changes: readonly Change<Entity>[],
  results: readonly (Entity | null)[],
): void {
  changes.forEach((change, index) => {
    const result = results[index];
    if (result) records.set(result.id, result);
    else records.delete(changedId(change));
  });
}

function byId(a: { readonly id: number }, b: { readonly id: number }): number {
  return a.id - b.id;
}
