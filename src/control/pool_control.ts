/**
 * What can be asked of a pool: the port behind the daemon's control socket and the commands. The daemon's pool
 * implements it in-process; with no daemon running, the offline pool does what can be done on the state alone.
 */
import type { AutoHold } from "../domain/auto_hold.ts";
import type { DumpReport } from "../domain/dump_report.ts";
import type { HistoryRecord, NodeRecord } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { OrderName } from "../domain/order_book.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { StateAdoption } from "../domain/state_adoption.ts";
import type { Instant, Milliseconds } from "../domain/time.ts";

/**
 * What became of one of several ids: each is reported, none stops the others. A success's message follows the
 * name of the node, image or job (`held`); a failure's is a sentence that names the node itself (`there is no node 7`).
 */
export type IdOutcome =
  | { readonly id: number; readonly ok: true; readonly message: string }
  | { readonly id: number; readonly ok: false; readonly message: string };

export interface RequestSpec {
  readonly label: string;
  readonly count: number;
  readonly job: string | null;
  readonly client: string | null;
  /** When the client gives up, by the machine's clock; null: never. */
  readonly deadline: Instant | null;
  /** For who may have to ask again, not knowing whether the first time was heard: the same one, the same request. */
  readonly token?: string | null;
}

/** A job whose nodes are to be held when it fails. */
export type JobSpec = Pick<AutoHold, "job" | "holdOnFailure">;

/** What is asked of images. */
export interface OrderSpec {
  /** Build a diskimage; upload its newest build; or build (or snapshot) anew and upload. */
  readonly kind: "build" | "upload" | "update";
  /** null: every provider that has it. Without meaning for builds. */
  readonly provider: string | null;
  readonly image: string;
}

/** Orders that were written down at a moment. */
export interface PlacedOrders {
  readonly at: Instant;
  readonly orders: readonly OrderName[];
}

export interface OrderOutcome extends OrderName {
  readonly ok: boolean;
  readonly message: string;
}

export interface AlienImageListing {
  readonly images: readonly { readonly provider: string; readonly name: string; readonly imageId: string }[];
  /** One for each provider that could not be asked. */
  readonly warnings: readonly string[];
}

interface AlienServer {
  readonly provider: string;
  readonly hostname: string;
  readonly serverId: string;
  readonly ip: string | null;
}

export interface AlienListing {
  readonly servers: readonly AlienServer[];
  /** One for each provider that could not be asked. */
  readonly warnings: readonly string[];
}

export interface PoolControl {
  /** The pool as it is now, from memory. */
  report(): PoolReport;
  /** What the daemon is doing at this moment. @throws ControlError where no daemon runs */
  dump(): DumpReport;
  getHistory(nodeId: number): Promise<HistoryRecord | null>;
  holdNodes(
    ids: readonly number[],
    options: { reason: string | null; owner: string | null; duration: Milliseconds | null },
  ): Promise<readonly IdOutcome[]>;
  /** Marks them for deletion. */
  deleteNodes(ids: readonly number[], options: { comment: string }): Promise<readonly IdOutcome[]>;
  /** Ends their use. A held node stays held, and one whose job failed is held where the job has an entry. */
  releaseNodes(
    ids: readonly number[],
    options: { result: "SUCCESS" | "FAILURE" | null; job: string | null },
  ): Promise<readonly IdOutcome[]>;
  /** Resolves once the node has left the pool (at once if it has); rejects on abort. */
  waitForEnd(nodeId: number, options: { signal: AbortSignal }): Promise<void>;

  /** Has nodes held on which the job fails. @throws ControlError where the job has an entry already */
  createJob(spec: JobSpec): Promise<AutoHold>;
  /** Deletes such entries; what is held stays. */
  deleteJobs(ids: readonly number[]): Promise<readonly IdOutcome[]>;

  /** @throws ControlError for an unknown or disabled label, a count below 1, or where no daemon runs */
  createRequest(spec: RequestSpec): Promise<NodeRequest>;
  /**
   * Resolves when the request is granted; rejects with ControlError when it is withdrawn or unknown, with the
   * signal's reason on abort. While somebody waits the request is attended; one that nobody attends for 30 s is
   * withdrawn, and nodes that were granted to it but never confirmed are deleted.
   */
  waitForGrant(requestId: number, options: { signal: AbortSignal }): Promise<readonly NodeRecord[]>;
  /**
   * The client has the nodes: the request is done. May be said again when the answer got lost.
   * @throws ControlError where the request was withdrawn, which has its nodes deleted
   */
  confirmGrant(requestId: number): Promise<void>;
  /** The client no longer wants them. Unknown counts as done. */
  withdrawRequest(requestId: number): Promise<void>;

  /** @throws ControlError for what the configuration does not have, or has paused */
  orderImages(spec: OrderSpec): Promise<PlacedOrders>;
  /** Resolves when each has been filled, has failed once, or is wanted no more; rejects on abort. */
  waitForOrders(orders: PlacedOrders, options: { signal: AbortSignal }): Promise<readonly OrderOutcome[]>;
  /** The log of a build from its beginning, and on until the build has ended. @throws ControlError */
  followBuild(dibImageId: number, options: { signal: AbortSignal }): ReadableStream<Uint8Array>;
  /** Marks providers' images for deletion. */
  deleteImages(ids: readonly number[], options: { comment: string }): Promise<readonly IdOutcome[]>;
  /** Marks dib images for deletion. */
  deleteDibImages(ids: readonly number[], options: { comment: string }): Promise<readonly IdOutcome[]>;

  listAliens(options: { provider: string | null; signal: AbortSignal }): Promise<AlienListing>;
  listAlienImages(options: { provider: string | null; signal: AbortSignal }): Promise<AlienImageListing>;
  /** Takes over what another daemon made on a copy of this state. */
  adoptState(options: { dryRun: boolean; signal: AbortSignal }): Promise<StateAdoption>;
  /** Reads the configuration now; what changed, or ConfigError's problems as lines. */
  reload(): Promise<{ readonly changes: readonly string[]; readonly problems: readonly string[] }>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A request to the pool that cannot be met. `status` is HTTP's, so that the socket carries it unchanged. */
export class ControlError extends Error {
  override readonly name = "ControlError";
  constructor(readonly status: 400 | 404 | 409 | 410 | 503, message: string) {
    super(message);
  }
}
