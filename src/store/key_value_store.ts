/**
 * The store on a database of ordered keys: a Deno KV file (`open_state.ts`), etcd (`etcd/etcd_store.ts`) or memory. One process
 * has it open. Writes go one after the other, each whole or not at all (`kv_writer.ts`); revisions are compared with
 * those in memory, which `load` has read.
 */
import type { ClockRecord } from "../domain/clock_record.ts";
import type { History } from "../domain/history.ts";
import type { Home } from "../domain/home.ts";
import type { Installation } from "../domain/installation.ts";
import type { Run } from "../domain/lineage.ts";
import type { HistoryRecord } from "../domain/node.ts";
import type { EventRecords, PoolEvent } from "../domain/pool_event.ts";
import type { Sample } from "../domain/samples/sample.ts";
import type { Instant } from "../domain/time.ts";
import type {
  Change,
  Commit,
  Contents,
  EventBounds,
  HistoryBounds,
  IdKind,
  Row,
  Rows,
  TableChanges,
  TableName,
} from "./store.ts";
import type { Clock } from "../lib/clock.ts";
import { idKinds, mapTables, tableNames } from "./store.ts";
import type { Mutation } from "./kv_writer.ts";
import type { OpenedState } from "./prepare_state.ts";
import { changedId, commitMutations, contentMutations, stampCommit } from "./commit_rules.ts";
import { timeStamp } from "./copy_names.ts";
import { keys } from "./keys.ts";
import { eventAdditions, lastEventBefore, listEvents, newestEventId, outdatedEvents } from "./kv_events.ts";
import { appendedHistory, KvHistory } from "./kv_history.ts";
import { listSamples, outdatedSamples, sampleAdditions } from "./kv_samples.ts";
import { encodeRecord } from "./record_codec.ts";
import {
  clockSchema,
  counterSchema,
  homeSchema,
  orderSchema,
  pauseSchema,
  rowSchemas,
  runSchema,
} from "./schemas.ts";
import { damagedState, unusableState } from "./state_errors.ts";
import { writeState } from "./write_state.ts";

export class KeyValueStore implements History, EventRecords, AsyncDisposable {
  readonly installation: Installation;
  /**
   * Whether the state was made without anybody having said so: it tells nothing of what the pool may have on clouds.
   * Stays so, also when it is opened again, until `settle("new")`.
   */
  isNew: boolean;
  /**
   * Why the state may be older than what was last written at this place (restored from a copy, its write-ahead log
   * lost), in words for people; null: it is the newest. What it calls ready may be in use. Stays so, also when it is
   * opened again, until `settle("doubt")`.
   */
  doubt: string | null;
  readonly #state: OpenedState;
  readonly #history: KvHistory;
  readonly #clock: Pick<Clock, "now">;
  readonly #revisions = mapTables<Record<TableName, Map<number, number>>>(() => new Map());
  /** As they are stored, of the kinds that have been read. */
  readonly #nextIds = new Map<IdKind, number>();
  #loaded = false;
  /** The write after which the next one may begin. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  /** @param state is closed with the store */
  constructor(state: OpenedState, { clock }: { clock: Pick<Clock, "now"> }) {
    this.#clock = clock;
    this.installation = state.installation;
    this.isNew = state.isNew;
    this.doubt = state.doubt;
    this.#state = state;
    this.#history = new KvHistory(state.reader);
  }

  /** The owner has dealt with the state's being new, or with the doubt. */
  settle(what: "new" | "doubt"): Promise<void> {
    return this.#inTurn(async () => {
      await this.#state.writer.write([{ key: what === "new" ? keys.isNew : keys.doubt, value: null }]);
      if (what === "new") this.isNew = false;
      else this.doubt = null;
      this.#state.witness();
    });
  }

  /**
   * Sees to it that the state is still there and can be written; after a write that failed this tries another.
   * @returns whether it lies in a file, which somebody may take away: then it is to be called every few seconds
   * @throws StoreError `gone`, `stopped`, `damaged`: this process can write nothing any more; `unusable`: not now
   */
  check(): Promise<boolean> {
    return this.#inTurn(async () => {
      await this.#state.writer.check();
      return this.#state.guard !== null;
    });
  }

  /**
   * Writes a copy of a state that is gone, from what the owner has in memory.
   * @returns its path; null: there is nothing to write, since the state is where it was, or never was in a file
   * @throws StoreError
   */
  rescue(contents: Contents): Promise<string | null> {
    return this.#inTurn(async () => {
      const { guard, reader, writer } = this.#state;
      if (guard === null || !guard.isLost) return null;
      const history = await this.listHistory({ limit: Number.MAX_SAFE_INTEGER }).catch(() => []);
      const events = await this.listEvents({ after: 0, limit: Number.MAX_SAFE_INTEGER }).catch(() => []);
      const samples = await Array.fromAsync(this.samples({ since: 0 })).catch(() => []);
      const copy = `${reader.path}.rescued-${timeStamp(this.#clock.now())}`;
      await writeState(copy, {
        mutations: [
          ...this.#basics(),
          ...contentMutations(contents),
          ...appendedHistory(history.toReversed()),
          ...eventAdditions(events),
          ...samples.flatMap(sampleAdditions),
        ],
        commits: writer.commits,
      }).catch((cause) => {
        throw unusableState(reader.path, `the copy ${copy} cannot be made`, cause);
      });
      guard.removeLog();
      return copy;
    });
  }

  /** Everything; read once, at the owner's start. */
  load(): Promise<Contents> {
    return this.#inTurn(() => this.#read());
  }

  /** That number of consecutive ids that nobody has or had; returns the first. */
  takeIds(kind: IdKind, count: number): Promise<number> {
    return this.#inTurn(async () => {
      const first = this.#nextIds.get(kind) ?? await this.#nextId(kind);
      await this.#state.writer.write([{ key: keys.nextId(kind), value: first + count }]);
      this.#nextIds.set(kind, first + count);
      return first;
    });
  }

  /** Records that a run begins, and forgets those of the numbers. */
  addRun(run: Run, { forgotten }: { forgotten: readonly number[] }): Promise<void> {
    return this.#write([
      ...forgotten.map((number) => ({ key: keys.run(number), value: null })),
      { key: keys.run(run.number), value: encodeRecord(run) },
    ]);
  }

  /**
   * Any number of changes: each group that belongs together (one change) is atomic, and a whole commit of up to
   * 400 changes is too.
   * @throws StoreConflictError when a record is at another revision than the change's `previous`; nothing of that
   * atomic group is written
   * @returns the changes, with each record as it is stored
   */
  commit(commit: Commit): Promise<TableChanges> {
    return this.#inTurn(async () => {
      if (!this.#loaded) await this.#read();
      const changes = stampCommit(commit, (table, id) => this.#revisions[table].get(id));
      const mutations = [
        ...commitMutations({ ...commit, ...changes }),
        ...eventAdditions(commit.events ?? []),
      ];
      await this.#history.append(
        commit.history ?? [],
        (added) => this.#state.writer.write([...mutations, ...added]),
      );
      for (const table of tableNames) follow(this.#revisions[table], changes[table]);
      return changes;
    });
  }

  /** Replaces what was written before. */
  saveClock(record: ClockRecord): Promise<void> {
    return this.#write([{ key: keys.clock, value: encodeRecord(record) }]);
  }

  /** Replaces what was written for that provider. */
  saveHome(home: Home): Promise<void> {
    return this.#write([{ key: keys.home(home.provider), value: encodeRecord(home) }]);
  }

  /** Adds a sample of a later minute than all others, and forgets, bit by bit, those of minutes before `since`. */
  addSample(sample: Sample, { since }: { since: number }): Promise<void> {
    return this.#inTurn(async () => {
      const outdated = await outdatedSamples(this.#state.reader, since);
      await this.#state.writer.write([...outdated, ...sampleAdditions(sample)]);
    });
  }

  /** The samples of the minutes from `since` on, the oldest first. */
  samples(options: { since: number }): AsyncIterable<Sample> {
    return listSamples(this.#state.reader, options);
  }

  listHistory(options: { limit: number; before?: number }): Promise<readonly HistoryRecord[]> {
    return this.#history.list(options);
  }

  getHistory(nodeId: number): Promise<HistoryRecord | null> {
    return this.#history.get(nodeId);
  }

  listEvents(options: { after: number; limit: number }): Promise<readonly PoolEvent[]> {
    return listEvents(this.#state.reader, options);
  }

  lastEventBefore(moment: Instant): Promise<number> {
    return lastEventBefore(this.#state.reader, moment);
  }

  /** Forgets events beyond the bounds, the oldest first. @returns whether there may be more to forget */
  pruneEvents(bounds: EventBounds): Promise<boolean> {
    return this.#inTurn(async () => {
      const mutations = await outdatedEvents(this.#state.reader, bounds);
      if (mutations.length > 0) await this.#state.writer.write(mutations);
      return mutations.length === bounds.batch;
    });
  }

  /** Forgets history beyond the bounds, the oldest first. @returns whether there may be more to forget */
  pruneHistory(bounds: HistoryBounds): Promise<boolean> {
    return this.#inTurn(() =>
      this.#history.prune(bounds, (mutations) => this.#state.writer.write(mutations))
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lastWrite;
    this.#state[Symbol.dispose]();
  }

  /** The contents of a state besides its records. */
  #basics(): Mutation[] {
    return [
      { key: keys.schema, value: this.#state.schema },
      { key: keys.installation, value: encodeRecord(this.installation) },
      ...(this.isNew ? [{ key: keys.isNew, value: 1 }] : []),
      ...(this.doubt === null ? [] : [{ key: keys.doubt, value: this.doubt }]),
      ...[...this.#nextIds].map(([kind, value]) => ({ key: keys.nextId(kind), value })),
    ];
  }

  async #nextId(kind: IdKind): Promise<number> {
    const { reader } = this.#state;
    const key = keys.nextId(kind);
    const next = await reader.value(key, counterSchema);
    if (next === null) throw damagedState(reader.path, `${JSON.stringify(key)} is missing`);
    this.#nextIds.set(kind, next);
    return next;
  }

  async #read(): Promise<Contents> {
    const { reader } = this.#state;
    await Promise.all([this.#history.range(), ...idKinds.map((kind) => this.#nextId(kind))]);
    const [lastEventId, clock, homes, pauses, orders, runs, ...rows] = await Promise.all([
      newestEventId(reader),
      reader.record(keys.clock, clockSchema),
      reader.records({ prefix: keys.homes }, homeSchema),
      reader.records({ prefix: keys.pauses }, pauseSchema),
      reader.records({ prefix: keys.orders }, orderSchema),
      reader.records({ prefix: keys.runs }, runSchema),
      ...tableNames.map((table) => this.#readRows(table)),
    ]);
    this.#loaded = true;
    const tables = mapTables<Rows>((table) => rows[tableNames.indexOf(table)] as Rows[TableName]);
    return {
      ...tables,
      pauses,
      orders,
      clock,
      homes,
      runs,
      lastEventId,
      nextIds: Object.fromEntries(this.#nextIds) as Contents["nextIds"],
    };
  }

  async #readRows(table: TableName): Promise<Row[]> {
    const { readRows, reader } = this.#state;
    const [prefix, schema] = [keys.rows(table), rowSchemas[table]];
    const rows = await readRows<Row>({ prefix, schema }) ?? await reader.records<Row>({ prefix }, schema);
    for (const { id, revision } of rows) this.#revisions[table].set(id, revision);
    return rows;
  }

  #write(mutations: readonly Mutation[]): Promise<void> {
    return this.#inTurn(() => this.#state.writer.write(mutations));
  }

  #inTurn<Result>(write: () => Promise<Result>): Promise<Result> {
    const result = this.#lastWrite.then(write);
    this.#lastWrite = result.catch(() => {});
    return result;
  }
}

function follow(revisions: Map<number, number>, changes: readonly Change<Row>[]): void {
  for (const change of changes) {
    if (change.next !== null) revisions.set(change.next.id, change.next.revision);
    else revisions.delete(changedId(change));
  }
}
