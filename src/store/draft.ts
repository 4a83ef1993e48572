/**
 * A commit while it is being put together: the ledger's records, and over them what the edits of this commit
 * have done so far. Each edit sees what those before it did, and happens whole or (when it throws) not at all.
 * Nothing here waits; the ledger forms a draft, writes it, and only then changes its own records.
 */
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { HistoryRecord, NodeRecord } from "../domain/node.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { Instant } from "../domain/time.ts";
import type { Change, Commit } from "./store.ts";
import { pauseKey, pausePair } from "./pause_key.ts";
import { capPause } from "./record_caps.ts";

/**
 * What an edit can read and change. Records that it reads are the latest there are; those that it puts get their
 * revision from the ledger, whatever they carry.
 */
export interface Edit {
  node(id: number): NodeRecord | null;
  request(id: number): NodeRequest | null;
  pause(provider: string, label: string): LaunchPause | null;
  /** A new or a changed node. */
  putNode(node: NodeRecord): void;
  /** The node leaves the pool, and a history record stays. One that is not there is left alone. */
  removeNode(id: number): void;
  putRequest(request: NodeRequest): void;
  removeRequest(id: number): void;
  putPause(pause: LaunchPause): void;
  clearPause(provider: string, label: string): void;
}

/** The records that a draft starts from. */
export interface LedgerRecords {
  readonly nodes: ReadonlyMap<number, NodeRecord>;
  readonly requests: ReadonlyMap<number, NodeRequest>;
  /** By `pauseKey`. */
  readonly pauses: ReadonlyMap<string, LaunchPause>;
}

/** Edits put together into one commit. */
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

  /** Runs the edit; when it throws, nothing of it remains and the error goes on to the caller. */
  run<Result>(edit: (layer: Layer) => Result): Result {
    const layer = new Layer(this.#layer, this.#now);
    const result = edit(layer);
    layer.mergeInto(this.#layer);
    return result;
  }

  /** The changes of all edits, one for each record: several edits of one record become one change. */
  toCommit(): Required<Commit> {
    const { nodes, requests, pauses, history } = this.#layer;
    return {
      nodes: changesOf(nodes.changes, this.#base.nodes),
      requests: changesOf(requests.changes, this.#base.requests),
      pauses: [...pauses.changes].map(([key, next]) => ({ ...pausePair(key), next })),
      history,
    };
  }
}

/** What one edit (or, for the draft, all of them) changed over the records below it. */
export class Layer implements Edit {
  readonly nodes: Overlay<number, NodeRecord>;
  readonly requests: Overlay<number, NodeRequest>;
  readonly pauses: Overlay<string, LaunchPause>;
  readonly history: HistoryRecord[] = [];
  readonly #now: Instant;

  constructor(
    below: { nodes: Readable<number, NodeRecord> } & {
      requests: Readable<number, NodeRequest>;
      pauses: Readable<string, LaunchPause>;
    },
    now: Instant,
  ) {
    this.nodes = new Overlay(below.nodes);
    this.requests = new Overlay(below.requests);
    this.pauses = new Overlay(below.pauses);
    this.#now = now;
  }

  get size(): number {
    return this.nodes.changes.size + this.requests.changes.size + this.pauses.changes.size +
      this.history.length;
  }

  node(id: number): NodeRecord | null {
    return this.nodes.get(id) ?? null;
  }

  request(id: number): NodeRequest | null {
    return this.requests.get(id) ?? null;
  }

  pause(provider: string, label: string): LaunchPause | null {
    return this.pauses.get(pauseKey(provider, label)) ?? null;
  }

  putNode(node: NodeRecord): void {
    putNext(this.nodes, node);
  }

  removeNode(id: number): void {
    const node = this.nodes.get(id);
    if (node === undefined) return;
    this.nodes.set(id, null);
    const told = this.history.some((record) => record.node.id === id);
    if (!told) this.history.push({ node, endedAt: this.#now });
  }

  putRequest(request: NodeRequest): void {
    putNext(this.requests, request);
  }

  removeRequest(id: number): void {
    if (this.requests.get(id) !== undefined) this.requests.set(id, null);
  }

  putPause(pause: LaunchPause): void {
    this.pauses.set(pauseKey(pause.provider, pause.label), capPause(pause));
  }

  clearPause(provider: string, label: string): void {
    if (this.pause(provider, label) !== null) this.pauses.set(pauseKey(provider, label), null);
  }

  mergeInto(target: Layer): void {
    for (const [id, node] of this.nodes.changes) target.nodes.set(id, node);
    for (const [id, request] of this.requests.changes) target.requests.set(id, request);
    for (const [key, pause] of this.pauses.changes) target.pauses.set(key, pause);
    target.history.push(...this.history);
  }
}

interface Readable<Key, Entity> {
  get(key: Key): Entity | undefined;
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
}

/** A record that is put back as it was read is no change. */
function putNext<Entity extends { readonly id: number; readonly revision: number }>(
  overlay: Overlay<number, Entity>,
  entity: Entity,
): void {
  const current = overlay.get(entity.id);
  if (current !== entity) overlay.set(entity.id, { ...entity, revision: (current?.revision ?? 0) + 1 });
}

/** A record that came and went within one commit was never there. */
function changesOf<Entity>(
  changes: ReadonlyMap<number, Entity | null>,
  base: ReadonlyMap<number, Entity>,
): Change<Entity>[] {
  return [...changes]
    .map(([id, next]) => ({ previous: base.get(id) ?? null, next }))
    .filter(({ previous, next }) => previous !== null || next !== null);
}
