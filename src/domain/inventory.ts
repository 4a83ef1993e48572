/**
 * The servers of a cloud as far as they have been seen: the newest complete listing with the later deltas on top.
 * It says when it last saw everything, since only that lets anybody conclude that a server is not there.
 */
import { ANY_LINEAGE, type Lineage } from "./lineage.ts";
import type { Server, ServerListing } from "./server.ts";
import { serverMark } from "./server_marks.ts";
import type { Instant } from "./time.ts";

/** A server with our installation's mark that is no node's as far as this state can know. */
export interface Stranger {
  readonly server: Server;
  /** null: it names no node that there could be. */
  readonly nodeId: number | null;
  readonly run: string | null;
}

export class Inventory {
  /** Start of the newest complete listing; null: there has been none. */
  completeAt: Instant | null = null;
  /** Start of the complete listing before that one. */
  #completeBefore: Instant | null = null;
  /** The cloud's clock at the newest listing of either kind. */
  cloudTime: Instant | null = null;
  readonly installation: string;
  readonly #provider: string | undefined;
  readonly #servers = new Map<string, Server>();
  readonly #serversOfNode = new Map<number, Set<string>>();
  readonly #strangers = new Map<string, Stranger>();
  /** In how many complete listings in a row each server has been. */
  readonly #sightings = new Map<string, number>();
  /** When each server was in a listing last; those no longer there included, until the second complete listing. */
  readonly #seenAt = new Map<string, Instant>();
  /** Ids that a delta showed as deleted since the newest complete listing. */
  readonly #deleted = new Set<string>();

  /**
   * @param provider whose servers belong to nodes; another may share the project. Left out: any
   * @param lineage of the state: what another copy of it has made belongs to none of its nodes
   */
  constructor(installation: string, provider?: string, readonly lineage: Lineage = ANY_LINEAGE) {
    this.installation = installation;
    this.#provider = provider;
  }

  /** Servers that exist, by id. */
  get servers(): ReadonlyMap<string, Server> {
    return this.#servers;
  }

  /** Takes in a listing. @returns how many servers it added, removed or changed the status of */
  apply(listing: ServerListing): number {
    let changed = 0;
    if (listing.kind === "complete") {
      this.#deleted.clear();
      this.#completeBefore = this.completeAt;
      changed += this.#forgetAllBut(new Set(listing.servers.map(({ id }) => id)));
    }
    for (const server of listing.servers) {
      this.#seenAt.set(server.id, listing.startedAt);
      if (server.status === "DELETED" || server.status === "SOFT_DELETED") changed += this.#bury(server.id);
      else changed += this.#remember(server);
    }
    if (listing.kind === "complete") {
      this.completeAt = listing.startedAt;
      for (const id of this.#servers.keys()) this.#sightings.set(id, this.sightings(id) + 1);
      this.#forgetSeen();
    }
    this.cloudTime = listing.cloudTime;
    return changed;
  }

  /** The servers marked with the node's id, in the order of their ids. */
  serversOfNode(nodeId: number): readonly Server[] {
    const ids = [...this.#serversOfNode.get(nodeId) ?? []].sort();
    return ids.flatMap((id) => this.#servers.get(id) ?? []);
  }

  /** Ids of nodes that a server is marked with. */
  nodeIds(): Iterable<number> {
    return this.#serversOfNode.keys();
  }

  /** Servers that carry our installation's mark and that no node of this state can have, by id. */
  get strangers(): ReadonlyMap<string, Stranger> {
    return this.#strangers;
  }

  sightings(serverId: string): number {
    return this.#sightings.get(serverId) ?? 0;
  }

  /** Whether everything has been seen by a listing that began at that time or later. */
  completeSince(time: Instant): boolean {
    return this.completeAt !== null && this.completeAt >= time;
  }

  /** Whether the cloud itself said, since the newest complete listing, that the server is deleted. */
  wasDeleted(serverId: string): boolean {
    return this.#deleted.has(serverId);
  }

  /**
   * Whether the server is not there: the cloud said that it is deleted, or two complete listings in a row, both begun
   * at `since` or later, had no trace of it. One alone may have been cut short by the cloud.
   */
  isAbsent(serverId: string, since: Instant): boolean {
    if (this.#servers.has(serverId)) return false;
    if (this.wasDeleted(serverId)) return true;
    const before = this.#completeBefore;
    return before !== null && before >= since && (this.#seenAt.get(serverId) ?? -Infinity) < before;
  }

  #forgetSeen(): void {
    const before = this.#completeBefore ?? -Infinity;
    for (const [id, seenAt] of this.#seenAt) if (seenAt < before) this.#seenAt.delete(id);
  }

  #bury(id: string): number {
    this.#deleted.add(id);
    return this.#forget(id);
  }

  #remember(server: Server): number {
    const known = this.#servers.get(server.id);
    // Somebody may have changed its marks, to keep it for instance.
    if (known !== undefined) this.#unlink(known);
    this.#servers.set(server.id, server);
    this.#link(server);
    return known?.status === server.status ? 0 : 1;
  }

  #forget(id: string): number {
    const server = this.#servers.get(id);
    if (server === undefined) return 0;
    this.#servers.delete(id);
    this.#sightings.delete(id);
    this.#unlink(server);
    return 1;
  }

  /** Finds out whose the server is by its marks. */
  #link(server: Server): void {
    const mark = serverMark(server, this.installation, this.#provider);
    if (mark === null) return;
    const { id: nodeId, run } = mark;
    if (nodeId === null || !this.lineage.owns("node", { id: nodeId, run })) {
      this.#strangers.set(server.id, { server, nodeId, run });
      return;
    }
    const ids = this.#serversOfNode.get(nodeId) ?? new Set();
    this.#serversOfNode.set(nodeId, ids.add(server.id));
  }

  #unlink(server: Server): void {
    this.#strangers.delete(server.id);
    const nodeId = serverMark(server, this.installation, this.#provider)?.id ?? null;
    const ids = nodeId === null ? undefined : this.#serversOfNode.get(nodeId);
    if (nodeId === null || ids === undefined) return;
    ids.delete(server.id);
    if (ids.size === 0) this.#serversOfNode.delete(nodeId);
  }

  #forgetAllBut(kept: ReadonlySet<string>): number {
    let forgotten = 0;
    for (const id of [...this.#servers.keys()]) {
      if (!kept.has(id)) forgotten += this.#forget(id);
    }
    return forgotten;
  }
}
