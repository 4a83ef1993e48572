/**
 * The pool of a running daemon: its ledger, a watch for each provider, the executor and the tasks that keep them
 * going, behind the `PoolControl` that the control socket and the status endpoint use. `daemon.ts` makes it with
 * real adapters, tests with the simulator and a virtual clock.
 */
import type { WholeCloud } from "./cloud/cloud.ts";
import type { LoadedConfig } from "./config/load_config.ts";
import { deleteDibImages, deleteImages } from "./control/image_commands.ts";
import { placeOrders, waitForOrders } from "./control/image_orders.ts";
import { createJob, deleteJobs } from "./control/job_commands.ts";
import { deleteNodes, holdNodes, releaseNodes } from "./control/node_commands.ts";
import {
  type AlienImageListing,
  type AlienListing,
  ControlError,
  type JobSpec,
  type OrderSpec,
  type PlacedOrders,
  type PoolControl,
  type RequestSpec,
} from "./control/pool_control.ts";
import { checkRequest, RequestDesk } from "./control/request_desk.ts";
import { waitForEnd } from "./control/wait_for_end.ts";
import type { Config, LabelConfig, ProviderConfig, TargetConfig } from "./domain/config.ts";
import type { DumpReport, ProcessReport, QueueReport } from "./domain/dump_report.ts";
import type { HistoryRecord, NodeRecord } from "./domain/node.ts";
import type { DaemonReport, LinkReport, PoolReport } from "./domain/pool_report.ts";
import type { NodeRequest } from "./domain/request.ts";
import type { StateAdoption } from "./domain/state_adoption.ts";
import { type Instant, type Milliseconds, SECOND } from "./domain/time.ts";
import { waitingWork } from "./domain/waiting_work.ts";
import { adoptServers } from "./execute/adopt_servers.ts";
import { Executor } from "./execute/executor.ts";
import { ImageExecutor, type ImageExecutorMeans } from "./execute/images/image_executor.ts";
import { listAlienImages } from "./execute/list_alien_images.ts";
import { listAliens } from "./execute/list_aliens.ts";
import { PrivateKeys } from "./execute/private_keys.ts";
import { whyTooMany } from "./plan/most_nodes.ts";
import { errorChain } from "./lib/error_chain.ts";
import { inFlight, waitFor } from "./lib/in_flight.ts";
import { loggerOf } from "./lib/logging.ts";
import type { Random } from "./lib/random.ts";
import type { SteadyClock } from "./lib/steady_clock.ts";
import { jobMetrics } from "./metrics/job_metrics.ts";
import { sendHappenings, type Statsd } from "./metrics/statsd.ts";
import type { Shell } from "./ssh/shell.ts";
import { watchedShell } from "./ssh/watched_shell.ts";
import { endJob } from "./rules/end_job.ts";
import { Ledger } from "./store/ledger.ts";
import type { Store, StoreError } from "./store/store.ts";
import { beginClock } from "./tasks/begin_clock.ts";
import { ClockWatch } from "./tasks/clock_watch.ts";
import { Errand } from "./tasks/errand.ts";
import { GearmanDemand, type GearmanDemandMeans } from "./tasks/gearman_demand.ts";
import { holdDoubted } from "./tasks/hold_doubted.ts";
import { JobEventFeed, type JobEventFeedMeans } from "./tasks/job_event_feed.ts";
import { LocalFaults, type LocalFaultsMeans } from "./tasks/local_faults.ts";
import { logChanges } from "./tasks/log_changes.ts";
import { startPoolCrons } from "./tasks/pool_crons.ts";
import { ProviderWatches } from "./tasks/provider_watches.ts";
import { reportMetrics } from "./tasks/report_metrics.ts";
import { TargetWatches } from "./tasks/target_watches.ts";
import { createTask, type Task } from "./tasks/task.ts";
import { NewState } from "./tasks/new_state.ts";
import { StateWatch } from "./tasks/state_watch.ts";
import { Tick, type TickParts } from "./tasks/tick.ts";
import type { Target } from "./targets/target.ts";

interface PoolParts extends TickParts {
  /** Things on the clouds are deleted. */
  readonly deletes: boolean;
}

/** What a pool is made of besides its configuration. */
export interface PoolMeans extends
  Pick<
    ImageExecutorMeans,
    "builder" | "makeKeypair" | "openLog" | "scriptVariables" | "buildWorkers" | "uploadWorkers"
  > {
  /** What this process does; all of it, if nothing is said. */
  readonly parts?: PoolParts;
  /** Whether only what is asked of it is done, for a command where no daemon runs; not, if nothing is said. */
  readonly isErrand?: boolean;
  /** Whether the operator has said that a new state is meant, whatever the clouds hold; not, if nothing is said. */
  readonly newState?: boolean;
  /** Reads a build's log from its beginning, and on until `isOver`. */
  readonly followLog: (
    path: string,
    options: { isOver: () => boolean; signal: AbortSignal },
  ) => ReadableStream<Uint8Array>;
  readonly store: Store;
  /** Counts on from the state's records once they are read. */
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly shell: Shell;
  /** Makes a provider's cloud; disposing of it closes its connections. */
  readonly openCloud: (provider: ProviderConfig) => WholeCloud;
  /** Makes a target; disposing of it closes its connections. null: nodes of it are only used from here. */
  readonly openTarget: (target: TargetConfig) => Target | null;
  readonly openGearman: GearmanDemandMeans["openGearman"];
  readonly listenToJobs: JobEventFeedMeans["listen"];
  /** null: no StatsD server is told anything. */
  readonly statsd: Statsd | null;
  readonly readFile: (path: string) => Promise<string>;
  /** Looks at a file that servers need; null: nothing is there, or it cannot be seen. */
  readonly stat: LocalFaultsMeans["stat"];
  /** Reads the configuration again; @throws ConfigError */
  readonly reload: () => Promise<PoolReload>;
  /** What the report says of the process. */
  readonly process: Pick<DaemonReport, "pid" | "version" | "configFile">;
  /** What a dump says of the process. */
  readonly lookAtProcess: () => ProcessReport;
}

/** The outcome of reading the configuration again. */
interface PoolReload {
  readonly loaded: LoadedConfig | null;
  readonly changes: readonly string[];
  readonly problems: readonly string[];
}

const log = loggerOf("pool");

/** Between two looks at how the machine's clock is set. */
const CLOCK_PERIOD = 5 * SECOND;

/** Between two looks whether an errand has left anything behind. */
const TIDY_LOOK = 200;

const DELETES_NOTHING = "this daemon deletes nothing (--no-deletes)";

/** How long attempts under way may go on when the pool stops. */
const GRACE = 5 * SECOND;

export class Pool implements PoolControl {
  readonly #means: PoolMeans;
  readonly #parts: PoolParts;
  readonly #ledger: Ledger;
  readonly #errand: Errand | null;
  readonly #executor: Executor;
  readonly #imageExecutor: ImageExecutor;
  readonly #clockWatch: ClockWatch;
  readonly #clockTask: Task;
  readonly #stateWatch: StateWatch;
  readonly #newState: NewState;
  readonly #tick: Tick;
  readonly #tickTask: Task;
  readonly #desk: RequestDesk;
  readonly #keys: PrivateKeys;
  readonly #faults: LocalFaults;
  readonly #watches: ProviderWatches;
  readonly #gearman: GearmanDemand;
  readonly #targets: TargetWatches;
  readonly #jobEvents: JobEventFeed;
  readonly #metrics: Task | null;
  readonly #subscriptions: Disposable[] = [];
  readonly #keypairsListedAt = new Map<string, Instant>();
  #crons: readonly Task[] = [];
  /** Whether time has passed that this process did not see: it may go on in a copy of the machine, and beside it. */
  #mayBeCopy = false;
  #config: Config;
  readonly #startedAt: Instant;
  #configLoadedAt: Instant;
  #configProblems: readonly string[] = [];
  #accepting = true;
  /** Its end, once it has begun. */
  #ended: Promise<void> | null = null;

  /** Loads the state, writes down that another life of the daemon begins, and starts every task. */
  static async start(config: Config, means: PoolMeans): Promise<Pool> {
    const { clock, random, store } = means;
    const ledger = await Ledger.load(store, { clock });
    const setBefore = await beginClock({ ...means, ledger, providers: config.providers });
    await ledger.beginRun({ id: random.uuid(), startedAt: clock.now() });
    await holdDoubted(ledger, { now: clock.now() });
    const shell = watchedShell(means.shell);
    const pool = new Pool(config, { ...means, shell }, { ledger, setBefore });
    await pool.#begin();
    return pool;
  }

  /** @param past `setBefore`: by how much the machine's clock was set while no process ran */
  private constructor(config: Config, means: PoolMeans, past: { ledger: Ledger; setBefore: Milliseconds }) {
    const { ledger, setBefore } = past;
    const { clock, random, shell } = means;
    this.#means = means;
    this.#parts = means.parts ?? { pool: true, launches: true, builds: true, deletes: true };
    this.#config = config;
    this.#startedAt = this.#configLoadedAt = clock.now();
    this.#ledger = ledger;
    this.#errand = means.isErrand ? new Errand(ledger) : null;
    this.#clockWatch = new ClockWatch({
      clock,
      setBefore,
      saved: ledger.clockRecord,
      clouds: () => this.#watches.all().map((watch) => [watch.provider.name, watch.cloudAhead] as const),
      save: (record) => ledger.saveClock(record),
      onStep: (by) => {
        for (const task of this.#crons) task.clockSet();
        this.#mayBeCopy ||= by > 0;
      },
    });
    this.#clockTask = createTask({
      name: "clock",
      period: CLOCK_PERIOD,
      clock,
      run: () => {
        this.#clockWatch.look();
        return this.#clockWatch.saveNews();
      },
      onError: (error) => logTask("clock", error),
    });
    this.#stateWatch = new StateWatch({
      ledger,
      clock,
      wake: () => this.#tickTask.wake(),
      onError: (error) => logTask("state", error),
    });
    this.#keys = new PrivateKeys({ clock, readFile: means.readFile });
    this.#faults = new LocalFaults({
      clock,
      readKey: (path) => this.#keys.read(path),
      stat: means.stat,
    });
    this.#desk = new RequestDesk({ ledger, clock, onReturn: () => this.#tickTask.wake() });
    this.#executor = new Executor({
      ledger,
      shell,
      clock,
      config: () => this.#config,
      provider: (name) => this.#watches.get(name),
      target: (name) => this.#targets.get(name),
      readKey: (path) => this.#keys.read(path),
      makeKeypair: means.makeKeypair,
      scriptVariables: means.scriptVariables,
      endJob: (nodeId) => this.#endJob(nodeId),
      wake: () => this.#tickTask.wake(),
      onDefect: (action, error) =>
        log.error("{action} of node {node}: {error}", {
          action: action.type,
          node: action.node.id,
          error: errorChain(error),
        }),
    });
    this.#imageExecutor = new ImageExecutor({
      ...means,
      ledger,
      config: () => this.#config,
      provider: (name) => this.#watches.get(name),
      readKey: (path) => this.#keys.read(path),
      wake: () => this.#tickTask.wake(),
      onDefect: (action, error) =>
        log.error("{action} of {what}: {error}", {
          action: action.type,
          what: "image" in action ? `image ${action.image.id}` : `dib image ${action.dibImage.id}`,
          error: errorChain(error),
        }),
    });
    this.#tick = new Tick({
      ledger,
      executor: this.#executor,
      imageExecutor: this.#imageExecutor,
      parts: this.#parts,
      errand: this.#errand,
      clock,
      random,
      config: () => this.#config,
      seen: () => this.#watches.observations(),
      targets: () => this.#targets.states(),
      deserted: () => this.#desk.deserted,
      demand: () => this.#gearman.demand,
      faults: () => this.#faults.found,
      wallOffset: () => this.#clockWatch.wallOffset,
      launching: () => this.#watches.firstLookEnd() === null,
      accepting: () => this.#accepting && this.#newState.isClear && this.#stateWatch.problem === null,
    });
    this.#tickTask = createTask({
      name: "tick",
      period: null,
      clock,
      run: async (signal) => {
        await this.#beginRunOfCopy();
        await this.#newState.look();
        await this.#faults.look(this.#config);
        const again = await this.#tick.run(signal);
        this.#watches.lookWhenDue();
        const [looked, mended] = [this.#watches.firstLookEnd(), this.#faults.again];
        return { again: Math.min(again ?? Infinity, looked ?? Infinity, mended ?? Infinity) };
      },
      onError: (error) => logTask("tick", error),
    });
    this.#watches = new ProviderWatches({
      ledger,
      clock,
      openCloud: means.openCloud,
      isWanted: (provider) => this.#isWanted(provider),
      whyFrozen: () => this.#stateWatch.problem ?? (this.#parts.deletes ? null : DELETES_NOTHING),
      wake: () => this.#tickTask.wake(),
      onError: logTask,
    });
    this.#newState = new NewState({
      ledger,
      providers: () => this.#config.providers.map(({ name }) => name),
      seen: () => this.#watches.observations(),
      waiting: () => this.#watches.firstLookEnd() !== null,
      isMeant: means.newState ?? false,
    });
    const waking = { clock, wake: () => this.#tickTask.wake(), onError: logTask };
    this.#gearman = new GearmanDemand({ ...waking, openGearman: means.openGearman });
    this.#targets = new TargetWatches({ ...waking, gearman: this.#gearman, openTarget: means.openTarget });
    this.#jobEvents = new JobEventFeed({
      ledger,
      clock,
      config: () => this.#config,
      listen: means.listenToJobs,
      onJobEnd: (node, { result, branch, job }) => this.#tellJobEnd(node, { result, branch, job }),
      onError: logTask,
    });
    this.#metrics = means.statsd === null ? null : reportMetrics({
      statsd: means.statsd,
      ledger,
      clock,
      report: () => this.report(),
      onError: (error) => logTask("statsd", error),
    });
  }

  /** A copy of the machine that goes on from its memory is told from the original by its run. */
  async #beginRunOfCopy(): Promise<void> {
    const { random, clock } = this.#means;
    this.#clockWatch.look();
    if (!this.#mayBeCopy) return;
    await this.#ledger.beginRun({ id: random.uuid(), startedAt: clock.now() });
    this.#mayBeCopy = false;
  }

  /** Launches nothing new and grants nothing; what is under way goes on. */
  stopAccepting(): void {
    this.#accepting = false;
  }

  /** Resolves, with the reason, once this process can write its state no more. */
  get stateLost(): Promise<StoreError> {
    return this.#stateWatch.lost;
  }

  /** Writes what a lost state held beside it. @returns the copy's path; null: the state is where it was */
  rescueState(): Promise<string | null> {
    return this.#ledger.rescue();
  }

  /** Resolves once no diskimage is being built. */
  buildsEnd(): Promise<void> {
    return this.#imageExecutor.buildsEnd();
  }

  /** What was begun for an errand is finished, as far as clouds do that in the time. */
  async tidied(time: Milliseconds, { signal }: { signal: AbortSignal }): Promise<void> {
    const { clock } = this.#means;
    const deadline = clock.monotonic() + time;
    while (this.#errand?.isTidy === false && clock.monotonic() < deadline) {
      await clock.sleep(TIDY_LOOK, { signal });
    }
  }

  /** Why nothing is made on clouds, for people; null: nothing stands against it. */
  get withheld(): string | null {
    return this.#newState.withheld;
  }

  /** Puts another configuration into force. */
  async configure({ config }: Pick<LoadedConfig, "config">): Promise<void> {
    this.#config = config;
    this.#configLoadedAt = this.#means.clock.now();
    await this.#watches.configure(config.providers);
    await this.#configureJobs();
    await this.#restartCrons();
    this.#tickTask.wake();
  }

  report(): PoolReport {
    this.#clockWatch.look();
    return {
      now: this.#means.clock.now(),
      wallOffset: this.#clockWatch.wallOffset,
      clock: this.#clockWatch.report,
      installation: this.#ledger.installation,
      state: { problem: this.#stateWatch.problem, withheld: this.#newState.withheld },
      daemon: this.#errand === null ? this.#daemonReport() : null,
      config: this.#config,
      nodes: [...this.#ledger.nodes.values()],
      requests: [...this.#ledger.requests.values()],
      jobs: [...this.#ledger.jobs.values()],
      pauses: [...this.#ledger.pauses.values()],
      dibImages: [...this.#ledger.dibImages.values()],
      images: [...this.#ledger.images.values()],
      orders: [...this.#ledger.orders.values()],
      uploads: this.#imageExecutor.progress,
      labels: this.#tick.reports,
      providers: this.#config.providers.map(({ name }) => this.#watches.report(name)),
      targets: this.#targets.states(),
      links: this.#links(),
    };
  }

  dump(): DumpReport {
    const { clock, lookAtProcess } = this.#means;
    this.#clockWatch.look();
    const { pid, version, startedAt, tasks } = this.#daemonReport();
    const { nodes, images, dibImages } = this.#ledger;
    const records = { nodes: nodes.values(), images: images.values(), dibImages: dibImages.values() };
    const [now, running] = [clock.now(), inFlight.list()];
    return {
      now,
      wallOffset: this.#clockWatch.wallOffset,
      daemon: { pid, version, startedAt },
      process: lookAtProcess(),
      work: [...running, ...waitingWork(records, { inFlight: running, now })],
      queues: this.#queues(),
      providers: this.#watches.all().map(({ provider: { name }, cloud: { stats } }) => ({ name, stats })),
      links: this.#links(),
      tasks,
    };
  }

  getHistory(nodeId: number): Promise<HistoryRecord | null> {
    return this.#ledger.getHistory(nodeId);
  }

  holdNodes(ids: readonly number[], options: Parameters<PoolControl["holdNodes"]>[1]) {
    return holdNodes(ids, options, this.#commandMeans());
  }

  deleteNodes(ids: readonly number[], options: { comment: string }) {
    for (const id of ids) this.#errand?.addNode(id);
    return deleteNodes(ids, options, this.#commandMeans());
  }

  async releaseNodes(ids: readonly number[], options: Parameters<PoolControl["releaseNodes"]>[1]) {
    const used = ids.flatMap((id) => this.#ledger.nodes.get(id) ?? []).filter(({ state }) =>
      state.phase === "used"
    );
    const outcomes = await releaseNodes(ids, options, this.#commandMeans());
    for (const node of used) {
      if (outcomes.some(({ id, ok }) => ok && id === node.id)) {
        this.#tellJobEnd(node, { ...options, branch: null });
      }
    }
    return outcomes;
  }

  waitForEnd(nodeId: number, { signal }: { signal: AbortSignal }): Promise<void> {
    const ending = () => waitForEnd(nodeId, { ledger: this.#ledger, signal });
    return waitFor(`the end of node ${nodeId}`, ending);
  }

  createJob(spec: JobSpec) {
    return createJob(spec, this.#commandMeans());
  }

  deleteJobs(ids: readonly number[]) {
    return deleteJobs(ids, this.#commandMeans());
  }

  createRequest(spec: RequestSpec): Promise<NodeRequest> {
    const whyNever = (label: LabelConfig, count: number) =>
      whyTooMany(label, count, { config: this.#config, nodes: this.#ledger.nodes.values() });
    checkRequest(spec, this.#config, whyNever);
    if (!this.#accepting) throw new ControlError(503, "the daemon is stopping and takes no requests");
    return this.#desk.create(spec);
  }

  waitForGrant(requestId: number, options: { signal: AbortSignal }) {
    return this.#desk.waitForGrant(requestId, options);
  }

  confirmGrant(requestId: number): Promise<void> {
    return this.#desk.confirm(requestId);
  }

  withdrawRequest(requestId: number): Promise<void> {
    return this.#desk.withdraw(requestId);
  }

  async orderImages(spec: OrderSpec): Promise<PlacedOrders> {
    if (!this.#accepting) throw new ControlError(503, "the daemon is stopping and takes no orders");
    const placed = await placeOrders(spec, { ...this.#commandMeans(), config: this.#config });
    this.#errand?.addOrders(placed.orders);
    this.#tickTask.wake();
    return placed;
  }

  waitForOrders(orders: PlacedOrders, { signal }: { signal: AbortSignal }) {
    const what = orders.orders.map(({ provider, image }) => [provider ?? "", image].join(" ").trim()).join(
      ", ",
    );
    return waitFor(`images: ${what}`, () => waitForOrders(orders, { ledger: this.#ledger, signal }));
  }

  followBuild(dibImageId: number, { signal }: { signal: AbortSignal }): ReadableStream<Uint8Array> {
    const image = this.#ledger.dibImages.get(dibImageId);
    if (image === undefined) throw new ControlError(404, `there is no dib image ${dibImageId}`);
    if (image.logFile === null) throw new ControlError(404, `dib image ${dibImageId} has no log`);
    const isOver = () => this.#ledger.dibImages.get(dibImageId)?.state.phase !== "build";
    return this.#means.followLog(image.logFile, { isOver, signal });
  }

  deleteImages(ids: readonly number[], options: { comment: string }) {
    return deleteImages(ids, options, this.#commandMeans());
  }

  deleteDibImages(ids: readonly number[], options: { comment: string }) {
    return deleteDibImages(ids, options, this.#commandMeans());
  }

  async listAlienImages(
    { provider, signal }: { provider: string | null; signal: AbortSignal },
  ): Promise<AlienImageListing> {
    return await listAlienImages(this.#clouds(provider), {
      only: provider,
      known: this.#ledger.images.values(),
      signal,
    });
  }

  async listAliens(
    { provider, signal }: { provider: string | null; signal: AbortSignal },
  ): Promise<AlienListing> {
    return await listAliens(this.#clouds(provider), {
      only: provider,
      installation: this.#ledger.installation.id,
      known: this.#ledger.nodes,
      signal,
    });
  }

  async adoptState({ dryRun, signal }: { dryRun: boolean; signal: AbortSignal }): Promise<StateAdoption> {
    const clouds = this.#clouds(null);
    const adoption = await adoptServers(clouds, { ...this.#commandMeans(), dryRun, signal });
    if (!dryRun) {
      for (const { name } of clouds) this.#watches.adopted(name);
      this.#tickTask.wake();
    }
    return adoption;
  }

  async reload(): Promise<{ changes: readonly string[]; problems: readonly string[] }> {
    const { loaded, changes, problems } = await this.#means.reload();
    this.#configProblems = problems;
    if (loaded !== null && changes.length > 0) await this.configure(loaded);
    return { changes, problems };
  }

  /** Stops every task, waits for what is being stored, closes the clouds. The store is its maker's. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#ended ??= this.#end();
  }

  async #end(): Promise<void> {
    this.#accepting = false;
    this.#desk[Symbol.dispose]();
    await this.#jobEvents[Symbol.asyncDispose]();
    await Promise.all(
      [this.#tickTask, this.#clockTask, this.#stateWatch, ...this.#crons].map((task) =>
        task[Symbol.asyncDispose]()
      ),
    );
    if (!this.#stateWatch.isLost) await this.#clockWatch.save().catch((error) => logTask("clock", error));
    // A script or an upload would outlast any grace; the next process goes on with them or begins anew.
    await this.#imageExecutor[Symbol.asyncDispose]();
    // Answers that cannot be stored are not worth waiting for.
    if (!this.#stateWatch.isLost) await this.#lettingFinish();
    await this.#executor[Symbol.asyncDispose]();
    await this.#targets[Symbol.asyncDispose]();
    await this.#gearman[Symbol.asyncDispose]();
    await this.#watches[Symbol.asyncDispose]();
    await this.#metrics?.[Symbol.asyncDispose]();
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    await this.#ledger[Symbol.asyncDispose]();
  }

  /** Requests under way are worth their answers: a lost one has to be looked for after the next start. */
  async #lettingFinish(): Promise<void> {
    const over = new AbortController();
    const grace = this.#means.clock.sleep(GRACE, { signal: over.signal }).catch(() => {});
    await Promise.race([this.#executor.settledButLogins(), grace]);
    over.abort();
    await grace;
  }

  async #begin(): Promise<void> {
    this.#subscriptions.push(logChanges(this.#ledger));
    this.#subscriptions.push(this.#ledger.subscribe(() => this.#tickTask.wake()));
    await this.#watches.configure(this.#config.providers);
    await this.#configureJobs();
    this.#metrics?.start();
    this.#clockTask.start();
    this.#stateWatch.start();
    if (this.#errand === null) this.#crons = this.#startCrons();
    this.#tickTask.start();
  }

  /** Where nodes are handed to, and where demand and the ends of jobs come from. A process that only builds has none. */
  async #configureJobs(): Promise<void> {
    const { targets, gearmanServers, zmqPublishers } = this.#config;
    const isPool = this.#parts.pool;
    await this.#gearman.configure(isPool ? gearmanServers : []);
    await this.#targets.configure(isPool ? targets : []);
    await this.#jobEvents.configure(isPool && this.#errand === null ? zmqPublishers : []);
  }

  async #endJob(nodeId: number): Promise<void> {
    const now = this.#means.clock.now();
    await this.#ledger.edit((edit) => {
      const node = edit.node(nodeId);
      if (node?.state.phase !== "used" || node.jobEnd === null) return;
      const { job, jobEnd: { result } } = node;
      const comment = `job ${job} ended${result === null ? "" : `: ${result}`}`;
      endJob(edit, { nodeId, job: null, result, comment, now });
    });
  }

  #tellJobEnd(
    { job, label, provider, stateSince }: NodeRecord,
    end: { readonly result: string | null; readonly branch: string | null; readonly job: string | null },
  ): void {
    const { statsd, clock } = this.#means;
    const name = end.job ?? job;
    if (statsd === null || name === null) return;
    const runtime = clock.now() - stateSince;
    sendHappenings(statsd, jobMetrics({ ...end, job: name, label, provider, runtime }));
  }

  #startCrons(): readonly Task[] {
    return startPoolCrons({
      ...this.#means,
      ledger: this.#ledger,
      watches: this.#watches,
      config: () => this.#config,
      readKey: (path) => this.#keys.read(path),
      builds: this.#parts.builds,
      keypairsListedAt: this.#keypairsListedAt,
      withdrawUnattended: () => this.#desk.withdrawUnattended(),
      onError: logTask,
    });
  }

  async #restartCrons(): Promise<void> {
    await Promise.all(this.#crons.map((task) => task[Symbol.asyncDispose]()));
    this.#crons = this.#startCrons();
  }

  /** The clouds of all providers. @throws ControlError where the named one is not configured */
  #clouds(provider: string | null) {
    if (provider !== null && this.#watches.get(provider) === null) {
      const known = this.#config.providers.map(({ name }) => name).join(", ");
      throw new ControlError(404, `there is no provider ${provider}; the providers are ${known}`);
    }
    return this.#watches.all().map(({ provider: { name }, cloud }) => ({ name, cloud }));
  }

  #isWanted(provider: string): boolean {
    return this.#tick.reports.some(({ refusals }) =>
      refusals.some((refusal) => refusal.provider === provider)
    );
  }

  #queues(): readonly QueueReport[] {
    const lanes = [...this.#executor.lanes, ...this.#imageExecutor.lanes];
    const waiting = [...this.#ledger.requests.values()].filter(({ grantedAt }) => grantedAt === null).length;
    return [
      { name: "changes of the state", waiting: this.#ledger.queued, running: 0, most: null },
      { name: "requests for nodes", waiting, running: this.#desk.waiting, most: null },
      ...lanes.map(([name, { used, places }]) => ({
        name,
        waiting: 0,
        running: used,
        most: Number.isFinite(places) ? places : null,
      })),
    ];
  }

  #links(): readonly LinkReport[] {
    const servers = this.#gearman.gearman?.servers ?? [];
    const { publishers } = this.#jobEvents;
    return [
      ...servers.map(({ host, port, state }) => ({ name: `Gearman server ${host}:${port}`, state })),
      ...publishers.map(({ endpoint, state }) => ({ name: `publisher ${endpoint}`, state })),
    ];
  }

  #commandMeans() {
    return { ledger: this.#ledger, clock: this.#means.clock };
  }

  #daemonReport(): DaemonReport {
    const tasks = [
      this.#tickTask,
      this.#clockTask,
      this.#stateWatch.task,
      ...this.#crons,
      ...this.#watches.tasks,
      ...this.#targets.tasks,
      ...this.#gearman.tasks,
      ...(this.#metrics === null ? [] : [this.#metrics]),
    ];
    return {
      ...this.#means.process,
      startedAt: this.#startedAt,
      configLoadedAt: this.#configLoadedAt,
      configProblems: this.#configProblems,
      accepting: this.#accepting,
      tasks: tasks.map((task) => task.report()),
    };
  }
}

function logTask(task: string, error: unknown): void {
  log.error("task {task}: {error}", { task, error: errorChain(error) });
}
