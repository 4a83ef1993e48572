/**
 * Where a sequence is carried out: a pool whose daemon may be stopped and started, what is open of it (clouds, requests,
 * tasks), who takes nodes of it, and a log of what happened. `play.ts` makes it; those who act there get it.
 */
import { durationText, HOUR, type Milliseconds, SECOND } from "../../../../src/domain/time.ts";
import type { WholeCloud } from "../../../../src/cloud/cloud.ts";
import { TaskRegistry } from "../../../../src/tasks/task_registry.ts";
import { breakPlanning } from "../../../scenarios/broken_planning.ts";
import { Witness } from "../never_deleted/witness.ts";
import { VirtualPool } from "../../../scenarios/virtual_pool.ts";
import { ObservedRun } from "../observed_run.ts";
import { broken, cloudNames, type ConfigName, configs, usual } from "./configs.ts";

interface Client {
  readonly name: string;
  readonly isOver: boolean;
  /** What became of it, for people; null: it had its nodes. */
  readonly outcome: string | null;
}

export class Stage extends ObservedRun implements AsyncDisposable {
  readonly virtual: VirtualPool;
  readonly witness: Witness;
  /** Clouds that the daemon has opened and not closed. */
  readonly openClouds: Set<WholeCloud>;
  /** Requests to clouds that have no answer yet. */
  readonly requests = new Set<string>();
  /** How many requests there were. */
  asked = 0;
  /** Whether clouds cannot be opened now. */
  readonly opening: { fails: boolean };
  /** Clouds of which a part is out of order, and how many outages of each there are. */
  readonly outages = new Map<string, number>();
  /** Whether clouds could not be opened at the newest reload. */
  isClosed = false;
  /** Servers whose records throw in planning. */
  readonly brokenServers = new Set<string>();
  /** Listeners that throw, to be ended. */
  readonly listeners = new Set<Disposable>();
  readonly clients: Client[] = [];
  readonly over = new AbortController();
  isDown = true;
  /** Rises with each end of a daemon. */
  life = 0;
  /** What a daemon is started with: the newest that could be used. */
  #config: ConfigName = "the usual configuration";
  #tasks: TaskRegistry | null = null;
  #later: Promise<void>[] = [];
  readonly #stack = new DisposableStack();

  static async open(seed: number): Promise<Stage> {
    const [openClouds, opening] = [new Set<WholeCloud>(), { fails: false }];
    const virtual = VirtualPool.idle({
      config: usual,
      random: seed,
      clouds: [{ name: "one", bootTime: 15 * SECOND }, { name: "two", bootTime: 15 * SECOND }],
      changeCloud(cloud) {
        if (opening.fails) throw new Error("the CA file is gone");
        return counted(cloud, openClouds);
      },
    });
    const stage = new Stage(virtual, { openClouds, opening });
    await stage.start();
    const isFull = () => virtual.count("ready") >= 3;
    await virtual.clock.advanceUntil(isFull, { within: HOUR, step: SECOND });
    return stage;
  }

  private constructor(virtual: VirtualPool, open: Pick<Stage, "openClouds" | "opening">) {
    super(virtual.clock);
    this.virtual = virtual;
    this.openClouds = open.openClouds;
    this.opening = open.opening;
    this.witness = new Witness(virtual.simulator, () => this.isDown ? [] : [virtual]);
    this.#stack.use(breakPlanning(this.brokenServers));
    this.#stack.use(this.#noteTasks());
    this.#countRequests();
  }

  /** The tasks of the daemon that runs, or ran last. */
  get tasks(): TaskRegistry {
    return this.#tasks!;
  }

  /** Clouds that are out of order, or not open. */
  get hit(): ReadonlySet<string> {
    return new Set(this.isClosed ? cloudNames : this.outages.keys());
  }

  get taskNames(): readonly string[] {
    return this.tasks.reports().map(({ name }) => name);
  }

  /** Lets time pass. @throws Violation */
  async pass(time: Milliseconds): Promise<void> {
    await this.virtual.clock.advance(time);
    this.check();
  }

  /** Lets time pass until it holds. @throws Violation when it does not within the time */
  async until(what: string, condition: () => boolean, within: Milliseconds): Promise<void> {
    const { clock } = this.virtual;
    await clock.advanceUntil(condition, { within, step: SECOND }).catch(() =>
      this.fail(`${what}: not within ${durationText(within)}`)
    );
    this.check();
  }

  later(time: Milliseconds, then: () => void | Promise<void>): void {
    this.#later.push(this.virtual.clock.sleep(time, { signal: this.over.signal }).then(then, () => {}));
  }

  /** Brings to an end what was to come later, and whatever is broken. */
  async mend(): Promise<void> {
    this.over.abort(new Error("the sequence is over"));
    await Promise.all(this.#later);
    this.opening.fails = false;
    this.outages.clear();
    this.virtual.simulator.disarm();
    this.brokenServers.clear();
    for (const listener of this.listeners) listener[Symbol.dispose]();
    this.listeners.clear();
  }

  addClient(be: (name: string) => Promise<string | null>): Client {
    const name = `client ${this.clients.length + 1}`;
    const client: Client = { name, isOver: false, outcome: null };
    this.clients.push(client);
    be(name).then((outcome) => {
      this.tell(outcome === null ? `${name} is done` : `${name} goes without nodes: ${outcome}`);
      Object.assign(client, { outcome, isOver: true });
    }, (error) => this.witness.violations.push(`${name}: ${error instanceof Error ? error.stack : error}`));
    return client;
  }

  /** What the file has now. */
  noteConfig(name: ConfigName): void {
    if (!broken.includes(name)) this.#config = name;
  }

  /** The daemon is about to end. */
  end(): void {
    this.isDown = true;
    this.life++;
  }

  async start(): Promise<void> {
    await this.virtual.startPool({ config: configs[this.#config] });
    [this.isDown, this.isClosed] = [false, false];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mend();
    this.#stack.dispose();
    if (!this.isDown) await this.virtual.killPool();
    await this.virtual[Symbol.asyncDispose]();
  }

  #noteTasks(): Disposable {
    const { start } = TaskRegistry.prototype;
    // deno-lint-ignore no-this-alias
    const stage = this;
    TaskRegistry.prototype.start = function () {
      stage.#tasks = this;
      return start.call(this);
    };
    return { [Symbol.dispose]: () => void (TaskRegistry.prototype.start = start) };
  }

  #countRequests(): void {
    const { simulator } = this.virtual;
    const { send } = simulator;
    const counting: typeof send = async (request, options) => {
      const name = `${++this.asked} ${request.method} ${request.url}`;
      this.requests.add(name);
      try {
        return await send(request, options);
      } finally {
        this.requests.delete(name);
      }
    };
    Object.assign(simulator, { send: counting });
  }
}

function counted(cloud: WholeCloud, open: Set<WholeCloud>): WholeCloud {
  const close = cloud[Symbol.asyncDispose].bind(cloud);
  open.add(cloud);
  return Object.assign(cloud, {
    async [Symbol.asyncDispose]() {
      await close();
      open.delete(cloud);
    },
  });
}
