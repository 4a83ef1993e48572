/**
 * The store on a database of ordered keys: a Deno KV file (`open_state.ts`), etcd (`etcd/etcd_store.ts`) or memory. One process
 * has it open. Writes go one after the other, each whole or not at all (`kv_writer.ts`); revisions are compared with
 * those in memory, which `load` has read.
 */
import type { ClockRecord } from "../domain/clock_record.ts";
import type { Home } from "../domain/home.ts";
import type { Installation } from "../domain/installation.ts";
import type { Run } from "../domain/lineage.ts";
import type { HistoryRecord } from "../domain/node.ts";
import type { PoolEvent } from "../domain/pool_event.ts";
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
  Store,
  TableChanges,
  TableName,
} from "./store.ts";
import type { Clock } from "../lib/clock.ts";
import { idKinds, mapTables, tableNames } from "./store.ts";
import type { Mutation } from "./kv_writer.ts";
import type { OpenedState } from "./prepare_state.ts";
import { changedId, stampCommit } from "./commit_rules.ts";
import { timeStamp } from "./copy_names.ts";
import { keys } from "./keys.ts";
import { eventAdditions, lastEventBefore, listEvents, newestEventId, outdatedEvents } from "./kv_events.ts";
import { appendedHistory, KvHistory } from "./kv_history.ts";
import { listSamples, outdatedSamples, sampleAdditions } from "./kv_samples.ts";
import { encodeRecord } from "./record_codec.ts";
import { commitMutations, contentMutations } from "./record_mutations.ts";
import {
  clockSchema,
  counterSchema,
  homeSchema,
  orderSchema,
  pauseSchema,
  rowSchemas,
  runSchema,
} from "./schemas.ts";
import { damagedState } from "./state_errors.ts";
import { rescueState } from "./write_state.ts";

export class KeyValueStore implements Store {
  readonly installation: Installation;
  readonly isInFile: boolean;
  isNew: boolean;
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
    this.isInFile = state.guard !== null;
    this.isNew = state.isNew;
    this.doubt = state.doubt;
    this.#state = state;
    this.#history = new KvHistory(state.reader);
  }

  settle(what: "new" | "doubt"): Promise<void> {
    return this.#inTurn(async () => {
      await this.#state.writer.write([{ key: what === "new" ? keys.isNew : keys.doubt, value: null }]);
      if (what === "new") this.isNew = false;
      else this.doubt = null;
      this.#state.witness();
    });
  }

  check(): Promise<void> {
    return this.#inTurn(() => this.#state.writer.check());
  }

  rescue(contents: Contents): Promise<string | null> {
    return this.#inTurn(async () => {
      const { guard, reader, writer } = this.#state;
      if (guard === null || !guard.isLost) return null;
      const history = await this.listHistory({ limit: Number.MAX_SAFE_INTEGER }).catch(() => []);
      const events = await this.listEvents({ after: 0, limit: Number.MAX_SAFE_INTEGER }).catch(() => []);
      const samples = await Array.fromAsync(this.samples({ since: 0 })).catch(() => []);
      const copy = await rescueState(reader.path, {
        mutations: [
          ...this.#basics(),
          ...contentMutations(contents),
          ...appendedHistory(history.toReversed()),
          ...eventAdditions(events),
          ...samples.flatMap(sampleAdditions),
        ],
        commits: writer.commits,
        stamp: timeStamp(this.#clock.now()),
      });
      guard.removeLog();
      return copy;
    });
  }

  load(): Promise<Contents> {
    return this.#inTurn(() => this.#read());
  }

  takeIds(kind: IdKind, count: number): Promise<number> {
    return this.#inTurn(async () => {
      const first = this.#nextIds.get(kind) ?? await this.#nextId(kind);
      await this.#state.writer.write([{ key: keys.nextId(kind), value: first + count }]);
      this.#nextIds.set(kind, first + count);
      return first;
    });
  }

  addRun(run: Run, { forgotten }: { forgotten: readonly number[] }): Promise<void> {
    return this.#inTurn(() =>
      this.#state.writer.write([
        ...forgotten.map((number) => ({ key: keys.run(number), value: null })),
        { key: keys.run(run.number), value: encodeRecord(run) },
      ])
    );
  }

  commit(commit: Commit): Promise<TableChanges> {
    return this.#inTurn(async () => {
      if (!this.#loaded) await this.#read();
      const changes = stampCommit(commit, (table, id) => this.#revisions[table].get(id));
      const history = await this.#history.planAppend(commit.history ?? []);
      await this.#state.writer.write([
        ...commitMutations({ ...commit, ...changes }),
        ...history.mutations,
        ...eventAdditions(commit.events ?? []),
      ]);
      history.done();
      for (const table of tableNames) follow(this.#revisions[table], changes[table]);
      return changes;
    });
  }

  saveClock(record: ClockRecord): Promise<void> {
    return this.#inTurn(() => this.#state.writer.write([{ key: keys.clock, value: encodeRecord(record) }]));
  }

  saveHome(home: Home): Promise<void> {
    return this.#inTurn(() =>
      this.#state.writer.write([{ key: keys.home(home.provider), value: encodeRecord(home) }])
    );
  }

  addSample(sample: Sample, { since }: { since: number }): Promise<void> {
    return this.#inTurn(async () => {
      const outdated = await outdatedSamples(this.#state.reader, since);
      await this.#state.writer.write([...outdated, ...sampleAdditions(sample)]);
    });
  }

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

  pruneEvents(bounds: EventBounds): Promise<boolean> {
    return this.#inTurn(async () => {
      const mutations = await outdatedEvents(this.#state.reader, bounds);
      if (mutations.length > 0) await this.#state.writer.write(mutations);
      return mutations.length === bounds.batch;
    });
  }

  pruneHistory(bounds: HistoryBounds): Promise<boolean> {
    return this.#inTurn(async () => {
      const { mutations, done, forgotten } = await this.#history.planPrune(bounds);
      if (forgotten > 0) await this.#state.writer.write(mutations);
      done();
      return forgotten === bounds.batch;
    });
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
