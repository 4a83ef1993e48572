/**
 * A commit while it is being formed: the ledger's records, and over them what the edits of this commit
 * have done so far. Each edit sees what those before it did, and happens whole or (when it throws) not at all.
 * Nothing here waits; the ledger forms a draft, writes it, and only then changes its own records.
 */
import { isDeepStrictEqual } from "node:util";
import type { AutoHold } from "../domain/auto_hold.ts";
import { eventsOf } from "../domain/events/events_of.ts";
import type { DibImage } from "../domain/dib_image.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { HistoryRecord, NodeRecord } from "../domain/node.ts";
import type { NewEvent } from "../domain/pool_event.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { Instant } from "../domain/time.ts";
import type { Change, Commit, Row, TableChanges, TableName, Tables } from "./store.ts";
import { mapTables, tableNames } from "./store.ts";
import { checkLayer } from "./check_record.ts";
import { orderKey, pauseKey } from "../domain/pair_key.ts";
import { capRecord } from "./record_caps.ts";

/**
 * The records that an edit can read and change. Those that it reads are the latest: one that is not the same object
 * as was read before has changed since. The store counts revisions; those of records that an edit puts mean nothing.
 */
export type Edit = Omit<Layer, "tables" | "pauses" | "orders" | "history" | "told" | "size" | "mergeInto">;

/** The records that a draft starts from. */
type LedgerRecords = { readonly [Name in TableName]: ReadonlyMap<number, Tables[Name]> } & {
  /** By `pauseKey`. */
  readonly pauses: ReadonlyMap<string, LaunchPause>;
  /** By `orderKey`. */
  readonly orders: ReadonlyMap<string, ImageOrder>;
};

/** Edits combined into one commit. */
export class Draft {
  readonly #base: LedgerRecords;
  readonly #layer: Layer;
  readonly #now: Instant;

  /** @param options `now`: when nodes that are removed count as ended */
  constructor(base: LedgerRecords, { now }: { now: Instant }) {
    this.#base = base;
    this.#now = now;
    this.#layer = new Layer(base, now);
  }

  /** How many records are touched so far. */
  get size(): number {
    return this.#layer.size;
  }

  /**
   * Runs the edit; when it throws, nothing of it remains and the error goes on to the caller.
   * @throws UnstorableRecordError where it makes a record that could not be read back
   */
  run<Result>(edit: (layer: Layer) => Result): Result {
    const layer = new Layer(this.#layer, this.#now);
    const result = edit(layer);
    checkLayer(layer);
    layer.mergeInto(this.#layer);
    return result;
  }

  /**
   * The changes of all edits, one for each record: several edits of one record become one change. Its events are those of the
   * changes, and then those that were told.
   */
  toCommit({ lastEventId }: { lastEventId: number }): Required<Commit> {
    const { tables, pauses, orders, history, told } = this.#layer;
    const changes = {
      ...mapTables<TableChanges>((table) =>
        changesOf<number, Row>(tables[table].changes, this.#base[table]) as TableChanges[TableName]
      ),
      pauses: changesOf(pauses.changes, this.#base.pauses),
      orders: changesOf(orders.changes, this.#base.orders),
      history,
    };
    const events = [...eventsOf(changes, this.#now), ...told];
    return {
      ...changes,
      events: events.map((event, index) => ({ id: lastEventId + 1 + index, at: this.#now, ...event })),
    };
  }
}

/** The changes of one edit (or, for the draft, of all of them) over the records below it. */
export class Layer {
  readonly tables: { readonly [Name in TableName]: Overlay<number, Tables[Name]> };
  readonly pauses: Overlay<string, LaunchPause>;
  readonly orders: Overlay<string, ImageOrder>;
  readonly history: HistoryRecord[] = [];
  readonly told: NewEvent[] = [];
  readonly #now: Instant;

  constructor(below: LedgerRecords | Layer, now: Instant) {
    const rows = below instanceof Layer ? below.tables : below;
    this.tables = mapTables<Layer["tables"]>((table) =>
      new Overlay<number, Row>(rows[table]) as Layer["tables"][TableName]
    );
    this.pauses = new Overlay(below.pauses);
    this.orders = new Overlay(below.orders);
    this.#now = now;
  }

  get size(): number {
    const rows = tableNames.reduce((sum, table) => sum + this.tables[table].changes.size, 0);
    return rows + this.pauses.changes.size + this.orders.changes.size + this.history.length +
      this.told.length;
  }

  node(id: number): NodeRecord | null {
    return this.tables.nodes.get(id) ?? null;
  }

  /** All of them as they are at that moment, in no order. */
  nodes(): readonly NodeRecord[] {
    return [...this.tables.nodes.values()];
  }

  request(id: number): NodeRequest | null {
    return this.tables.requests.get(id) ?? null;
  }

  /** All of them as they are at that moment, in no order. */
  requests(): readonly NodeRequest[] {
    return [...this.tables.requests.values()];
  }

  dibImage(id: number): DibImage | null {
    return this.tables.dibImages.get(id) ?? null;
  }

  image(id: number): ProviderImage | null {
    return this.tables.images.get(id) ?? null;
  }

  /** All of them as they are at that moment, in no order. */
  images(): readonly ProviderImage[] {
    return [...this.tables.images.values()];
  }

  job(id: number): AutoHold | null {
    return this.tables.jobs.get(id) ?? null;
  }

  /** All of them as they are at that moment, in no order. */
  jobs(): readonly AutoHold[] {
    return [...this.tables.jobs.values()];
  }

  /** @param provider null: the order of a diskimage */
  order(provider: string | null, image: string): ImageOrder | null {
    return this.orders.get(orderKey(provider, image)) ?? null;
  }

  pause(provider: string, label: string): LaunchPause | null {
    return this.pauses.get(pauseKey(provider, label)) ?? null;
  }

  putNode(node: NodeRecord): void {
    putNext(this, "nodes", node);
  }

  /** The node leaves the pool, and a history record stays. One that is not there is left alone. */
  removeNode(id: number): void {
    const node = this.tables.nodes.get(id);
    if (node === undefined) return;
    this.tables.nodes.set(id, null);
    this.history.push({ node, endedAt: this.#now });
  }

  putRequest(request: NodeRequest): void {
    putNext(this, "requests", request);
  }

  removeRequest(id: number): void {
    remove(this.tables.requests, id);
  }

  putDibImage(image: DibImage): void {
    putNext(this, "dibImages", image);
  }

  removeDibImage(id: number): void {
    remove(this.tables.dibImages, id);
  }

  putImage(image: ProviderImage): void {
    putNext(this, "images", image);
  }

  removeImage(id: number): void {
    remove(this.tables.images, id);
  }

  putJob(entry: AutoHold): void {
    putNext(this, "jobs", entry);
  }

  removeJob(id: number): void {
    remove(this.tables.jobs, id);
  }

  putOrder(order: ImageOrder): void {
    this.orders.set(orderKey(order.provider, order.image), capRecord(order));
  }

  putPause(pause: LaunchPause): void {
    this.pauses.set(pauseKey(pause.provider, pause.label), capRecord(pause));
  }

  clearPause(provider: string, label: string): void {
    if (this.pause(provider, label) !== null) this.pauses.set(pauseKey(provider, label), null);
  }

  /** Stores an event that no record shows. */
  tell(event: NewEvent): void {
    this.told.push(event);
  }

  mergeInto(target: Layer): void {
    for (const table of tableNames) merge<number, Row>(this.tables[table], target.tables[table]);
    merge(this.pauses, target.pauses);
    merge(this.orders, target.orders);
    target.history.push(...this.history);
    target.told.push(...this.told);
  }
}

interface Readable<Key, Entity> {
  get(key: Key): Entity | undefined;
  entries(): Iterable<[Key, Entity]>;
}

class Overlay<Key, Entity> implements Readable<Key, Entity> {
  /** null: removed. */
  readonly changes = new Map<Key, Entity | null>();

  constructor(readonly below: Readable<Key, Entity>) {}

  get(key: Key): Entity | undefined {
    const changed = this.changes.get(key);
    return changed === undefined ? this.below.get(key) : changed ?? undefined;
  }

  set(key: Key, entity: Entity | null): void {
    this.changes.set(key, entity);
  }

  *entries(): Iterable<[Key, Entity]> {
    for (const entry of this.below.entries()) if (!this.changes.has(entry[0])) yield entry;
    for (const [key, entity] of this.changes) if (entity !== null) yield [key, entity];
  }

  *values(): Iterable<Entity> {
    for (const [, entity] of this.entries()) yield entity;
  }
}

function merge<Key, Entity>(
  { changes }: Pick<Overlay<Key, Entity>, "changes">,
  target: Pick<Overlay<Key, Entity>, "set">,
): void {
  for (const [key, entity] of changes) target.set(key, entity);
}

function remove<Key, Entity>(overlay: Overlay<Key, Entity>, key: Key): void {
  if (overlay.get(key) !== undefined) overlay.set(key, null);
}

/**
 * A record that is put back as it was read is no change, nor is one that the caps make the same: who puts a text that is too
 * long does so whenever it looks, since what is there is another.
 */
function putNext<Name extends TableName>(layer: Layer, table: Name, entity: Tables[Name]): void {
  const rows = layer.tables[table] as Overlay<number, Row>;
  const [before, next] = [rows.get(entity.id), capRecord(entity)];
  if (before === entity || (next !== entity && isDeepStrictEqual(next, before))) return;
  rows.set(entity.id, next);
}

/** A record that came and went within one commit was never there. */
function changesOf<Key, Entity>(
  changes: ReadonlyMap<Key, Entity | null>,
  base: ReadonlyMap<Key, Entity>,
): Change<Entity>[] {
  return [...changes]
    .map(([key, next]) => ({ previous: base.get(key) ?? null, next }))
    .filter(({ previous, next }) => previous !== null || next !== null);
}
