/**
 * The one place through which things on a cloud are deleted. Each order says what it is about, for which record it is
 * deleted (or that it is a leak) and why; at the moment that a request is sent, and before each repetition, the ledger
 * is asked again whether that still holds. An order that no longer holds is refused and reported, not sent. Executors
 * and the cron `cleanup` come here; nobody else is given what deletes (`CloudDeletions`).
 */
import type { CloudDeletions, DeleteAnswer, WholeCloud } from "../cloud/cloud.ts";
import { CloudError } from "../domain/cloud_error.ts";
import { claimantOf, type CloudThingKind, type LivingRecords } from "../domain/claims.ts";
import { isAsDecided } from "../domain/is_as_decided.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import { type Instant, MINUTE } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";

export interface DeletionOrder {
  readonly kind: CloudThingKind;
  /** A keypair's name. */
  readonly id: string;
  /** The name that people know it by; null: nothing better than its id. */
  readonly name: string | null;
  readonly of: DeletionOwner;
}

/** The reason for a deletion: a record, as it was at the decision; or an owner that no longer exists. */
export type DeletionOwner =
  | { readonly type: "node"; readonly node: NodeRecord }
  | { readonly type: "image"; readonly image: ProviderImage }
  | { readonly type: "leak"; readonly reason: string; readonly portId: string | null };

/** The outcome of an order. */
export type DeletionReport = DeletionOutcome & { readonly provider: string; readonly order: DeletionOrder };

type DeletionOutcome =
  | { readonly outcome: DeleteAnswer }
  | { readonly outcome: "failed" | "refused"; readonly message: string };

/** Why an order is not carried out. */
export type RefusalKind =
  /** Its record has changed since: the next plan says what is right. */
  | "stale"
  /** Another record names it. */
  | "in-use"
  /** A floating IP that somebody has attached to something else: it is theirs now. */
  | "moved"
  /** Nothing is deleted on that provider for now. */
  | "frozen";

export class DeletionRefusedError extends Error {
  override readonly name = "DeletionRefusedError";
  constructor(readonly kind: RefusalKind, message: string) {
    super(message);
  }
}

/** Whether it was not sent since its record has changed: then it had no effect. */
export function isStale(error: unknown): boolean {
  return error instanceof DeletionRefusedError && error.kind === "stale";
}

export interface DeletionsDeps {
  readonly provider: string;
  readonly cloud: CloudDeletions & Pick<WholeCloud, "getFloatingIp">;
  readonly ledger: LivingRecords;
  readonly clock: Pick<Clock, "now">;
  /** Why nothing may be deleted on that provider now; null: nothing speaks against it. */
  readonly whyFrozen: () => string | null;
  readonly tell: (report: DeletionReport) => void;
}

/** Refusals that are remembered, so that each is reported once; the oldest are forgotten first. */
const REMEMBERED = 1_000;

/** A leak whose deletion a cloud accepts and does not carry out, or does not answer, is asked for again after that. */
const REPEAT = 10 * MINUTE;

export class Deletions {
  readonly #deps: DeletionsDeps;
  /** The last message about each thing that could not be deleted, without its request's id. */
  readonly #told = new Map<string, string>();
  /** When the deletion of a leak was asked for that may be in progress. No record says so: a new process asks once more. */
  readonly #asked = new Map<string, Instant>();

  constructor(deps: DeletionsDeps) {
    this.#deps = deps;
  }

  /**
   * Asks for the deletion once; whether it is gone is for a listing to say.
   * @throws DeletionRefusedError where nothing was sent; CloudError
   */
  async carryOut(order: DeletionOrder, { signal }: { signal: AbortSignal }): Promise<DeleteAnswer> {
    const confirm = () => this.#confirm(order);
    try {
      const isThere = order.kind !== "floating-ip" || await this.#isOurFloatingIp(order, { signal });
      const answer = isThere ? await this.#send(order, { signal, confirm }) : "gone";
      this.#told.delete(keyOf(order));
      this.#noteAsked(order);
      this.#tell(order, { outcome: answer });
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CloudError && error.effect === "unknown") this.#noteAsked(order);
      this.#tellFailure(order, error);
      throw error;
    }
  }

  /** Whether a leak's deletion may be in progress, so that it is not asked for again yet. */
  isAsked(leak: Pick<DeletionOrder, "kind" | "id">): boolean {
    const since = this.#deps.clock.now() - REPEAT;
    for (const [key, at] of this.#asked) if (at <= since) this.#asked.delete(key);
    return this.#asked.has(keyOf(leak));
  }

  #noteAsked(order: DeletionOrder): void {
    if (order.of.type === "leak") this.#asked.set(keyOf(order), this.#deps.clock.now());
  }

  /** Why nothing would be sent for the order at this moment; null: it would. */
  refusalOf(order: DeletionOrder): DeletionRefusedError | null {
    const { provider, ledger, whyFrozen } = this.#deps;
    const frozen = whyFrozen();
    if (frozen !== null) return new DeletionRefusedError("frozen", frozen);
    const stale = whyStale(order, ledger);
    if (stale !== null) return new DeletionRefusedError("stale", stale);
    const { kind, id, name, of } = order;
    const thing = { kind, id, provider, address: kind === "floating-ip" ? name : null };
    const claimant = claimantOf(thing, ledger, of.type === "leak" ? null : of);
    return claimant === null ? null : new DeletionRefusedError("in-use", `${id} belongs to ${claimant}`);
  }

  /** @throws DeletionRefusedError */
  #confirm(order: DeletionOrder): void {
    const refusal = this.refusalOf(order);
    if (refusal !== null) throw refusal;
  }

  /** False where it is gone. @throws DeletionRefusedError where it leads to something else by now */
  async #isOurFloatingIp(order: DeletionOrder, { signal }: { signal: AbortSignal }): Promise<boolean> {
    this.#confirm(order);
    const found = await this.#deps.cloud.getFloatingIp(order.id, { signal });
    if (found === null) return false;
    if (found.portId === null || found.portId === ownPort(order.of)) return true;
    throw new DeletionRefusedError("moved", movedTo(found.portId));
  }

  #send(
    { kind, id }: DeletionOrder,
    call: { signal: AbortSignal; confirm: () => void },
  ): Promise<DeleteAnswer> {
    const { cloud } = this.#deps;
    call.confirm();
    switch (kind) {
      case "server":
        return cloud.deleteServer(id, call);
      case "floating-ip":
        return cloud.deleteFloatingIp(id, call);
      case "image":
        return cloud.deleteImage(id, call);
      case "keypair":
        return cloud.deleteKeypair(id, call);
    }
  }

  /** Tells of a leak that somebody may be using: nothing is asked of the cloud. */
  leave(order: DeletionOrder): void {
    const portId = order.of.type === "leak" ? order.of.portId : null;
    const message = portId === null ? IS_BACK : movedTo(portId);
    this.#tellOnce(order, { outcome: "refused", message });
  }

  #tellFailure(order: DeletionOrder, error: unknown): void {
    const refusal = error instanceof DeletionRefusedError ? error.kind : null;
    // That a record has changed is nothing to tell of; why deletions are frozen is reported for all of them together.
    if (refusal === "stale" || refusal === "frozen") return;
    const outcome = refusal === null ? "failed" : "refused";
    this.#tellOnce(order, { outcome, message: errorChain(error) }, error);
  }

  /** Logs a failure that repeats itself only once. @param error each has the id of another request */
  #tellOnce(order: DeletionOrder, outcome: DeletionOutcome & { message: string }, error?: unknown): void {
    const key = keyOf(order);
    const requestId = error instanceof CloudError ? error.requestId ?? "" : "";
    const message = outcome.message.replaceAll(requestId, "");
    if (this.#told.get(key) === message) return;
    this.#told.delete(key);
    this.#told.set(key, message);
    for (const oldest of this.#told.keys()) if (this.#told.size > REMEMBERED) this.#told.delete(oldest);
    this.#tell(order, outcome);
  }

  #tell(order: DeletionOrder, outcome: DeletionOutcome): void {
    this.#deps.tell({ provider: this.#deps.provider, order, ...outcome });
  }
}

const IS_BACK =
  "the cloud reported it gone while it was in use, and lists it again; jobs may be running on it: check it, then " +
  "delete it in the cloud";

function movedTo(portId: string): string {
  return `somebody has attached it to port ${portId}`;
}

function keyOf({ kind, id }: Pick<DeletionOrder, "kind" | "id">): string {
  return `${kind} ${id}`;
}

/** The port that a floating IP was made for. */
function ownPort(of: DeletionOwner): string | null {
  if (of.type === "leak") return of.portId;
  return of.type === "node" ? of.node.floatingIp?.portId ?? null : null;
}

/**
 * Whether a deletion is no longer what was decided: between a plan and its request the record may have been kept by somebody,
 * or another attempt may have asked already. null: it holds.
 */
function whyStale(
  { kind, id, of }: DeletionOrder,
  { nodeIndex, images }: LivingRecords,
): string | null {
  switch (of.type) {
    case "leak":
      return null;
    case "node": {
      const current = nodeIndex.byId.get(of.node.id);
      return current !== undefined && isAsDecided(of.node, current) && isDueForNode({ kind, id }, current)
        ? null
        : `node ${of.node.id} has changed since this was decided`;
    }
    case "image": {
      const current = images.get(of.image.id);
      return current !== undefined && isAsDecided(of.image, current) && isDueForImage({ kind, id }, current)
        ? null
        : `image ${of.image.id} has changed since this was decided`;
    }
  }
}

type Thing = Pick<DeletionOrder, "kind" | "id">;

function isDueForNode({ kind, id }: Thing, { state, floatingIp }: NodeRecord): boolean {
  if (kind === "server") return state.phase === "delete-server" && state.serverId === id;
  return kind === "floating-ip" && state.phase === "delete-address" && floatingIp?.id === id;
}

function isDueForImage({ kind, id }: Thing, { state, keypair }: ProviderImage): boolean {
  if (kind === "image") return state.phase === "delete" && state.externalId === id;
  return kind === "keypair" && keypair?.name === id;
}
