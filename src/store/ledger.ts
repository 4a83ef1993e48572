/**
 * The owner's records in memory, over a store. Reads cost nothing and are never older than the last commit;
 * writes go to the store first and then to memory, so that memory never shows what a restart would forget.
 *
 * Edits are functions, run one after the other when a commit is formed (`edit_queue.ts`): each sees the latest
 * records, so of two concurrent edits of one node none is lost. All changes to the pool are made here: by the tick
 * with its plan, by side effects with their outcomes, and by commands.
 */
import type { AutoHold } from "../domain/auto_hold.ts";
import type { ClockRecord } from "../domain/clock_record.ts";
import type { DibImage } from "../domain/dib_image.ts";
import type { History } from "../domain/history.ts";
import type { Home } from "../domain/home.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import type { Installation } from "../domain/installation.ts";
import { type Lineage, lineageOf, type Run } from "../domain/lineage.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { HistoryRecord, NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import type { EventRecords, PoolEvent } from "../domain/pool_event.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { Sample } from "../domain/samples/sample.ts";
import { LARGEST_ID } from "../domain/record_id.ts";
import type { Instant, Milliseconds } from "../domain/time.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { Clock } from "../lib/clock.ts";
import { waitFor } from "../lib/in_flight.ts";
import { inSlices } from "../lib/in_slices.ts";
import { Listeners } from "../lib/listeners.ts";
import { orAborted } from "../lib/or_aborted.ts";
import type {
  Commit,
  Contents,
  EventBounds,
  HistoryBounds,
  IdKind,
  Row,
  Rows,
  Store,
  TableName,
  Tables,
} from "./store.ts";
import { mapTables, StoreError, tableNames } from "./store.ts";
import { Draft, type Edit, type Layer } from "./draft.ts";
import { checkRecord } from "./check_record.ts";
import { clockSchema, groupSampleSchema, homeSchema, runSchema } from "./schemas.ts";
import { EditQueue } from "./edit_queue.ts";
import { orderKey, pauseKey } from "../domain/pair_key.ts";

/** The changes of one commit, as its listeners get them; every `next` has its final revision. */
export interface LedgerChange extends Required<Commit> {
  /** How long the store took to write it. */
  readonly writeTime: Milliseconds;
}

type LedgerListener = (change: LedgerChange) => void;

/** Runs that are remembered. Ids from before the oldest one are taken as ours, whatever run their mark names. */
const RUNS_KEPT = 1_000;

export class Ledger implements AsyncDisposable, History, EventRecords {
  /** Reads everything that the store holds. @param isCounted whether the counts over all nodes are wanted at once */
  static async load(
    store: Store,
    { clock, isCounted = false }: { clock: Pick<Clock, "now">; isCounted?: boolean },
  ): Promise<Ledger> {
    const ledger = new Ledger(store, { clock, contents: await store.load() });
    if (isCounted) {
      const index = NodeIndex.of([]);
      await inSlices(ledger.nodes, ([id, node]) => index.put(id, node));
      ledger.#nodeIndex = index;
    }
    return ledger;
  }

  /** By id. Each record is replaced, never changed: what was read stays as it was. */
  readonly nodes: ReadonlyMap<number, NodeRecord>;
  readonly requests: ReadonlyMap<number, NodeRequest>;
  readonly dibImages: ReadonlyMap<number, DibImage>;
  /** The providers' images. */
  readonly images: ReadonlyMap<number, ProviderImage>;
  /** The jobs whose failed nodes are held. */
  readonly jobs: ReadonlyMap<number, AutoHold>;
  /** By `orderKey(provider, image)`. */
  readonly orders: ReadonlyMap<string, ImageOrder>;
  /** By `pauseKey(provider, label)`. */
  readonly pauses: ReadonlyMap<string, LaunchPause>;
  readonly #store: Store;
  readonly #clock: Pick<Clock, "now">;
  readonly #tables: MapsOfRows;
  #nodeIndex: NodeIndex | null = null;
  readonly #orders: Map<string, ImageOrder>;
  readonly #pauses: Map<string, LaunchPause>;
  readonly #nextIds: Map<IdKind, number>;
  #lastEventId: number;
  #clockRecord: ClockRecord | null;
  readonly #homes: Map<string, Home>;
  readonly #listeners = new Listeners<[LedgerChange]>("state changes");
  readonly #failureListeners = new Listeners<[]>("state failures");
  readonly #queue = new EditQueue({
    draft: () => new Draft(this, { now: this.#clock.now() }),
    write: (draft) => this.#write(draft.toCommit({ lastEventId: this.#lastEventId })),
  });
  #runs: readonly Run[];
  #failure: StoreError | null = null;
  #closed = false;

  private constructor(store: Store, { clock, contents }: { clock: Pick<Clock, "now">; contents: Contents }) {
    this.#store = store;
    this.#clock = clock;
    this.#tables = mapTables<MapsOfRows>((table) =>
      new Map<number, Row>(contents[table].map((row) => [row.id, row])) as MapsOfRows[TableName]
    );
    ({
      nodes: this.nodes,
      requests: this.requests,
      dibImages: this.dibImages,
      images: this.images,
      jobs: this.jobs,
    } = this.#tables);
    this.orders = this.#orders = new Map(contents.orders.map((order) => [keyOfOrder(order), order]));
    this.pauses = this.#pauses = new Map(contents.pauses.map((pause) => [keyOfPause(pause), pause]));
    this.#clockRecord = contents.clock;
    this.#homes = new Map(contents.homes.map((home) => [home.provider, home]));
    this.#nextIds = new Map(Object.entries(contents.nextIds) as [IdKind, number][]);
    this.#runs = contents.runs;
    this.#lastEventId = contents.lastEventId;
  }

  /** The counts over all nodes, kept by each commit from when they are first asked for. */
  get nodeIndex(): NodeIndex {
    return this.#nodeIndex ??= NodeIndex.of(this.nodes.values());
  }

  get installation(): Installation {
    return this.#store.installation;
  }

  /** Whether the state is new, and nothing known of what the pool may have on clouds; as `Store.isNew`. */
  get isNew(): boolean {
    return this.#store.isNew;
  }

  /** Why the state may be older than what was last written; null: it is the newest. As `Store.doubt`. */
  get doubt(): string | null {
    return this.#store.doubt;
  }

  /** Why the last commit was not stored; null: it was. A refused edit does not count. */
  get failure(): StoreError | null {
    return this.#failure;
  }

  /** Sees to it that the state is there and can be written; as `Store.check`. @throws StoreError, which `failure` then is */
  check(): Promise<boolean> {
    return this.#noting(this.#store.check());
  }

  /** Calls the listener when a commit cannot be stored, after one that could. */
  subscribeFailures(listener: () => void): Disposable {
    return this.#failureListeners.subscribe(listener);
  }

  /** Writes a copy of a state that is gone; as `Store.rescue`. */
  rescue(): Promise<string | null> {
    const tables = mapTables<Rows>((table) => [...this.#tables[table].values()] as Rows[TableName]);
    return this.#store.rescue({
      ...tables,
      pauses: [...this.#pauses.values()],
      orders: [...this.#orders.values()],
      clock: this.#clockRecord,
      homes: [...this.#homes.values()],
      runs: this.#runs,
      lastEventId: this.#lastEventId,
      nextIds: Object.fromEntries(this.#nextIds) as Contents["nextIds"],
    });
  }

  /** The pool has dealt with the state's being new, or with the doubt. */
  settle(what: "new" | "doubt"): Promise<void> {
    return this.#noting(this.#store.settle(what));
  }

  /** Which ids were given out in which run. */
  readonly lineage: Lineage = lineageOf(() => this.#runs, (kind) => this.nextId(kind));

  /** The runs that are remembered, the present one last. */
  get runs(): readonly Run[] {
    return this.#runs;
  }

  /** How clocks stood when it was last written; null: it never was. */
  get clockRecord(): ClockRecord | null {
    return this.#clockRecord;
  }

  async saveClock(record: ClockRecord): Promise<void> {
    checkRecord("the record of clocks", record, clockSchema);
    await this.#noting(this.#store.saveClock(record));
    this.#clockRecord = record;
  }

  /** By provider: where its servers were made. */
  get homes(): ReadonlyMap<string, Home> {
    return this.#homes;
  }

  async saveHome(home: Home): Promise<void> {
    checkRecord(`the home of ${home.provider}`, home, homeSchema);
    await this.#noting(this.#store.saveHome(home));
    this.#homes.set(home.provider, home);
  }

  /** Stores a sample; as `Store.addSample`. */
  async addSample(sample: Sample, options: { since: number }): Promise<void> {
    for (const group of sample.groups) {
      checkRecord(`the sample of ${group.of} ${group.name}`, group, groupSampleSchema);
    }
    await this.#noting(this.#store.addSample(sample, options));
  }

  samples(options: { since: number }): AsyncIterable<Sample> {
    return this.#store.samples(options);
  }

  /** Edits that wait for the commit that is being written. */
  get queued(): number {
    return this.#queue.size;
  }

  /** The id of that kind that is given out next. */
  nextId(kind: IdKind): number {
    return this.#nextIds.get(kind)!;
  }

  /**
   * That number of consecutive ids that nobody has or had; resolves to the first.
   * @throws RangeError when fewer are left; none is taken
   */
  async takeIds(kind: IdKind, count: number): Promise<number> {
    const next = this.nextId(kind);
    if (!(next + count <= LARGEST_ID + 1)) {
      throw new RangeError(`${kind} ids end at ${LARGEST_ID}; the next is ${next}`);
    }
    const first = await this.#noting(this.#store.takeIds(kind, count));
    this.#nextIds.set(kind, Math.max(this.nextId(kind), first + count));
    return first;
  }

  /**
   * Gives out no id up to `last` any more: for a state that was restored from an older copy, when servers of
   * later nodes turn up on a cloud.
   */
  async skipIds(kind: IdKind, last: number): Promise<void> {
    const count = Math.min(last, LARGEST_ID) + 1 - this.nextId(kind);
    if (count > 0) await this.takeIds(kind, count);
  }

  /** Writes down that a run begins: ids that are given out from now on are of it. */
  async beginRun({ id, startedAt }: Pick<Run, "id" | "startedAt">): Promise<Run> {
    const last = this.#runs.at(-1);
    const firstIds = { node: this.nextId("node"), image: this.nextId("image") };
    const run: Run = { number: (last?.number ?? 0) + 1, id, startedAt, firstIds };
    const surplus = Math.max(0, this.#runs.length + 1 - RUNS_KEPT);
    checkRecord(`run ${run.number}`, run, runSchema);
    const forgotten = this.#runs.slice(0, surplus).map(({ number }) => number);
    await this.#noting(this.#store.addRun(run, { forgotten }));
    this.#runs = [...this.#runs.slice(surplus), run];
    return run;
  }

  listHistory(options: { limit: number; before?: number }): Promise<readonly HistoryRecord[]> {
    return this.#store.listHistory(options);
  }

  getHistory(nodeId: number): Promise<HistoryRecord | null> {
    return this.#store.getHistory(nodeId);
  }

  /** The id of the newest event; 0: there has been none. */
  get lastEventId(): number {
    return this.#lastEventId;
  }

  listEvents(options: { after: number; limit: number }): Promise<readonly PoolEvent[]> {
    return this.#store.listEvents(options);
  }

  lastEventBefore(moment: Instant): Promise<number> {
    return this.#store.lastEventBefore(moment);
  }

  /** Forgets events that are beyond the bounds; as `Store.pruneEvents`. */
  pruneEvents(bounds: EventBounds): Promise<boolean> {
    return this.#noting(this.#store.pruneEvents(bounds));
  }

  /** Forgets history that is beyond the bounds; as `Store.pruneHistory`. */
  pruneHistory(bounds: HistoryBounds): Promise<boolean> {
    return this.#noting(this.#store.pruneHistory(bounds));
  }

  /**
   * Changes any number of records together, from what they are at that moment. The function may run later than
   * now, must not wait, and is run again only where nothing of it was stored.
   * @returns what the function returned, once it is stored
   * @throws what the function throws (then nothing of it is stored), or the store's error
   */
  edit<Result>(edit: (edit: Edit) => Result): Promise<Result> {
    return this.#enqueue(edit, (result) => result);
  }

  /**
   * Changes the latest record of a node; null removes it and leaves a history record.
   * @returns the node after the commit; null when it is gone, also before (then `change` is not called)
   */
  changeNode(
    id: number,
    change: (node: NodeRecord, edit: Edit) => NodeRecord | null,
  ): Promise<NodeRecord | null> {
    const edit = (draft: Edit) => {
      const node = draft.node(id);
      if (node === null) return;
      const next = change(node, draft);
      if (next === null) draft.removeNode(id);
      else draft.putNode(next);
    };
    return this.#enqueue(edit, () => this.nodes.get(id) ?? null);
  }

  /** Calls the listener after each commit, before the callers of its edits go on; what it throws is logged. */
  subscribe(listener: LedgerListener): Disposable {
    return this.#listeners.subscribe(listener);
  }

  /**
   * Waits for what `look` finds, which looks now, after each commit and when none can be stored; null: it is not there yet.
   * @throws what `look` throws; the signal's reason on abort
   */
  async until<Found>(look: () => Found | null, { signal }: { signal: AbortSignal }): Promise<Found> {
    signal.throwIfAborted();
    const found = Promise.withResolvers<Found>();
    const tell = () => {
      try {
        const it = look();
        if (it !== null) found.resolve(it);
      } catch (error) {
        found.reject(error);
      }
    };
    using _commits = this.subscribe(tell);
    using _failures = this.subscribeFailures(tell);
    tell();
    return await orAborted(found.promise, signal);
  }

  /** Takes no more edits and waits until those asked for are stored. The store stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#queue.end;
  }

  /** @param finish makes the caller's result, right after memory has taken over what was stored */
  #enqueue<Ran, Result>(run: (layer: Layer) => Ran, finish: (ran: Ran) => Result): Promise<Result> {
    if (this.#closed) {
      return Promise.reject(new StoreError("stopped", "this daemon is stopping and writes nothing more"));
    }
    return waitFor("the state, to store a change", () => this.#queue.add(run, finish));
  }

  async #write(commit: Required<Commit>): Promise<void> {
    if (isEmpty(commit)) return;
    const startedAt = this.#clock.now();
    const changes = await this.#noting(this.#store.commit(commit));
    this.#lastEventId = commit.events.at(-1)?.id ?? this.#lastEventId;
    const change: LedgerChange = { ...commit, ...changes, writeTime: this.#clock.now() - startedAt };
    this.#apply(change);
    this.#listeners.tell(change);
  }

  async #noting<Result>(writing: Promise<Result>): Promise<Result> {
    try {
      const result = await writing;
      this.#failure = null;
      return result;
    } catch (error) {
      if (error instanceof StoreError) this.#fail(error);
      throw error;
    }
  }

  #fail(error: StoreError): void {
    const isNews = this.#failure === null;
    this.#failure = error;
    if (isNews) this.#failureListeners.tell();
  }

  #apply(change: LedgerChange): void {
    for (const table of tableNames) {
      const rows = this.#tables[table] as Map<number, Row>;
      for (const { previous, next } of change[table]) put(rows, (next ?? previous)!.id, next);
    }
    for (const { previous, next } of change.nodes) this.#nodeIndex?.put((next ?? previous)!.id, next);
    for (const { previous, next } of change.pauses) put(this.#pauses, keyOfPause((next ?? previous)!), next);
    for (const { previous, next } of change.orders) put(this.#orders, keyOfOrder((next ?? previous)!), next);
  }
}

type MapsOfRows = { readonly [Name in TableName]: Map<number, Tables[Name]> };

function isEmpty(change: Required<Commit>): boolean {
  return Object.values(change).every((changes) => changes.length === 0);
}

function keyOfPause({ provider, label }: LaunchPause): string {
  return pauseKey(provider, label);
}

function keyOfOrder({ provider, image }: ImageOrder): string {
  return orderKey(provider, image);
}

function put<Key, Entity>(records: Map<Key, Entity>, key: Key, next: Entity | null): void {
  if (next === null) records.delete(key);
  else records.set(key, next);
}
