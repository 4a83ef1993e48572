/** Runs the command line in-process: a daemon's socket (or none) in a temporary folder, output in buffers. */
import { join } from "node:path";
import { InterruptedError } from "../../src/cli/cli_error.ts";
import type { CliIo } from "../../src/cli/cli_io.ts";
import type { InvokedProgram } from "../../src/cli/invoked_program.ts";
import { runCli } from "../../src/cli/main.ts";
import type { Wiring } from "../../src/cli/wiring.ts";
import type { OnlineCheck } from "../../src/domain/online_check.ts";
import { serveControl } from "../../src/control/listen_control.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { ScriptedPool } from "../control/scripted_pool.ts";
import { NOW } from "../views/sample_pool.ts";

/** What requests are marked with. */
export const TOKEN = "6f1de0a3-0000-4000-8000-000000000001";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where commands are run: has a configuration file whose state, and so whose socket, lies in its own folder. */
export class CliBench implements AsyncDisposable {
  readonly clock = new VirtualClock(NOW);
  readonly pool = new ScriptedPool();
  /** What the wiring was called with. */
  readonly wired: { readonly name: string; readonly options: object }[] = [];
  readonly env: Record<string, string> = { USER: "maria" };
  workingFolder: string | null = "/";
  /** Of the terminal; null: piped. */
  columns: number | null = null;
  errorColumns: number | null = null;
  rows: number | null = null;
  stdout = "";
  stderr = "";
  /** What runs as OpenSSH's client. */
  ssh: (args: readonly string[]) => Promise<number> = () => Promise.resolve(0);
  /** What is typed, line by line; null: nobody is there to type. */
  typed: string[] | null = null;
  /** What was shown a screen at a time. */
  paged = "";
  /** What `config-validate --online` finds. */
  onlineChecks: readonly OnlineCheck[] = [];
  /** Of a state in etcd. */
  etcdPool: Wiring["openEtcdPool"] = () => Promise.reject(new Error("no etcd is here"));
  /** Stands for the making of a first configuration. */
  firstConfig: Wiring["writeFirstConfig"] = () =>
    Promise.reject(new Error("no first configuration is made here"));
  /** Called before standard output is written to. */
  beforeWrite: () => void = () => {};
  /** As the size of the terminal changes, `columns` and `rows` being the new one already. */
  resize: () => void = () => {};
  #interrupts = new AbortController();
  #daemon: AsyncDisposable | null = null;
  /** What the socket's routes failed of by themselves; a test that expects any takes them out. */
  readonly defects: unknown[] = [];

  private constructor(readonly folder: string, readonly resources: AsyncDisposableStack) {}

  /** With a daemon that listens, or without. */
  static async open({ daemon = true }: { daemon?: boolean } = {}): Promise<CliBench> {
    await using resources = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "np" });
    resources.defer(() => Deno.remove(folder, { recursive: true }));
    const bench = new CliBench(folder, resources.move());
    await Deno.writeTextFile(bench.configFile, `# test\nstate: ${bench.state}\nlabels: []\n`);
    if (daemon) await bench.startDaemon();
    return bench;
  }

  get configFile(): string {
    return join(this.folder, "nodepool.yaml");
  }

  get state(): string {
    return join(this.folder, "pool.kv");
  }

  get socketPath(): string {
    return `${this.state}.sock`;
  }

  async startDaemon(): Promise<void> {
    const onDefect = (error: unknown) => this.defects.push(error);
    this.#daemon = await serveControl(this.pool, { socketPath: this.socketPath, onDefect });
  }

  async stopDaemon(): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]();
    this.#daemon = null;
  }

  /** The output of this command alone. */
  run(...argv: string[]): Promise<Outcome> {
    return this.runAs({ name: "nodepool", file: null }, ...argv);
  }

  /** The same, where the program was called otherwise. */
  runAs(program: InvokedProgram, ...argv: string[]): Promise<Outcome> {
    return this.runBare(program, "-c", this.configFile, ...argv);
  }

  /** The same, where no configuration is named. */
  async runBare(program: InvokedProgram, ...argv: string[]): Promise<Outcome> {
    this.stdout = this.stderr = this.paged = "";
    this.#interrupts = new AbortController();
    const code = await runCli(argv, {
      program,
      wiring: this.#wiring(),
      io: this.#io(),
    });
    return { code, stdout: this.stdout, stderr: this.stderr };
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#interrupts.abort(new InterruptedError("interrupted"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopDaemon();
    await this.resources.disposeAsync();
    if (this.defects.length > 0) throw new AggregateError(this.defects, "the control socket had defects");
  }

  #io(): CliIo {
    const size = { columns: () => this.columns, rows: () => this.rows };
    return {
      stdout: {
        get columns() {
          return size.columns();
        },
        get rows() {
          return size.rows();
        },
        write: (text) => {
          this.beforeWrite();
          this.stdout += text;
        },
      },
      stderr: { columns: this.errorColumns, rows: null, write: (text) => void (this.stderr += text) },
      clock: this.clock,
      random: { uuid: () => TOKEN },
      env: (name) => this.env[name],
      ssh: (args) => this.ssh(args),
      page: (text) => {
        this.paged += text;
        return Promise.resolve();
      },
      isInteractive: () => this.typed !== null,
      ask: (prompt) => {
        this.stderr += prompt;
        return Promise.resolve(this.typed?.shift() ?? null);
      },
      account: () => "maria-by-account",
      folder: () => this.workingFolder,
      home: () => this.folder,
      interrupts: () => ({ signal: this.#interrupts.signal, [Symbol.dispose]() {} }),
      onResize: (listener) => {
        this.resize = listener;
        return { [Symbol.dispose]: () => this.resize = () => {} };
      },
    };
  }

  #wiring(): Wiring {
    const note = (name: string, options: object) => this.wired.push({ name, options });
    return {
      runDaemon: (options) => Promise.resolve(note("daemon", options)),
      startInBackground: (options) => Promise.resolve(note("background", options)),
      openOfflinePool: (options) => {
        note("offline", options);
        return Promise.resolve(this.pool);
      },
      openEtcdPool: (options) => {
        note("etcd", options);
        return this.etcdPool(options);
      },
      openForegroundPool: (options) => {
        note("foreground", options);
        return Promise.resolve(this.pool);
      },
      checkOnline: (options) => {
        note("online", options);
        return Promise.resolve(this.onlineChecks);
      },
      writeFirstConfig: (options) => {
        note("init", options);
        return this.firstConfig(options);
      },
      stateFiles: async (files) => (await import("../../src/state_files.ts")).stateFiles(files),
      simulate: async (options) => {
        note("simulate", options);
        await new Promise((resolve) => options.signal.addEventListener("abort", resolve));
      },
      describeQuirks: () => Promise.resolve("quirks:\n  gzip  Answers are compressed."),
      describeVersion: () => Promise.resolve("nodepool 1.2.3 (commit abc, Deno 9.9.9)"),
    };
  }
}
