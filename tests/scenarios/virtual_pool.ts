/**
 * A pool on the simulator in one process, with a virtual clock and a seed: days of its life in a second, the same
 * every time. Uses the real OpenStack client, planner, executor and tasks; only sockets, disk and time are not real.
 */
import type { BuildJob } from "../../src/build/builder.ts";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import { createOpenStackCloud } from "../../src/cloud/openstack/openstack_cloud.ts";
import type { Environment } from "../../src/config/environment.ts";
import { parseConfig } from "../../src/config/parse_config.ts";
import { localPool } from "../../src/control/local_pool.ts";
import type { AnswerOf, OperationName, RequestOf } from "../../src/control/operations.ts";
import { type NodeRecord, type NodeStateName, serverIdOf, stateName } from "../../src/domain/node.ts";
import { describeObstacle } from "../../src/domain/describe_obstacle.ts";
import type { ProviderConfig } from "../../src/domain/config.ts";
import type { OnlineCheck } from "../../src/domain/online_check.ts";
import { serverMetadata } from "../../src/domain/server_marks.ts";
import { MINUTE } from "../../src/domain/time.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { SteadyClock } from "../../src/lib/steady_clock.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { checkClouds } from "../../src/online/check_clouds.ts";
import { Pool } from "../../src/pool/pool.ts";
import type { PoolDeps } from "../../src/pool/pool_deps.ts";
import { renderCloudsYaml } from "../../src/simulator/simulate.ts";
import type { SendRequest } from "../../src/http/send.ts";
import type { Metrics } from "../../src/metrics/happening.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { createSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { copyMemoryStore } from "./copy_memory_store.ts";
import type { Store } from "../../src/store/store.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { type ScriptedBuild, ScriptedBuilder } from "../build/scripted_builder.ts";

const loginKey = await generateKey();

export interface VirtualPoolOptions extends SimulatorInput {
  /** The configuration without its clouds; `cloud: NAME` names those of the simulator. */
  readonly config: string;
  readonly random?: number;
  /** How builds of diskimages go; without it each takes a minute. */
  readonly build?: (job: BuildJob) => ScriptedBuild;
  readonly uploadWorkers?: number;
  /** Whether diskimages are built by builders on other machines; otherwise by this process. */
  readonly builders?: boolean;
  /** Reads a private key; by default every path has one that is good. */
  readonly readFile?: (path: string) => Promise<string>;
  /** Looks at a script; by default every path has one. */
  readonly stat?: PoolDeps["stat"];
  /** By default nodes of each target are only used from here, and nobody reports jobs. */
  readonly openTarget?: PoolDeps["openTarget"];
  readonly listenToJobs?: PoolDeps["listenToJobs"];
  /** What becomes of each cloud that the pool opens; may throw, as opening one may. */
  readonly changeCloud?: (cloud: WholeCloud, provider: ProviderConfig) => WholeCloud;
  /** What becomes of all that the pool is given. */
  readonly changeDeps?: (deps: PoolDeps) => PoolDeps;
  readonly metrics?: Metrics;
  /** Another pool whose simulated clouds and clock this one shares. */
  readonly beside?: VirtualPool;
  /** By default it leads always. */
  readonly machines?: PoolDeps["machines"];
  /** What the pool runs in; by default a process that is never stopped. */
  readonly process?: PoolProcess;
  /** The state to begin with; by default a new one. */
  readonly store?: Store;
}

interface PoolProcess {
  readonly clock: Clock;
  /** Resolves when the process may go on; `request`: what it is about to send. @throws once it is killed */
  pass(request?: SendRequest): Promise<void>;
}

export class VirtualPool implements AsyncDisposable {
  /** True time, and the machine's clock, which can be set. */
  readonly clock: VirtualClock;
  readonly simulator: Simulator;
  store: Store;
  readonly builder: ScriptedBuilder;
  readonly #uploadWorkers: number;
  readonly #builders: PoolDeps["builders"];
  readonly #metrics: Metrics | null;
  readonly #readFile: (path: string) => Promise<string>;
  readonly #stat: PoolDeps["stat"];
  readonly #changeCloud: NonNullable<VirtualPoolOptions["changeCloud"]>;
  readonly #jobs: Pick<PoolDeps, "openTarget" | "listenToJobs">;
  readonly #changeDeps: NonNullable<VirtualPoolOptions["changeDeps"]>;
  readonly #isGuest: boolean;
  readonly #machines: PoolDeps["machines"];
  readonly #process: PoolProcess;
  readonly #random;
  #config: string;
  #pool: Pool | null = null;
  /** Aborted when the process is killed: then no answer reaches it any more. */
  #life = new AbortController();

  static async start(options: VirtualPoolOptions): Promise<VirtualPool> {
    const virtual = VirtualPool.idle(options);
    await virtual.startPool();
    return virtual;
  }

  /** Its clouds are there, the pool is not started yet. */
  static idle(options: VirtualPoolOptions): VirtualPool {
    return new VirtualPool(options);
  }

  private constructor(
    {
      config,
      random = 1,
      build = () => ({ time: MINUTE }),
      uploadWorkers = 4,
      builders = false,
      metrics,
      beside,
      machines,
      process,
      store,
      changeCloud = (cloud) => cloud,
      changeDeps = (deps) => deps,
      readFile = () => Promise.resolve(loginKey.private),
      stat = () => Promise.resolve({ isFile: true, mode: 0o755 }),
      openTarget = () => null,
      listenToJobs = () => {
        throw new Error("no publisher is there");
      },
      ...settings
    }: VirtualPoolOptions,
  ) {
    this.#metrics = metrics ?? null;
    this.clock = beside?.clock ?? new VirtualClock();
    this.#isGuest = beside !== undefined;
    this.#config = config;
    this.#changeCloud = changeCloud;
    this.#jobs = { openTarget, listenToJobs };
    this.#changeDeps = changeDeps;
    this.#machines = machines;
    this.#process = process ?? { clock: this.clock, pass: () => Promise.resolve() };
    this.#uploadWorkers = uploadWorkers;
    this.#builders = builders ? BUILDERS : null;
    this.#readFile = readFile;
    this.#stat = stat;
    this.builder = new ScriptedBuilder({ clock: this.clock, script: build });
    this.#random = seededRandom(random);
    const clouds = (settings.clouds ?? [{}]).map((cloud) => ({
      ...cloud,
      ssh: { acceptAnyKey: true, ...cloud.ssh },
    }));
    this.simulator = beside?.simulator ?? createSimulator({
      ...settings,
      clouds,
      clock: this.clock,
      random: seededRandom(random + 1),
    });
    this.store = store ?? createMemoryStore({ clock: this.clock, random: this.#random });
  }

  /** A copy of the state as it is now. */
  copyState(): Store {
    return copyMemoryStore(this.store);
  }

  /** Ends the pool as kill -9 does: what it had not written is lost, and what it had asked of clouds goes on there. */
  async killPool(): Promise<void> {
    this.store = this.copyState();
    this.#life.abort(new Error("killed"));
    this.#life = new AbortController();
    const ending = this.#pool?.[Symbol.asyncDispose]();
    this.#pool = null;
    await this.during(Promise.resolve(ending));
  }

  /** Kills the pool, puts another state in the place of its own, and starts it on that. */
  async restartOn(store: Store): Promise<void> {
    await this.stopPool();
    this.store = store;
    await this.startPool();
  }

  /** Whether the pool runs. */
  get isUp(): boolean {
    return this.#pool !== null;
  }

  get pool(): Pool {
    if (this.#pool === null) throw new Error("the pool is stopped");
    return this.#pool;
  }

  /** What commands and clients ask of it. */
  ask<Name extends OperationName>(
    name: Name,
    request: RequestOf<Name>,
    options?: { signal: AbortSignal },
  ): Promise<AnswerOf<Name>> {
    return localPool(this.pool).ask(name, request, options);
  }

  /** Starts the pool on the state as it is, as after a crash. */
  async startPool({ newState = false, config = this.#config } = {}): Promise<void> {
    this.#config = config;
    await this.during(this.beginPool({ newState }));
  }

  /** As `startPool`, while somebody else lets time pass. */
  async beginPool(
    { newState = false, starting }: { newState?: boolean; starting?: AbortSignal } = {},
  ): Promise<void> {
    const { config } = await this.#loadFirst();
    const clock = new SteadyClock(this.#process.clock);
    this.#pool = await Pool.start(
      config,
      this.#changeDeps({
        store: this.store,
        newState,
        starting,
        clock,
        random: this.#random,
        shell: this.simulator.shell,
        openCloud: (provider, through) =>
          this.#changeCloud(this.#openCloud(provider, { clock, through }), provider),
        machines: this.#machines ?? null,
        readFile: this.#readFile,
        stat: this.#stat,
        ...this.#jobs,
        openGearman: () => {
          throw new Error("no Gearman server is there");
        },
        metrics: this.#metrics,
        builder: this.builder,
        builders: this.#builders,
        makeKeypair: () => Promise.resolve({ publicKey: loginKey.public, privateKey: loginKey.private }),
        openLog: () => Promise.resolve({ write() {}, [Symbol.asyncDispose]: () => Promise.resolve() }),
        followLog: () => ReadableStream.from([]),
        scriptVariables: () => ({ NODEPOOL_MIRROR: "http://mirror" }),
        buildWorkers: 1,
        uploadWorkers: this.#uploadWorkers,
        readConfig: () => this.#load(),
        readOtherConfig: async ({ file }) => ({ ...await this.#load(file), warnings: [] }),
        process: { pid: 1, version: "test", configFile: "nodepool.yaml" },
        lookAtProcess: () => ({
          memory: { rss: 0, heapUsed: 0, heapTotal: 0, external: 0 },
          loopDelay: { mean: 0, p99: 0, longest: 0 },
          profilingSince: null,
          connections: [],
        }),
      }),
    );
  }

  /** As `stopPool`, while somebody else lets time pass. */
  async endPool(): Promise<void> {
    const ending = this.#pool?.[Symbol.asyncDispose]();
    this.#pool = null;
    await ending;
  }

  /** What `config-validate --online` finds. */
  async checkOnline(
    { change = () => ({}) }: {
      /** What a provider's cloud does in another way. */
      change?: (cloud: WholeCloud, provider: ProviderConfig) => Partial<WholeCloud>;
    } = {},
  ): Promise<readonly OnlineCheck[]> {
    const { config } = await this.#loadFirst();
    return await this.during(checkClouds(config, {
      clock: this.clock,
      openCloud: (provider) => {
        const cloud = this.#openCloud(provider);
        return { ...cloud, ...change(cloud, provider) };
      },
      readFile: this.#readFile,
      stat: this.#stat,
      signal: new AbortController().signal,
    }));
  }

  async reconfigure(config: string): Promise<void> {
    this.#config = config;
    await this.pool.reload();
  }

  async stopPool(): Promise<void> {
    const stopping = this.#pool?.[Symbol.asyncDispose]();
    this.#pool = null;
    await this.clock.advance(0);
    await this.during(Promise.resolve(stopping));
  }

  /** Why labels have fewer nodes than they want, in words. */
  reasons(): string[] {
    const { labels, ...moment } = this.pool.report();
    return labels.flatMap(({ refusals }) =>
      refusals.map(({ obstacle }) => describeObstacle(obstacle, moment))
    );
  }

  count(state?: NodeStateName, label?: string): number {
    return this.pool.report().nodes.filter((node) =>
      (state === undefined || stateName(node) === state) && (label === undefined || node.label === label)
    ).length;
  }

  /** Takes nodes as a client does: asks, waits while time passes, confirms. */
  async acquire(label: string, count = 1): Promise<readonly NodeRecord[]> {
    const spec = { label, count, job: null, client: null, deadline: null };
    const { id } = await this.during(this.ask("request", spec));
    const nodes = await this.during(this.granted(id), 60 * MINUTE);
    await this.during(this.ask("request-confirm", { id }));
    return nodes;
  }

  /** The nodes of a request, once it is granted. */
  async granted(id: number, options?: { signal: AbortSignal }): Promise<readonly NodeRecord[]> {
    const { ledger } = this.pool;
    const { nodes } = await this.ask("request-grant", { id }, options);
    return nodes.map((node) => ledger.nodes.get(node.id)!);
  }

  /** The simulated server of a node. */
  serverOf(node: NodeRecord) {
    const id = serverIdOf(node);
    for (const { servers } of this.simulator.clouds.values()) {
      const server = id === null ? undefined : servers.get(id);
      if (server !== undefined) return server;
    }
    throw new Error(`node ${node.id} has no server`);
  }

  /** Makes a server beside the pool's; with an installation, one that carries its marks and `more`. @returns its id */
  async makeAlien(name: string, installation?: string, more: Record<string, string> = {}): Promise<string> {
    const marks = { nodeId: 1, image: "debian", provider: "main" };
    const metadata = installation === undefined
      ? {}
      : { ...serverMetadata({ ...marks, installation }), ...more };
    return await this.#makeServer(name, { provider: this.pool.config.providers[0]!.name, metadata });
  }

  /** Makes a server that carries the marks of a node. @returns its id */
  async makeLeak(name: string, { provider, nodeId }: { provider: string; nodeId: number }): Promise<string> {
    const marks = { installation: this.store.installation.id, nodeId, image: "debian", provider };
    return await this.#makeServer(name, { provider, metadata: serverMetadata(marks) });
  }

  async #makeServer(
    name: string,
    { provider, metadata }: { provider: string; metadata: Record<string, string> },
  ): Promise<string> {
    const cloud = this.openCloud(provider);
    const { signal } = new AbortController();
    const [flavor] = await this.during(cloud.listFlavors({ signal }));
    const [image] = await this.during(cloud.findImages("debian-12", { signal }));
    const request = {
      name,
      imageId: image!.id,
      flavorId: flavor!.id,
      networkIds: [],
      metadata,
      zone: null,
      keypair: null,
      securityGroups: [],
      configDrive: null,
      userdata: null,
      volumeGib: null,
    };
    const { id } = await this.during(cloud.createServer(request, { signal }));
    await cloud[Symbol.asyncDispose]();
    return id;
  }

  /** Whether the server is still on its cloud. */
  exists(serverId: string): boolean {
    return [...this.simulator.clouds.values()].some((cloud) => {
      const server = cloud.servers.get(serverId);
      return server !== undefined && server.goneAt > cloud.now();
    });
  }

  /** Lets time pass until the condition holds. */
  until(condition: () => boolean, within = 10 * MINUTE): Promise<void> {
    return this.clock.advanceUntil(condition, { within });
  }

  /** Waits for a promise while time passes. */
  async during<Value>(promise: Promise<Value>, within = 10 * MINUTE): Promise<Value> {
    let done = false;
    promise.finally(() => done = true).catch(() => {});
    await this.until(() => done, within);
    return await promise;
  }

  /** Servers of the simulated clouds that exist now. */
  servers(cloud?: string): number {
    const clouds = cloud === undefined ? [...this.simulator.clouds.values()] : [this.simulator.cloud(cloud)];
    for (const one of clouds) one.now();
    return clouds.reduce((sum, { servers }) => sum + servers.counts().standing, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopPool();
    if (!this.#isGuest) this.simulator[Symbol.dispose]();
    await this.store[Symbol.asyncDispose]();
  }

  /** Another connection to the cloud of a provider. */
  openCloud(provider: string): WholeCloud {
    const config = this.pool.config.providers.find(({ name }) => name === provider)!;
    return this.#changeCloud(this.#openCloud(config), config);
  }

  #openCloud(
    provider: ProviderConfig,
    { clock = this.clock, through = (send) => send }: {
      clock?: Clock;
      through?: Parameters<PoolDeps["openCloud"]>[1];
    } = {},
  ): WholeCloud {
    const life = this.#life.signal;
    return createOpenStackCloud({
      ...provider,
      send: through(async (request, { signal }) => {
        await this.#process.pass(request);
        const answer = await this.simulator.send(request, { signal: AbortSignal.any([signal, life]) });
        await this.#process.pass();
        return answer;
      }),
      clock,
      random: this.#random,
    });
  }

  /** As `#load`, which takes its time, and pools are begun with the same few configurations again and again. */
  #loadFirst(): ReturnType<typeof parseConfig> {
    const key = JSON.stringify([this.#config, this.simulator.settings.clouds]);
    const loaded = begun.get(key) ?? this.#load();
    begun.set(key, loaded);
    return loaded;
  }

  #load({ path: file, text } = { path: "nodepool.yaml", text: this.#config }) {
    const clouds = renderCloudsYaml(this.simulator.settings, "http://simulator.invalid");
    return parseConfig(text, { file, environment: environmentWith(clouds) });
  }
}

/** Configurations that pools were begun with, by their texts and clouds. */
const begun = new Map<string, ReturnType<typeof parseConfig>>();

/** How a pool reaches builders that run in the same process. Their logs are not copied. */
const BUILDERS: PoolDeps["builders"] = {
  host: "leader",
  openLogCopy: () => Promise.resolve({ size: null, append: () => Promise.resolve() }),
};

/** An environment that has one file: a clouds.yaml. */
function environmentWith(clouds: string): Environment {
  const path = "/clouds.yaml";
  return {
    readFile: (asked) =>
      asked === path
        ? Promise.resolve(new TextEncoder().encode(clouds))
        : Promise.reject(new Deno.errors.NotFound(asked)),
    stat: (asked) => Promise.resolve(asked === path ? { isFile: true, mode: 0o600 } : null),
    env: (name) => name === "OS_CLIENT_CONFIG_FILE" ? path : undefined,
    envWithPrefix: () => ({ OS_CLIENT_CONFIG_FILE: path }),
    home: () => "/home/nobody",
    cwd: () => "/",
  };
}

interface PoolConfigOptions {
  readonly minReady: number;
  readonly maxServers?: number;
  /** Simulated clouds, each a provider of its name; left out: `simulator` as the provider `main`. */
  readonly clouds?: readonly string[];
  /** Further labels like the first, `small`. */
  readonly more?: readonly string[];
  /** A further line of YAML for each label, and for each provider. */
  readonly label?: string;
  readonly provider?: string;
}

/** A configuration in which every label may be supplied by every provider. */
export function poolConfig(options: PoolConfigOptions): string {
  const { minReady, maxServers = 10, clouds = ["simulator"], more = [] } = options;
  const names = clouds.map((cloud) => cloud === "simulator" ? "main" : cloud);
  const labels = ["small", ...more].map((name) => `
  - name: ${name}
    image: debian
    min-ready: ${minReady}
    providers: [${names.map((provider) => `{name: ${provider}}`).join(", ")}]
    ${options.label ?? ""}`);
  const providers = names.map((name, index) => `
  - name: ${name}
    cloud: ${clouds[index]}
    max-servers: ${maxServers}
    rate: 0
    ${options.provider ?? ""}
    images:
      - name: debian
        base-image: debian-12
        min-ram: 512
        username: debian
        private-key: /key
        connection-port: 2222`);
  return `labels:${labels.join("")}\nproviders:${providers.join("")}\n`;
}
