/**
 * Durable state: what it holds, and how it changes. One process owns it. All changes of a commit happen or none does; a
 * change names the record that it replaces, and is refused with StoreConflictError if the store holds another revision.
 * One contract suite (`tests/contracts/store_contract.ts`) holds on every database that a store can lie on.
 */
import type { AutoHold } from "../domain/auto_hold.ts";
import type { ClockRecord } from "../domain/clock_record.ts";
import type { DibImage } from "../domain/dib_image.ts";
import type { Home } from "../domain/home.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import type { Run } from "../domain/lineage.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { HistoryRecord, NodeRecord } from "../domain/node.ts";
import type { PoolEvent } from "../domain/pool_event.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { Instant } from "../domain/time.ts";
import type { KeyValueStore } from "./key_value_store.ts";

/** The records that have an id and a revision, by the name of their table. */
export interface Tables {
  readonly nodes: NodeRecord;
  readonly requests: NodeRequest;
  readonly dibImages: DibImage;
  readonly images: ProviderImage;
  readonly jobs: AutoHold;
}

export type TableName = keyof Tables;

/** The kind of each table's records, in the order in which tables are written. Each kind has ids of its own. */
export const kindOf = {
  nodes: "node",
  requests: "request",
  dibImages: "dib-image",
  images: "image",
  jobs: "job",
} as const satisfies Record<TableName, string>;

export type IdKind = typeof kindOf[TableName];

export const tableNames = Object.keys(kindOf) as TableName[];

/** The name of a table's records in messages. */
export function rowName(table: TableName): string {
  return kindOf[table].replace("-", " ");
}

/** A record of whatever table. */
export type Row = Tables[TableName];

/** For each table a value made from its name; that it is one of that table's is for the caller to see to. */
export function mapTables<Mapped extends { [Name in TableName]: unknown }>(
  make: (name: TableName) => Mapped[TableName],
): Mapped {
  return Object.fromEntries(tableNames.map((name) => [name, make(name)])) as Mapped;
}

/** `previous` null: new. `next` null: removed. The store sets `next.revision` to one more than `previous.revision`. */
export interface Change<Entity> {
  readonly previous: Entity | null;
  readonly next: Entity | null;
}

export type TableChanges = { readonly [Name in TableName]: readonly Change<Tables[Name]>[] };

export interface Commit extends Partial<TableChanges> {
  /** Written by provider and label, whatever was there. */
  readonly pauses?: readonly Change<LaunchPause>[];
  /** Written by provider and image, whatever was there. */
  readonly orders?: readonly Change<ImageOrder>[];
  /** Appended. */
  readonly history?: readonly HistoryRecord[];
  /** Appended; their ids go on from the newest event's. */
  readonly events?: readonly PoolEvent[];
}

/** The history that is kept. */
export interface HistoryBounds {
  /** The most records kept. */
  readonly keep: number;
  /** Nodes that ended before are forgotten. */
  readonly endedSince: Instant;
  /** Forgotten at a time. */
  readonly batch: number;
}

/** The events that are kept; the newest is, whatever they say. */
export interface EventBounds {
  /** The most events kept, about. */
  readonly keep: number;
  /** Older ones are forgotten. */
  readonly since: Instant;
  /** Entries forgotten at a time. */
  readonly batch: number;
}

/** Everything but history, as it stood at one moment. */
export interface Contents extends Rows {
  readonly pauses: readonly LaunchPause[];
  readonly orders: readonly ImageOrder[];
  /** null: no process has written one. */
  readonly clock: ClockRecord | null;
  /** One for each provider that has been listed. */
  readonly homes: readonly Home[];
  /** In their order. */
  readonly runs: readonly Run[];
  /** The id of the newest event; 0: there has been none. */
  readonly lastEventId: number;
  /** The ids that are given out next. */
  readonly nextIds: Readonly<Record<IdKind, number>>;
}

/** All records of all tables. */
export type Rows = { readonly [Name in TableName]: readonly Tables[Name][] };

export const idKinds = Object.values(kindOf);

/** The store as its owner has it, wherever its state lies. */
export type Store = Pick<KeyValueStore, keyof KeyValueStore>;

/** Somebody else changed the record first. */
export class StoreConflictError extends Error {
  override readonly name = "StoreConflictError";
}

/**
 * Why a state cannot be opened, read or written: `locked` by another process, `damaged`, written by a `newer` version,
 * `unusable` (no room, no rights); for one that is open also `gone`, another or none being in its place, and `stopped`,
 * since somebody else has written, or this process is ending.
 */
export type StoreErrorKind = "locked" | "damaged" | "newer" | "unusable" | "gone" | "stopped";

/** The state cannot be opened, read or written. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** The fault in the state's contents, without a way out; null: the error is about something else. */
  readonly problem: string | null;
  constructor(
    readonly kind: StoreErrorKind,
    message: string,
    { problem = null, ...options }: ErrorOptions & { problem?: string | null } = {},
  ) {
    super(message, options);
    this.problem = problem;
  }
}

/** Whether it says only that this process no longer writes the state. */
export function isStopped(error: unknown): boolean {
  return error instanceof StoreError && error.kind === "stopped";
}
