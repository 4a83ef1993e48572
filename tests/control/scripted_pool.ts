/** A PoolControl for tests: a report that they can change, actions that are written down, waits that they end. */
import type { DumpReport } from "../../src/domain/dump_report.ts";
import { sampleDump } from "../views/sample_dump.ts";
import type { HistoryRecord, NodeRecord } from "../../src/domain/node.ts";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import {
  type AlienImageListing,
  type AlienListing,
  ControlError,
  type IdOutcome,
  type JobSpec,
  type OrderOutcome,
  type OrderSpec,
  type PlacedOrders,
  type PoolControl,
  type RequestSpec,
} from "../../src/control/pool_control.ts";
import type { StateAdoption } from "../../src/domain/state_adoption.ts";
import { sampleReport, sampleRequest } from "../views/sample_pool.ts";

export class ScriptedPool implements PoolControl {
  current: PoolReport = sampleReport();
  aliens: AlienListing = { servers: [], warnings: [] };
  alienImages: AlienImageListing = { images: [], warnings: [] };
  /** What became of the orders that are waited for; they are waited for as long as there is none. */
  readonly orders = Promise.withResolvers<readonly OrderOutcome[]>();
  buildLog: readonly string[] = ["+ building\n", "built\n"];
  history: HistoryRecord | null = null;
  /** What was asked, in order: `hold 1,2 …`. */
  readonly calls: string[] = [];
  disposed = false;
  /** Thrown by the next action instead of doing it. */
  failure: Error | null = null;
  readonly #grant = Promise.withResolvers<readonly NodeRecord[]>();
  readonly #ends = new Map<number, PromiseWithResolvers<void>>();

  report(): PoolReport {
    return this.current;
  }

  getHistory(nodeId: number): Promise<HistoryRecord | null> {
    return Promise.resolve(this.history?.node.id === nodeId ? this.history : null);
  }

  holdNodes(ids: readonly number[], options: object): Promise<readonly IdOutcome[]> {
    return this.#act("hold", ids, options);
  }

  deleteNodes(ids: readonly number[], options: object): Promise<readonly IdOutcome[]> {
    return this.#act("delete", ids, options);
  }

  releaseNodes(ids: readonly number[], options: object): Promise<readonly IdOutcome[]> {
    return this.#act("release", ids, options);
  }

  async createJob(spec: JobSpec) {
    await this.#note(`create-job ${JSON.stringify(spec)}`);
    return { revision: 1, id: 3, createdAt: this.current.now, ...spec };
  }

  async deleteJobs(ids: readonly number[]): Promise<readonly IdOutcome[]> {
    await this.#note(`delete-jobs ${ids.join(",")}`);
    return ids.map((id) =>
      this.current.jobs.some((entry) => entry.id === id)
        ? { id, ok: true, message: "deleted" }
        : { id, ok: false, message: `there is no job ${id}` }
    );
  }

  waitForEnd(nodeId: number, { signal }: { signal: AbortSignal }): Promise<void> {
    return this.#wait(`wait-end ${nodeId}`, this.#end(nodeId).promise, signal);
  }

  async createRequest(spec: RequestSpec) {
    await this.#note(`request ${JSON.stringify(spec)}`);
    return sampleRequest({ id: 9, ...spec });
  }

  waitForGrant(requestId: number, { signal }: { signal: AbortSignal }): Promise<readonly NodeRecord[]> {
    return this.#wait(`wait-grant ${requestId}`, this.#grant.promise, signal);
  }

  confirmGrant(requestId: number): Promise<void> {
    return this.#note(`confirm ${requestId}`);
  }

  withdrawRequest(requestId: number): Promise<void> {
    return this.#note(`withdraw ${requestId}`);
  }

  async orderImages(spec: OrderSpec): Promise<PlacedOrders> {
    await this.#note(`order ${JSON.stringify(spec)}`);
    const build = { provider: null, image: spec.image };
    const upload = { provider: spec.provider ?? "cloud-a", image: spec.image };
    const orders = { build: [build], upload: [upload], update: [build, upload] }[spec.kind];
    return { at: this.current.now, orders };
  }

  waitForOrders(placed: PlacedOrders, { signal }: { signal: AbortSignal }) {
    return this.#wait(`wait-orders ${JSON.stringify(placed)}`, this.orders.promise, signal);
  }

  followBuild(dibImageId: number): ReadableStream<Uint8Array> {
    this.calls.push(`follow ${dibImageId}`);
    if (this.failure !== null) throw this.failure;
    return ReadableStream.from(this.buildLog.map((text) => new TextEncoder().encode(text)));
  }

  dump(): DumpReport {
    return sampleDump;
  }

  deleteImages(ids: readonly number[], options: object): Promise<readonly IdOutcome[]> {
    return this.#act("delete-images", ids, options);
  }

  deleteDibImages(ids: readonly number[], options: object): Promise<readonly IdOutcome[]> {
    return this.#act("delete-dib-images", ids, options);
  }

  async listAlienImages({ provider }: { provider: string | null }): Promise<AlienImageListing> {
    await this.#note(`alien-images ${provider}`);
    return this.alienImages;
  }

  async listAliens({ provider }: { provider: string | null }): Promise<AlienListing> {
    await this.#note(`aliens ${provider}`);
    return this.aliens;
  }

  async adoptState({ dryRun }: { dryRun: boolean }): Promise<StateAdoption> {
    await this.#note(`adopt${dryRun ? " --dry-run" : ""}`);
    const adopted = { provider: "cloud-a", hostname: "noble-cloud-a-9", serverId: "s9", ip: null, run: "r2" };
    return {
      servers: [{ ...adopted, nodeId: dryRun ? null : 21 }],
      held: dryRun ? [] : [7],
      warnings: [],
    };
  }

  async reload() {
    await this.#note("reload");
    return { changes: ["label noble: min-ready 3 -> 4"], problems: [] };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }

  /** Lets the waiting request have these. */
  grant(nodes: readonly NodeRecord[]): void {
    this.#grant.resolve(nodes);
  }

  /** The node has left the pool. */
  end(nodeId: number): void {
    this.#end(nodeId).resolve();
  }

  #end(nodeId: number): PromiseWithResolvers<void> {
    const end = this.#ends.get(nodeId) ?? Promise.withResolvers<void>();
    this.#ends.set(nodeId, end);
    return end;
  }

  async #act(name: string, ids: readonly number[], options: object): Promise<readonly IdOutcome[]> {
    await this.#note(`${name} ${ids.join(",")} ${JSON.stringify(options)}`);
    const known = new Set(this.current.nodes.map(({ id }) => id));
    return ids.map((id) =>
      known.has(id)
        ? { id, ok: true, message: `${name} done` }
        : { id, ok: false, message: `there is no node ${id}` }
    );
  }

  #note(call: string): Promise<void> {
    this.calls.push(call);
    return this.failure === null ? Promise.resolve() : Promise.reject(this.failure);
  }

  async #wait<T>(call: string, happened: Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#note(call);
    const aborted = Promise.withResolvers<never>();
    const abort = () => {
      this.calls.push(`${call} aborted`);
      aborted.reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      signal.throwIfAborted();
      return await Promise.race([happened, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}

/** What the offline pool says of what only a daemon can do. */
export const needsDaemon = new ControlError(503, "this needs a running daemon");
