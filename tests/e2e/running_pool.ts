/**
 * A simulator served over HTTP and SSH by this process, and the real program beside it as processes of their own:
 * what end-to-end tests and benchmarks stand on. Everything lies in one temporary folder and ends with it.
 */
import { connectControl } from "../../src/control/control_client.ts";
import type { PoolClient } from "../../src/control/pool_client.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { renderCloudsYaml } from "../../src/simulator/simulate.ts";
import { serveSimulator } from "../../src/simulator/serve_simulator.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { createSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import type { NodeView } from "../../src/views/node_list.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { PATIENCE } from "../eventually.ts";
import { programCommand, programEnvironment, type Ran, runProgram, spawnProgram } from "./program.ts";

export type { Ran } from "./program.ts";

interface RunningPoolOptions extends SimulatorInput {
  /** The configuration; see `RunningPool.configure` for what is filled in. */
  readonly config: string;
  /** Where the temporary folder is made; where the system makes them, if it is left out. */
  readonly parent?: string;
  /** Further variables of the program's environment; FOLDER in them is the temporary folder. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the daemon's control socket is, with FOLDER; left out: beside the state. */
  readonly socket?: string;
  /** How many files the daemon may have open; null: as many as this process. */
  readonly descriptors?: number | null;
  /** A file that is the program; null: as `program.ts` has it. */
  readonly binary?: string | null;
  /** Another pool whose simulator this one shares, which must outlive it. */
  readonly beside?: Pick<RunningPool, "simulator" | "served">;
}

/** A line of the daemon's log; further facts by name. */
interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly category: string;
  readonly message: string;
  readonly [fact: string]: unknown;
}

export interface Served {
  readonly baseUrl: string;
  readonly sshPort: number;
}

/** A simulator on loopback, which lets every key in. */
export async function servedSimulator(settings: SimulatorInput, made: AsyncDisposableStack) {
  const clouds = (settings.clouds ?? [{}]).map((cloud) => ({
    ...cloud,
    ssh: { acceptAnyKey: true, ...cloud.ssh },
  }));
  const random = seededRandom(settings.seed ?? 1);
  const simulator = made.use(createSimulator({ ...settings, clouds, clock: systemClock, random }));
  const served = made.use(await serveSimulator(simulator, { hostname: "127.0.0.1", port: 0, sshPort: 0 }));
  return { simulator, served };
}

export class RunningPool implements AsyncDisposable {
  readonly simulator: Simulator;
  /** `http://127.0.0.1:PORT`, where the simulator is served. */
  readonly baseUrl: string;
  /** The temporary folder: `nodepool.yaml`, `nodepool.kv`, `daemon.log`, `key`, `clouds.yaml`. */
  readonly folder: string;
  /** Where the simulator is served. */
  readonly served: Served;
  readonly #env: Readonly<Record<string, string>>;
  readonly #socket: string;
  readonly #descriptors: number | null;
  readonly #binary: string | null;
  readonly #resources: AsyncDisposableStack;
  #daemon: Deno.ChildProcess | null = null;

  static async start(
    {
      config,
      parent,
      env = {},
      socket = "FOLDER/nodepool.kv.sock",
      descriptors = null,
      binary = null,
      beside,
      ...settings
    }: RunningPoolOptions,
  ): Promise<RunningPool> {
    await using made = new AsyncDisposableStack();
    const folder = made.adopt(
      await Deno.makeTempDir({ dir: parent, prefix: "nodepool-" }),
      (path) => Deno.remove(path, { recursive: true }),
    );
    const { simulator, served } = beside ?? await servedSimulator(settings, made);
    await Deno.writeTextFile(`${folder}/key`, (await generateKey()).private, { mode: 0o600 });
    const pool = new RunningPool({
      simulator,
      served,
      folder,
      env,
      socket,
      descriptors,
      binary,
      resources: made.move(),
    });
    await pool.writeClouds(pool.cloudsYaml());
    await pool.configure(config);
    return pool;
  }

  private constructor(
    { simulator, served, folder, env, socket, descriptors, binary, resources }: {
      simulator: Simulator;
      served: Served;
      folder: string;
      env: Readonly<Record<string, string>>;
      socket: string;
      descriptors: number | null;
      binary: string | null;
      resources: AsyncDisposableStack;
    },
  ) {
    this.simulator = simulator;
    this.served = served;
    this.baseUrl = served.baseUrl;
    this.folder = folder;
    this.#env = env;
    this.#socket = socket;
    this.#descriptors = descriptors;
    this.#binary = binary;
    this.#resources = resources;
  }

  get configFile(): string {
    return `${this.folder}/nodepool.yaml`;
  }

  get state(): string {
    return `${this.folder}/nodepool.kv`;
  }

  get pid(): number {
    if (this.#daemon === null) throw new Error("no daemon is running");
    return this.#daemon.pid;
  }

  /** Writes the configuration; FOLDER in it is the temporary folder, SSH_PORT where servers answer. */
  async configure(config: string): Promise<void> {
    await Deno.writeTextFile(this.configFile, this.filledIn(config));
  }

  /** The text as `configure` would write it. */
  filledIn(config: string): string {
    return config.replaceAll("FOLDER", this.folder).replaceAll("SSH_PORT", String(this.served.sshPort));
  }

  /** A clouds.yaml that leads to the simulator's clouds. */
  cloudsYaml(): string {
    return renderCloudsYaml(this.simulator.settings, this.baseUrl);
  }

  async writeClouds(text: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/clouds.yaml`, text, { mode: 0o600 });
  }

  /** Starts the daemon; its log goes to `daemon.log`. */
  startDaemon(...options: string[]): void {
    const limit = this.#descriptors === null ? "" : `ulimit -n ${this.#descriptors}; `;
    const script = `${limit}exec "$@" >>"${this.folder}/daemon.log" 2>&1`;
    const args = this.#arguments(["daemon", ...options]);
    this.#daemon = new Deno.Command("/bin/sh", {
      args: ["-c", script, "sh", ...programCommand(args, this.#binary)],
      stdin: "null",
      clearEnv: true,
      env: programEnvironment(this.#environment),
    }).spawn();
  }

  /** Ends the daemon with the signal. @returns its exit code, or 128 and the signal's number */
  async stopDaemon(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    const daemon = this.#daemon;
    this.#daemon = null;
    if (daemon === null) throw new Error("no daemon is running");
    daemon.kill(signal);
    return (await daemon.status).code;
  }

  /** Waits until the daemon ends by itself. @returns its exit code */
  async daemonsEnd(): Promise<number> {
    const daemon = this.#daemon;
    if (daemon === null) throw new Error("no daemon is running");
    const { code } = await daemon.status;
    this.#daemon = null;
    return code;
  }

  /** Runs a command of the program to its end. */
  run(...args: string[]): Promise<Ran> {
    return this.runIn({}, ...args);
  }

  /** The same, with further variables of its environment. */
  runIn(variables: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> {
    const env = { ...this.#environment, ...variables };
    return runProgram(this.#arguments(args), { env, binary: this.#binary });
  }

  /** A command of the program as the words of a command line. */
  commandOf(...args: string[]): readonly string[] {
    return programCommand(this.#arguments(args), this.#binary);
  }

  /** Starts a command of the program. */
  spawn(...args: string[]): Deno.ChildProcess {
    return spawnProgram(this.#arguments(args), { env: this.#environment, binary: this.#binary });
  }

  /** The daemon's control socket, as commands use it; null while no daemon listens. */
  connect(): Promise<PoolClient | null> {
    return connectControl(this.filledIn(this.#socket));
  }

  /** What `list` shows; an empty list while no daemon answers yet. */
  async nodes(): Promise<readonly NodeView[]> {
    await using daemon = await this.connect();
    return (await daemon?.ask("node-list", {}).catch(() => null))?.nodes ?? [];
  }

  /** How many nodes there are; those in the state, where one is given. */
  async count(state?: string): Promise<number> {
    return (await this.nodes()).filter((node) => state === undefined || node.state === state).length;
  }

  /** Asks the status endpoint of the daemon that was started last. */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const log = await this.log();
    // Not line by line: on a full disk one may be cut.
    const url = [...log.matchAll(/"url":"([^"]+)"/g)].at(-1)?.[1];
    if (url === undefined) throw new Error(`no daemon has told of its status endpoint:\n${log}`);
    return await fetch(`${url}${path}`, init);
  }

  /** Waits until the condition holds. @throws Error with the log's end when it does not in time */
  async until(
    condition: () => boolean | Promise<boolean>,
    { within = PATIENCE, every = 100 } = {},
  ): Promise<void> {
    const deadline = systemClock.monotonic() + within;
    while (!(await condition())) {
      if (systemClock.monotonic() > deadline) {
        const [shown, log] = [await this.#describe(), (await this.log()).slice(-4000)];
        throw new Error(`not within ${within} ms: ${condition}\n${log}\n${shown}`);
      }
      await systemClock.sleep(every);
    }
  }

  log(): Promise<string> {
    return Deno.readTextFile(`${this.folder}/daemon.log`).catch(() => "");
  }

  /** The log's whole lines, each as the object it is. @throws SyntaxError where one is no JSON */
  async logLines(): Promise<readonly LogLine[]> {
    const lines = (await this.log()).split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon !== null) await this.stopDaemon("SIGKILL");
    await this.#resources.disposeAsync();
  }

  /** What `list -o wide` and `status` show. */
  async #describe(): Promise<string> {
    const shown = [await this.run("list", "-o", "wide"), await this.run("status")];
    return shown.map(({ stdout, stderr }) => stdout + stderr).join("\n");
  }

  /** Puts a program into the folder that comes first on the daemon's path. */
  async installProgram(name: string, script: string): Promise<void> {
    await Deno.mkdir(this.#programs, { recursive: true });
    await Deno.writeTextFile(`${this.#programs}/${name}`, script, { mode: 0o755 });
  }

  get #programs(): string {
    return `${this.folder}/bin`;
  }

  get #environment(): Record<string, string> {
    const env = Object.entries(this.#env).map(([name, value]) => [name, this.filledIn(value)]);
    return {
      ...Object.fromEntries(env),
      OS_CLIENT_CONFIG_FILE: `${this.folder}/clouds.yaml`,
      PATH: `${this.#programs}:${Deno.env.get("PATH") ?? ""}`,
    };
  }

  #arguments(args: readonly string[]): string[] {
    return ["-c", this.configFile, ...args];
  }
}
