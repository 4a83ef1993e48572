/** The processes of the demonstration, the simulator and the daemon, and the commands that it runs beside them. */

import type { DemoFiles } from "./files.ts";
import type { NodeListView, NodeView } from "../../src/views/node_list.ts";

/** The files of a machine, and what its processes are started with. */
export interface PoolFiles {
  readonly clouds: string;
  readonly config: string;
  readonly daemonLog: string;
  /** A folder of programs that come before those of the machine. */
  readonly programs: string;
  readonly simulator: string;
  readonly ports: { readonly status: number };
  /** Besides the configuration; left out: none. */
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The simulator's counts of one of its clouds. */
interface CloudCounts {
  readonly servers: { readonly standing: number; readonly created: number };
}

/** Everything ends when it is disposed of: no process is left, whatever happened. */
export class DemoPool<Files extends PoolFiles = DemoFiles> implements AsyncDisposable {
  #daemon: Deno.ChildProcess | null = null;
  #simulator: Deno.ChildProcess | null = null;
  #simulatorUrl = "";

  constructor(
    readonly nodepool: string,
    readonly files: Files,
    readonly signal: AbortSignal,
  ) {}

  get #env(): Record<string, string> {
    return { OS_CLIENT_CONFIG_FILE: this.files.clouds, ...this.files.env };
  }

  /** All that follows the name of the program. */
  #words(args: readonly string[]): string[] {
    const { config, options = [] } = this.files;
    return ["-c", config, ...options, ...args];
  }

  get statusUrl(): string {
    return `http://127.0.0.1:${this.files.ports.status}`;
  }

  /** Resolves with the line that says where it is. */
  async startSimulator(): Promise<string> {
    const { simulator, clouds } = this.files;
    const args = ["-c", simulator, "simulate", "--listen", "127.0.0.1:0", "--clouds", clouds];
    this.#simulator = new Deno.Command(this.nodepool, { args, stdin: "null", stdout: "piped" }).spawn();
    const line = await firstLine(this.#simulator.stdout);
    const url = line.match(/http:\/\/\S+/)?.[0];
    if (url === undefined) throw new Error(`the simulator did not start: it said ${JSON.stringify(line)}`);
    this.#simulatorUrl = url.replace(/[,/]$/, "");
    return line;
  }

  /** Resolves once it answers; one that only builds has no status endpoint, and is not waited for. */
  async startDaemon(...options: readonly string[]): Promise<void> {
    const log = await Deno.open(this.files.daemonLog, { create: true, append: true });
    const args = this.#words(["daemon", ...options]);
    const daemon = new Deno.Command(this.nodepool, {
      args,
      env: { ...this.#env, PATH: `${this.files.programs}:${Deno.env.get("PATH") ?? ""}` },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#daemon = daemon;
    daemon.stderr.pipeTo(log.writable).catch(() => {});
    let exitCode: number | null = null;
    daemon.status.then(({ code }) => exitCode = code);
    if (options.includes("--builder-only")) return;
    await this.until("the daemon answers", async () => {
      if (exitCode !== null) throw new Error(`the daemon ended at its start with exit code ${exitCode}`);
      return await this.#isHealthy();
    });
  }

  async #isHealthy(): Promise<boolean> {
    try {
      const response = await fetch(`${this.statusUrl}/healthz`, { signal: this.signal });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  async killDaemon(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    const daemon = this.#daemon;
    if (daemon === null) throw new Error("no daemon runs");
    this.#daemon = null;
    daemon.kill(signal);
    return await daemon.status;
  }

  /** Runs a command of nodepool quietly. */
  async run(...args: string[]): Promise<{ success: boolean; out: string; err: string }> {
    const command = new Deno.Command(this.nodepool, {
      args: this.#words(args),
      env: this.#env,
      stdin: "null",
      signal: this.signal,
    });
    const { success, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { success, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  }

  /** Runs a command of nodepool and shows it with its output, as a person would see it. */
  async show(...args: string[]): Promise<string> {
    console.log(`$ nodepool ${args.map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(" ")}`);
    const { success, out, err } = await this.run(...args);
    if (out + err !== "") console.log((out + err).trimEnd());
    if (!success) throw new Error(`nodepool ${args.join(" ")} failed`);
    return out;
  }

  /** Runs a command of nodepool quietly. @returns its output @throws Error when it fails */
  async must(...args: string[]): Promise<string> {
    const { success, out, err } = await this.run(...args);
    if (!success) throw new Error(`nodepool ${args.join(" ")} failed: ${err}`);
    return out;
  }

  async nodes(): Promise<readonly NodeView[]> {
    return (JSON.parse(await this.must("list", "-o", "json")) as NodeListView).nodes;
  }

  /** The simulator's own counts of its clouds. */
  async clouds(): Promise<readonly CloudCounts[]> {
    const response = await fetch(`${this.#simulatorUrl}/_simulator/state`, { signal: this.signal });
    return Object.values((await response.json()).clouds);
  }

  /** Waits until it is so, looking a few times a second. */
  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    while (!await isSo()) {
      if (this.signal.aborted) {
        throw new Error(`gave up waiting until ${what}`, { cause: this.signal.reason });
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#daemon, this.#simulator]) {
      if (child === null) continue;
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended.
      }
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await child.status;
      clearTimeout(late);
    }
    this.#daemon = this.#simulator = null;
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  drain(reader);
  return text.split("\n")[0] ?? "";
}

/** Output that nobody reads would fill the pipe one day and stop the writer. */
async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}
