/**
 * Durable state: the port. One process owns it. All changes of a commit happen or none does; a change names the
 * record that it replaces, and is refused with StoreConflictError if the store holds another revision.
 * One contract suite (`tests/contracts/store_contract.ts`) holds for every adapter.
 */
import type { Installation } from "../domain/installation.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { HistoryRecord, NodeRecord } from "../domain/node.ts";
import type { NodeRequest } from "../domain/request.ts";

/** `previous` null: new. `next` null: removed. The store sets `next.revision` to one more than `previous.revision`. */
export interface Change<Entity> {
  readonly previous: Entity | null;
  readonly next: Entity | null;
}

export interface Commit {
  readonly nodes?: readonly Change<NodeRecord>[];
  readonly requests?: readonly Change<NodeRequest>[];
  /** Written by (provider, label), whatever was there; null clears the pause. */
  readonly pauses?: readonly { provider: string; label: string; next: LaunchPause | null }[];
  /** Appended; the oldest beyond the store's bound are dropped. */
  readonly history?: readonly HistoryRecord[];
}

/** The revisions that a commit gave, in the order of its changes; null for removals. */
export interface Committed {
  readonly nodes: readonly (NodeRecord | null)[];
  readonly requests: readonly (NodeRequest | null)[];
}

/** Everything but history, as it stood at one moment. */
export interface Contents {
  readonly nodes: readonly NodeRecord[];
  readonly requests: readonly NodeRequest[];
  readonly pauses: readonly LaunchPause[];
}

export type IdKind = "node" | "request";

export interface Store {
  readonly installation: Installation;
  /** Whether the state was made by this opening: then the pool knows nothing of what it may have on clouds. */
  readonly isNew: boolean;
  /** Everything; read once, at the owner's start. */
  load(): Promise<Contents>;
  /** So many consecutive ids that nobody has or had; returns the first. */
  takeIds(kind: IdKind, count: number): Promise<number>;
  /**
   * Any number of changes: each group that belongs together (one change) is atomic, and a whole commit of up to
   * 400 changes is too.
   * @throws StoreConflictError when a record is at another revision than the change's `previous`; nothing of that
   * atomic group is written
   */
  commit(commit: Commit): Promise<Committed>;
  /** The newest first; `before` (a node's id): only those that ended before that one. */
  listHistory(options: { limit: number; before?: number }): Promise<readonly HistoryRecord[]>;
  getHistory(nodeId: number): Promise<HistoryRecord | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Somebody else changed the record first. */
export class StoreConflictError extends Error {
  override readonly name = "StoreConflictError";
}

/** The state cannot be opened or read: a lock held by another process, damage, a version from the future. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  constructor(
    readonly kind: "locked" | "damaged" | "newer" | "unusable",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
