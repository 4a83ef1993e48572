/**
 * A pool as the commands see it: views instead of records, actions as the pool has them. Over the daemon's socket
 * (`connectControl`) and on the state alone (`localClient`) it behaves the same; the socket's routes are made from
 * the local one, so that there is only one way from a pool to what users see.
 */
import type { AcquiredNodesView } from "../views/acquired_nodes.ts";
import type { AlienImageListView } from "../views/alien_image_list.ts";
import type { AlienListView } from "../views/alien_list.ts";
import type { DumpView } from "../views/dump.ts";
import type { InventoryView } from "../views/inventory.ts";
import type { JobView } from "../views/job_list.ts";
import type { NodeDetailsView } from "../views/node_details.ts";
import type { NodeMetadataView } from "../views/node_metadata.ts";
import type { RequestView } from "../views/request_list.ts";
import type { ViewFilter } from "../views/view_filter.ts";
import type { PoolViewName, PoolViews } from "../views/view_pool.ts";
import type { StateAdoption } from "../domain/state_adoption.ts";
import type { Milliseconds } from "../domain/time.ts";
import type {
  IdOutcome,
  JobSpec,
  OrderOutcome,
  OrderSpec,
  PlacedOrders,
  RequestSpec,
} from "./pool_control.ts";

/** Ends the call: it rejects with the signal's reason. */
interface Abortable {
  readonly signal?: AbortSignal;
}

interface HoldOptions {
  readonly reason: string | null;
  readonly owner: string | null;
  readonly duration: Milliseconds | null;
}

interface ReleaseOptions {
  readonly result: "SUCCESS" | "FAILURE" | null;
  readonly job: string | null;
}

interface ReloadOutcome {
  readonly changes: readonly string[];
  readonly problems: readonly string[];
}

/** All calls reject with ControlError where the pool refuses; those about several ids tell of each. */
export interface PoolClient extends AsyncDisposable {
  /** False: nobody acts on what is marked until a daemon is started. */
  readonly hasDaemon: boolean;
  view<Name extends PoolViewName>(
    name: Name,
    options?: { filter?: ViewFilter } & Abortable,
  ): Promise<PoolViews[Name]>;
  /** What the daemon is doing at this moment. */
  dump(options?: Abortable): Promise<DumpView>;
  /** Also of nodes that have left the pool, as long as their history is kept. */
  getNode(id: number, options?: Abortable): Promise<NodeDetailsView>;
  getNodeMetadata(id: number, options?: Abortable): Promise<NodeMetadataView>;
  /** The nodes that can be logged in to, for Ansible. */
  getInventory(options?: Abortable): Promise<InventoryView>;
  holdNodes(ids: readonly number[], options: HoldOptions & Abortable): Promise<readonly IdOutcome[]>;
  deleteNodes(
    ids: readonly number[],
    options: { comment: string } & Abortable,
  ): Promise<readonly IdOutcome[]>;
  releaseNodes(ids: readonly number[], options: ReleaseOptions & Abortable): Promise<readonly IdOutcome[]>;
  waitForEnd(nodeId: number, options?: Abortable): Promise<void>;
  createJob(spec: JobSpec, options?: Abortable): Promise<JobView>;
  deleteJobs(ids: readonly number[], options?: Abortable): Promise<readonly IdOutcome[]>;
  createRequest(spec: RequestSpec, options?: Abortable): Promise<RequestView>;
  waitForGrant(requestId: number, options?: Abortable): Promise<AcquiredNodesView>;
  confirmGrant(requestId: number, options?: Abortable): Promise<void>;
  withdrawRequest(requestId: number, options?: Abortable): Promise<void>;
  listAliens(options: { provider: string | null } & Abortable): Promise<AlienListView>;
  orderImages(spec: OrderSpec, options?: Abortable): Promise<PlacedOrders>;
  waitForOrders(orders: PlacedOrders, options?: Abortable): Promise<readonly OrderOutcome[]>;
  followBuild(dibImageId: number, options?: Abortable): Promise<ReadableStream<Uint8Array>>;
  deleteImages(
    ids: readonly number[],
    options: { comment: string } & Abortable,
  ): Promise<readonly IdOutcome[]>;
  deleteDibImages(
    ids: readonly number[],
    options: { comment: string } & Abortable,
  ): Promise<readonly IdOutcome[]>;
  listAlienImages(options: { provider: string | null } & Abortable): Promise<AlienImageListView>;
  adoptState(options: { dryRun: boolean } & Abortable): Promise<StateAdoption>;
  reload(options?: Abortable): Promise<ReloadOutcome>;
}
