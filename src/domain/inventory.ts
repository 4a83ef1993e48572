/**
 * The servers of a cloud as far as they have been seen: the newest complete listing, with the later deltas and what
 * single looks showed on top. A listing that leaves a server out proves nothing: cells that are down and proxies leave
 * out what lives, and one that calls it deleted may be as wrong: a database has several entries of a server that was
 * moved between its cells. A server is absent once the cloud has said so when it was asked for that very server.
 */
import { ChangeLog } from "./change_log.ts";
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
  /** Start of the newest listing of either kind. */
  #listedAt: Instant = -Infinity;
  /** The cloud's clock at the newest listing of either kind. */
  cloudTime: Instant | null = null;
  readonly installation: string;
  /** Servers of the project without our installation's mark. */
  #otherCount = 0;
  /** Ids of servers that came, went or changed. */
  readonly changes = new ChangeLog<string>();
  readonly #provider: string | undefined;
  readonly #servers = new Map<string, Server>();
  readonly #serversOfNode = new Map<number, Set<string>>();
  readonly #strangers = new Map<string, Stranger>();
  /** In how many complete listings in a row each server has been. */
  readonly #sightings = new Map<string, number>();
  /** Ids of servers that the cloud knew nothing of, or called deleted, when it was asked for them. */
  readonly #gone = new Set<string>();
  /** Ids of servers that a listing called deleted. */
  readonly #calledDeleted = new Set<string>();
  /** Ids of servers that only a look of their own showed: no listing since has had them. */
  readonly #unlisted = new Set<string>();

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
      this.#completeBefore = this.completeAt;
      changed += this.#forgetAllBut(new Set([...listing.servers.map(({ id }) => id), ...this.#unlisted]));
    }
    for (const server of listing.servers) {
      this.#unlisted.delete(server.id);
      changed += isDeleted(server) ? this.#forget(server.id) : this.#remember(server);
      if (isDeleted(server)) this.#calledDeleted.add(server.id);
    }
    if (listing.kind === "complete") {
      this.completeAt = listing.startedAt;
      for (const { id } of listing.servers) {
        if (this.#servers.has(id)) this.#sightings.set(id, this.sightings(id) + 1);
      }
    }
    this.#listedAt = listing.startedAt;
    this.cloudTime = listing.cloudTime;
    return changed;
  }

  /** The servers marked with the node's id, in the order of their ids. */
  serversOfNode(nodeId: number): readonly Server[] {
    const ids = [...this.#serversOfNode.get(nodeId) ?? []].sort();
    return ids.flatMap((id) => this.#servers.get(id) ?? []);
  }

  /** How many nodes have a server. */
  get nodeCount(): number {
    return this.#serversOfNode.size;
  }

  /** How many servers carry no mark of ours. */
  get otherCount(): number {
    return this.#otherCount;
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

  /** Whether all that has changed has been seen by a listing of either kind that began at that time or later. */
  listedSince(time: Instant): boolean {
    return this.#listedAt >= time;
  }

  /**
   * Whether everything there is has been seen by a listing that began at that time or later. It takes two where there is
   * nothing at all; and none has where servers are listed of which the cloud can tell no more than their ids.
   */
  sawAllSince(time: Instant): boolean {
    if (this.#servers.size === 0) return this.#completeBefore !== null && this.#completeBefore >= time;
    return this.completeSince(time) && ![...this.#servers.values()].some(isNameless);
  }

  /** Whether the cloud has said of that very server that it is not there, and has not shown it since. */
  isAbsent(serverId: string): boolean {
    return this.#gone.has(serverId);
  }

  /** Whether it is gone, or a listing called it deleted: enough where its deletion was asked for. */
  isDeleted(serverId: string): boolean {
    return this.isAbsent(serverId) || this.#calledDeleted.has(serverId);
  }

  /**
   * Whether the complete listings since that time leave the server out, or one called it deleted, and it is not known
   * to be gone.
   */
  isUnlisted(serverId: string, since: Instant): boolean {
    const isAsked = this.#unlisted.has(serverId) || this.#calledDeleted.has(serverId);
    if (!isAsked && this.#servers.has(serverId)) return false;
    return !this.isAbsent(serverId) && (isAsked || this.completeSince(since));
  }

  /** Whether it was found by a look of its own only. */
  isFound(serverId: string): boolean {
    return this.#unlisted.has(serverId);
  }

  /** Takes in what the cloud showed when it was asked for that one server. */
  noteFound(server: Server): void {
    if (isDeleted(server)) return this.noteGone(server.id);
    if (!this.#servers.has(server.id)) this.#unlisted.add(server.id);
    this.#remember(server);
  }

  /** The cloud was asked for that one server, and knows no such server. */
  noteGone(serverId: string): void {
    if (!this.#gone.has(serverId)) this.changes.add(serverId);
    this.#gone.add(serverId);
    this.#forget(serverId);
  }

  /** Forgets what single looks and deltas said of servers that nothing depends on any more. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#gone) {
      if (ids.has(id)) continue;
      this.#gone.delete(id);
      this.changes.add(id);
    }
    for (const id of this.#calledDeleted) if (!ids.has(id)) this.#calledDeleted.delete(id);
    for (const id of this.#unlisted) if (!ids.has(id)) this.#forget(id);
  }

  #remember(shown: Server): number {
    this.#gone.delete(shown.id);
    this.#calledDeleted.delete(shown.id);
    const known = this.#servers.get(shown.id);
    // Of a server in a cell that is down the cloud tells no more than its id: the rest is as it was.
    const server = known !== undefined && isNameless(shown) ? { ...known, status: shown.status } : shown;
    // Somebody may have changed its marks, to keep it for instance.
    if (known !== undefined) this.#unlink(known);
    this.#servers.set(server.id, server);
    this.#link(server);
    const isSameStatus = known?.status === server.status;
    if (isSameStatus && known.fault === server.fault && known.taskState === server.taskState) return 0;
    this.changes.add(server.id);
    return isSameStatus ? 0 : 1;
  }

  #forget(id: string): number {
    this.#unlisted.delete(id);
    const server = this.#servers.get(id);
    if (server === undefined) return 0;
    this.#servers.delete(id);
    this.changes.add(id);
    this.#sightings.delete(id);
    this.#unlink(server);
    return 1;
  }

  /** Finds out whose the server is by its marks. */
  #link(server: Server): void {
    if (this.#isOthers(server)) this.#otherCount++;
    const mark = serverMark(server, this.installation, this.#provider);
    if (mark === null) return;
    const { id: nodeId, run } = mark;
    if (nodeId === null || !this.lineage.owns("node", { id: nodeId, run })) {
      this.#strangers.set(server.id, { server, nodeId, run });
      return;
    }
    this.#serversOfNode.getOrInsertComputed(nodeId, () => new Set()).add(server.id);
  }

  #unlink(server: Server): void {
    if (this.#isOthers(server)) this.#otherCount--;
    this.#strangers.delete(server.id);
    const nodeId = serverMark(server, this.installation, this.#provider)?.id ?? null;
    const ids = nodeId === null ? undefined : this.#serversOfNode.get(nodeId);
    if (nodeId === null || ids === undefined) return;
    ids.delete(server.id);
    if (ids.size === 0) this.#serversOfNode.delete(nodeId);
  }

  #isOthers(server: Server): boolean {
    return serverMark(server, this.installation) === null && !isNameless(server);
  }

  #forgetAllBut(kept: ReadonlySet<string>): number {
    let forgotten = 0;
    for (const id of [...this.#servers.keys()]) {
      if (!kept.has(id)) forgotten += this.#forget(id);
    }
    return forgotten;
  }
}

function isDeleted({ status }: Server): boolean {
  return status === "DELETED" || status === "SOFT_DELETED";
}

/** A server in a cell that is down, of which the cloud tells little more than its id. */
function isNameless({ status, name }: Server): boolean {
  return status === "UNKNOWN" && name === "";
}
