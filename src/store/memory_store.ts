/**
 * A store that lives as long as the process: for tests, for the simulator's pools and wherever nothing is to be
 * left behind. Keeps the same promises as the Deno KV store (`tests/contracts/store_contract.ts`).
 */
import type { ClockRecord } from "../domain/clock_record.ts";
import type { Home } from "../domain/home.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import type { Installation } from "../domain/installation.ts";
import type { Run } from "../domain/lineage.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { HistoryRecord } from "../domain/node.ts";
import type { PoolEvent } from "../domain/pool_event.ts";
import type { Sample } from "../domain/samples/sample.ts";
import type { Instant } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type {
  Change,
  Commit,
  Committed,
  Contents,
  EventBounds,
  HistoryBounds,
  IdKind,
  Row,
  Rows,
  Store,
  TableName,
} from "./store.ts";
import { idKinds, mapTables, tableNames } from "./store.ts";
import { changedId, stampCommit } from "./commit_rules.ts";
import { orderKey, pauseKey } from "../domain/pair_key.ts";
import { capEvent, capHistory, capOrder, capPause } from "./record_caps.ts";

interface MemoryStoreOptions {
  readonly clock: Pick<Clock, "now">;
  readonly random: Pick<Random, "uuid">;
  /** The pool that the state belongs to; by default a new one, and then the store is new too. */
  readonly installation?: Installation;
}

/** An empty store in memory. */
export function createMemoryStore(
  { clock, random, installation }: MemoryStoreOptions,
): Store {
  return new MemoryStore({
    installation: installation ?? { id: random.uuid(), createdAt: clock.now() },
    isNew: installation === undefined,
  });
}

export class MemoryStore implements Store {
  readonly installation: Installation;
  readonly isInFile = false;
  doubt: string | null;
  isNew: boolean;
  readonly #rows = mapTables<Record<TableName, Map<number, Row>>>(() => new Map());
  readonly #pauses = new Map<string, LaunchPause>();
  readonly #orders = new Map<string, ImageOrder>();
  #clock: ClockRecord | null = null;
  readonly #homes = new Map<string, Home>();
  readonly #nextId = new Map<IdKind, number>();
  readonly #runs = new Map<number, Run>();
  /** The oldest first. */
  readonly #history: HistoryRecord[] = [];
  /** The oldest first. */
  readonly #events: PoolEvent[] = [];

  /** By minute, the oldest first. */
  readonly #samples = new Map<number, Sample>();

  constructor(
    { installation, isNew = false, doubt = null }: {
      installation: Installation;
      isNew?: boolean;
      doubt?: string | null;
    },
  ) {
    this.installation = installation;
    this.isNew = isNew;
    this.doubt = doubt;
  }

  settle(what: "new" | "doubt"): Promise<void> {
    if (what === "new") this.isNew = false;
    else this.doubt = null;
    return Promise.resolve();
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  rescue(): Promise<null> {
    return Promise.resolve(null);
  }

  load(): Promise<Contents> {
    return Promise.resolve({
      ...mapTables<Rows>((table) => [...this.#rows[table].values()].sort(byId) as Rows[TableName]),
      pauses: [...this.#pauses.values()],
      orders: [...this.#orders.values()],
      clock: this.#clock,
      homes: [...this.#homes.values()],
      runs: [...this.#runs.values()],
      lastEventId: this.#events.at(-1)?.id ?? 0,
      nextIds: Object.fromEntries(
        idKinds.map((kind) => [kind, this.#nextId.get(kind) ?? 1]),
      ) as Contents["nextIds"],
    });
  }

  /**
   * The copy that somebody would have who had copied the state's file at this moment.
   * @param options `doubt`: what a store beside which a newer one has been finds; by default the copy is alone
   */
  copy({ doubt = null }: { doubt?: string | null } = {}): MemoryStore {
    const copy = new MemoryStore({
      installation: this.installation,
      doubt: doubt ?? this.doubt,
    });
    for (const table of tableNames) {
      const rows = copy.#rows[table] as Map<number, Row>;
      for (const [id, row] of this.#rows[table]) rows.set(id, row);
    }
    for (const [key, pause] of this.#pauses) copy.#pauses.set(key, pause);
    for (const [key, order] of this.#orders) copy.#orders.set(key, order);
    for (const [kind, next] of this.#nextId) copy.#nextId.set(kind, next);
    for (const [number, run] of this.#runs) copy.#runs.set(number, run);
    copy.#clock = this.#clock;
    for (const home of this.#homes.values()) copy.#homes.set(home.provider, home);
    copy.#history.push(...this.#history);
    copy.#events.push(...this.#events);
    for (const [minute, sample] of this.#samples) copy.#samples.set(minute, sample);
    return copy;
  }

  takeIds(kind: IdKind, count: number): Promise<number> {
    const first = this.#nextId.get(kind) ?? 1;
    this.#nextId.set(kind, first + count);
    return Promise.resolve(first);
  }

  addRun(run: Run, { forgotten }: { forgotten: readonly number[] }): Promise<void> {
    for (const number of forgotten) this.#runs.delete(number);
    this.#runs.set(run.number, run);
    return Promise.resolve();
  }

  // deno-lint-ignore require-await -- async turns what is thrown into a rejection
  async commit(commit: Commit): Promise<Committed> {
    const committed = stampCommit(commit, (table, id) => this.#rows[table].get(id)?.revision);
    for (const table of tableNames) this.#apply(table, commit, committed);
    for (const { provider, label, next } of commit.pauses ?? []) {
      if (next === null) this.#pauses.delete(pauseKey(provider, label));
      else this.#pauses.set(pauseKey(provider, label), capPause(next));
    }
    for (const { provider, image, next } of commit.orders ?? []) {
      if (next === null) this.#orders.delete(orderKey(provider, image));
      else this.#orders.set(orderKey(provider, image), capOrder(next));
    }
    this.#history.push(...(commit.history ?? []).map(capHistory));
    this.#events.push(...(commit.events ?? []).map(capEvent));
    return committed;
  }

  saveClock(record: ClockRecord): Promise<void> {
    this.#clock = record;
    return Promise.resolve();
  }

  saveHome(home: Home): Promise<void> {
    this.#homes.set(home.provider, home);
    return Promise.resolve();
  }

  addSample(sample: Sample, { since }: { since: number }): Promise<void> {
    this.#samples.set(sample.minute, sample);
    for (const minute of this.#samples.keys()) {
      if (minute >= since) break;
      this.#samples.delete(minute);
    }
    return Promise.resolve();
  }

  async *samples({ since }: { since: number }): AsyncIterable<Sample> {
    yield* [...this.#samples.values()].filter(({ minute }) => minute >= since);
  }

  listHistory({ limit, before }: { limit: number; before?: number }): Promise<readonly HistoryRecord[]> {
    const end = before === undefined ? this.#history.length : this.#lastOf(before);
    const page = this.#history.slice(Math.max(0, end - limit), Math.max(0, end));
    return Promise.resolve(page.reverse());
  }

  getHistory(nodeId: number): Promise<HistoryRecord | null> {
    return Promise.resolve(this.#history[this.#lastOf(nodeId)] ?? null);
  }

  listEvents({ after, limit }: { after: number; limit: number }): Promise<readonly PoolEvent[]> {
    const first = this.#events.findIndex(({ id }) => id > after);
    return Promise.resolve(first < 0 ? [] : this.#events.slice(first, first + limit));
  }

  lastEventBefore(moment: Instant): Promise<number> {
    const last = this.#events.findLast(({ at }) => at < moment);
    return Promise.resolve(last?.id ?? (this.#events[0]?.id ?? 1) - 1);
  }

  pruneEvents({ keep, since, batch }: EventBounds): Promise<boolean> {
    const lastId = this.#events.at(-1)?.id ?? 0;
    const firstKept = this.#events.findIndex(({ id, at }) =>
      id === lastId || (id > lastId - keep && at >= since)
    );
    const count = Math.min(Math.max(0, firstKept), batch);
    this.#events.splice(0, count);
    return Promise.resolve(count === batch);
  }

  pruneHistory({ keep, endedSince, batch }: HistoryBounds): Promise<boolean> {
    const firstKept = this.#history.findIndex(({ endedAt }) => endedAt >= endedSince);
    const outdated = firstKept < 0 ? this.#history.length : firstKept;
    const count = Math.min(Math.max(outdated, this.#history.length - keep), batch);
    this.#history.splice(0, Math.max(0, count));
    return Promise.resolve(count === batch);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #apply(table: TableName, commit: Commit, committed: Committed): void {
    const rows = this.#rows[table];
    const changes: readonly Change<Row>[] = commit[table] ?? [];
    changes.forEach((change, index) => {
      const result = committed[table][index];
      if (result) rows.set(result.id, result);
      else rows.delete(changedId(change));
    });
  }

  #lastOf(nodeId: number): number {
    return this.#history.findLastIndex(({ node }) => node.id === nodeId);
  }
}

function byId(a: { readonly id: number }, b: { readonly id: number }): number {
  return a.id - b.id;
}
