/**
 * The pool of a running daemon behind the `PoolControl` that the control socket and the status endpoint use: what is
 * asked of it goes to the part whose matter it is. `daemon.ts` makes it with real adapters, tests with the simulator and
 * a virtual clock.
 */
import { deleteDibImages, deleteImages } from "../control/image_commands.ts";
import { placeOrders, waitForOrders } from "../control/image_orders.ts";
import { createJob, deleteJobs } from "../control/job_commands.ts";
import { deleteNodes, holdNodes, releaseNodes } from "../control/node_commands.ts";
import {
  type AlienImageListing,
  type AlienListing,
  ControlError,
  type JobSpec,
  type OrderSpec,
  type PlacedOrders,
  type PoolControl,
  type RequestSpec,
} from "../control/pool_control.ts";
import { checkRequest } from "../control/request_desk.ts";
import { waitForEnd } from "../control/wait_for_end.ts";
import type { Config } from "../domain/config.ts";
import type { DumpReport } from "../domain/dump_report.ts";
import type { HistoryRecord } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { StateAdoption } from "../domain/state_adoption.ts";
import type { Milliseconds } from "../domain/time.ts";
import { adoptServers } from "../execute/adopt_servers.ts";
import { listAlienImages } from "../execute/list_alien_images.ts";
import { listAliens } from "../execute/list_aliens.ts";
import { waitFor } from "../lib/in_flight.ts";
import { whyTooMany } from "../plan/most_nodes.ts";
import type { StoreError } from "../store/store.ts";
import { addTasks, type Watching } from "./add_tasks.ts";
import { closeParts } from "./close_parts.ts";
import type { ConfigReading } from "./config_in_force.ts";
import { openParts, type Parts } from "./open_parts.ts";
import type { PoolMeans } from "./pool_means.ts";
import { reportDump } from "./report_dump.ts";
import { reportPool } from "./report_pool.ts";

/** Between two looks whether an errand has left anything behind. */
const TIDY_LOOK = 200;

export class Pool implements PoolControl {
  readonly #parts: Parts;
  readonly #watching: Watching;
  /** Its end, once it has begun. */
  #ended: Promise<void> | null = null;

  /** Loads the state, writes down that another life of the daemon begins, and starts every task. */
  static async start(config: Config, means: PoolMeans): Promise<Pool> {
    const parts = await openParts(config, means);
    const pool = new Pool(parts);
    try {
      await parts.inForce.begin();
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
    parts.tasks.start();
    return pool;
  }

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.#watching = addTasks(parts);
  }

  /** The configuration in force. */
  get config(): Config {
    return this.#parts.inForce.current;
  }

  /** Launches nothing new and grants nothing; work in progress continues. */
  stopAccepting(): void {
    this.#parts.intake.isOpen = false;
  }

  /** Resolves, with the reason, once this process can write its state no more. */
  get stateLost(): Promise<StoreError> {
    return this.#parts.stateWatch.lost;
  }

  /** Writes what a lost state held beside it. @returns the copy's path; null: the state is where it was */
  rescueState(): Promise<string | null> {
    return this.#parts.ledger.rescue();
  }

  /** Resolves once no diskimage is being built. */
  buildsEnd(): Promise<void> {
    return this.#parts.imageExecutor.buildsEnd();
  }

  /** What was begun for an errand is finished, as far as clouds do that in the time. */
  async tidied(time: Milliseconds, { signal }: { signal: AbortSignal }): Promise<void> {
    const { clock, errand } = this.#parts;
    const deadline = clock.monotonic() + time;
    while (errand?.isTidy === false && clock.monotonic() < deadline) {
      await clock.sleep(TIDY_LOOK, { signal });
    }
  }

  /** Why nothing is made on clouds, for people; null: nothing stands against it. */
  get withheld(): string | null {
    return this.#parts.newState.withheld;
  }

  report(): PoolReport {
    return reportPool(this.#parts);
  }

  dump(): DumpReport {
    return reportDump(this.#parts);
  }

  getHistory(nodeId: number): Promise<HistoryRecord | null> {
    return this.#parts.ledger.getHistory(nodeId);
  }

  holdNodes(ids: readonly number[], options: Parameters<PoolControl["holdNodes"]>[1]) {
    return holdNodes(ids, options, this.#parts);
  }

  deleteNodes(ids: readonly number[], options: { comment: string }) {
    for (const id of ids) this.#parts.errand?.addNode(id);
    return deleteNodes(ids, options, this.#parts);
  }

  async releaseNodes(ids: readonly number[], options: Parameters<PoolControl["releaseNodes"]>[1]) {
    const { ledger, jobEnds } = this.#parts;
    const found = ids.flatMap((id) => ledger.nodes.get(id) ?? []);
    const used = found.filter(({ state }) => state.phase === "used");
    const outcomes = await releaseNodes(ids, options, this.#parts);
    const ended = used.filter((node) => outcomes.some(({ id, ok }) => ok && id === node.id));
    for (const node of ended) jobEnds.tell(node, { ...options, branch: null });
    return outcomes;
  }

  waitForEnd(nodeId: number, { signal }: { signal: AbortSignal }): Promise<void> {
    const { ledger } = this.#parts;
    return waitFor(`the end of node ${nodeId}`, () => waitForEnd(nodeId, { ledger, signal }));
  }

  createJob(spec: JobSpec) {
    return createJob(spec, this.#parts);
  }

  deleteJobs(ids: readonly number[]) {
    return deleteJobs(ids, this.#parts);
  }

  createRequest(spec: RequestSpec): Promise<NodeRequest> {
    const [config, { ledger }] = [this.config, this.#parts];
    checkRequest(
      spec,
      config,
      (label, count) => whyTooMany(label, count, { config, nodes: ledger.nodes.values() }),
    );
    if (!this.#parts.intake.isOpen) {
      throw new ControlError(503, "the daemon is stopping and takes no requests");
    }
    return this.#parts.desk.create(spec);
  }

  waitForGrant(requestId: number, options: { signal: AbortSignal }) {
    return this.#parts.desk.waitForGrant(requestId, options);
  }

  confirmGrant(requestId: number): Promise<void> {
    return this.#parts.desk.confirm(requestId);
  }

  withdrawRequest(requestId: number): Promise<void> {
    return this.#parts.desk.withdraw(requestId);
  }

  async orderImages(spec: OrderSpec): Promise<PlacedOrders> {
    const { intake, ledger, clock, errand, wake } = this.#parts;
    if (!intake.isOpen) throw new ControlError(503, "the daemon is stopping and takes no orders");
    const placed = await placeOrders(spec, { ledger, clock, config: this.config });
    errand?.addOrders(placed.orders);
    wake();
    return placed;
  }

  waitForOrders(orders: PlacedOrders, { signal }: { signal: AbortSignal }) {
    const { ledger } = this.#parts;
    const names = orders.orders.map(({ provider, image }) => [provider ?? "", image].join(" ").trim());
    return waitFor(`images: ${names.join(", ")}`, () => waitForOrders(orders, { ledger, signal }));
  }

  followBuild(dibImageId: number, { signal }: { signal: AbortSignal }): ReadableStream<Uint8Array> {
    const { ledger: { dibImages }, means } = this.#parts;
    const image = dibImages.get(dibImageId);
    if (image === undefined) throw new ControlError(404, `there is no dib image ${dibImageId}`);
    if (image.logFile === null) throw new ControlError(404, `dib image ${dibImageId} has no log`);
    const isOver = () => dibImages.get(dibImageId)?.state.phase !== "build";
    return means.followLog(image.logFile, { isOver, signal });
  }

  deleteImages(ids: readonly number[], options: { comment: string }) {
    return deleteImages(ids, options, this.#parts);
  }

  deleteDibImages(ids: readonly number[], options: { comment: string }) {
    return deleteDibImages(ids, options, this.#parts);
  }

  async listAlienImages(
    { provider, signal }: { provider: string | null; signal: AbortSignal },
  ): Promise<AlienImageListing> {
    const known = this.#parts.ledger.images.values();
    return await listAlienImages(this.#clouds(provider), { only: provider, known, signal });
  }

  async listAliens(
    { provider, signal }: { provider: string | null; signal: AbortSignal },
  ): Promise<AlienListing> {
    const { installation, nodes: known } = this.#parts.ledger;
    return await listAliens(this.#clouds(provider), {
      only: provider,
      installation: installation.id,
      known,
      signal,
    });
  }

  async adoptState({ dryRun, signal }: { dryRun: boolean; signal: AbortSignal }): Promise<StateAdoption> {
    const { ledger, clock, watches, wake } = this.#parts;
    const clouds = this.#clouds(null);
    const adoption = await adoptServers(clouds, { ledger, clock, dryRun, signal });
    if (!dryRun) {
      for (const { name } of clouds) watches.adopted(name);
      wake();
    }
    return adoption;
  }

  reload(): Promise<ConfigReading> {
    return this.#parts.inForce.reload();
  }

  /** Stops every task, waits for what is being stored, closes the clouds. The store is its maker's. */
  [Symbol.asyncDispose](): Promise<void> {
    this.stopAccepting();
    return this.#ended ??= closeParts(this.#parts, this.#watching);
  }

  /** The clouds of all providers. @throws ControlError where the named one is not configured */
  #clouds(provider: string | null) {
    const { watches } = this.#parts;
    if (provider !== null && watches.get(provider) === null) {
      const known = this.config.providers.map(({ name }) => name).join(", ");
      throw new ControlError(404, `there is no provider ${provider}; the providers are ${known}`);
    }
    return watches.all().map(({ provider: { name }, cloud }) => ({ name, cloud }));
  }
}
