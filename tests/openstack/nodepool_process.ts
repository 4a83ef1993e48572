/**
 * The real program as processes of its own, with a configuration, a state and a key pair in a temporary folder: what
 * the end-to-end tests drive pools with. Its daemon and the folder end with it, whatever happened.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/lib/clock.ts";
import { SECOND } from "../../src/domain/time.ts";
import type { LabelListView } from "../../src/views/label_list.ts";
import type { NodeListView, NodeView } from "../../src/views/node_list.ts";
import { runCommand } from "./run_command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export class NodepoolProcess implements AsyncDisposable {
  /** For `ssh -i`. */
  readonly keyFile: string;
  readonly #program: readonly string[];
  readonly #patience: number;
  readonly #config: string;
  readonly #log: string;
  readonly #statusPort = freePort();
  #daemon: Deno.ChildProcess | null = null;
  /** Of its processes, besides this one's. */
  readonly env: Record<string, string> = {};

  /** @param options `patience`: how long anything that is waited for may take */
  static async create({ patience = 300 * SECOND } = {}): Promise<NodepoolProcess> {
    const folder = await Deno.makeTempDir({ prefix: "nodepool-" });
    const pool = new NodepoolProcess(folder, { program: await findProgram(), patience });
    await runCommand("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "nodepool", "-f", pool.keyFile]);
    return pool;
  }

  private constructor(
    readonly folder: string,
    { program, patience }: { program: readonly string[]; patience: number },
  ) {
    this.#program = program;
    this.#patience = patience;
    this.keyFile = `${folder}/id_ed25519`;
    this.#config = `${folder}/nodepool.yaml`;
    this.#log = `${folder}/daemon.log`;
  }

  /** A line of an authorized_keys file. */
  get publicKey(): Promise<string> {
    return Deno.readTextFile(`${this.keyFile}.pub`).then((line) => line.trim());
  }

  get statusUrl(): string {
    return `http://127.0.0.1:${this.#statusPort}`;
  }

  /** Writes the configuration; where the state and the status endpoint are is added to it. */
  async configure(text: string): Promise<void> {
    const own = `state: ${this.folder}/nodepool.kv\nstatus: { listen: "127.0.0.1:${this.#statusPort}" }\n`;
    await Deno.writeTextFile(this.#config, `${own}${text}`, { mode: 0o600 });
  }

  /** Has `init` write the configuration; where the status endpoint is is added to it. @returns what init says */
  async initialize(...words: string[]): Promise<string> {
    const said = await this.succeed("init", "--yes", ...words);
    const own = `status: { listen: "127.0.0.1:${this.#statusPort}" }\n`;
    await Deno.writeTextFile(this.#config, own, { append: true });
    return said;
  }

  /** Runs a command to its end. */
  run(...args: string[]) {
    const [command, ...words] = [...this.#program, "-c", this.#config, ...args];
    return runCommand(command!, words, { failing: true, env: this.env });
  }

  /** What a command that must succeed prints. */
  async succeed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    assert.equal(code, 0, `nodepool ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Resolves when the status endpoint answers; what the daemon logs goes to a file that failures show. */
  async startDaemon({ env = {} }: { env?: Record<string, string> } = {}): Promise<void> {
    assert.equal(this.#daemon, null, "one daemon at a time");
    const script = `exec "$@" >>"${this.#log}" 2>&1`;
    const args = ["-c", script, "nodepool", ...this.#program, "-c", this.#config, "daemon"];
    this.#daemon = new Deno.Command("/bin/sh", { args, env: { ...this.env, ...env }, stdin: "null" }).spawn();
    await this.until("the daemon answers", () => this.#asks("/healthz"));
  }

  /** @returns the daemon's exit code */
  async endDaemon(signal: Deno.Signal): Promise<number> {
    const daemon = this.#daemon;
    assert.ok(daemon !== null, "a daemon runs");
    this.#daemon = null;
    daemon.kill(signal);
    return (await daemon.status).code;
  }

  /** A list of the status endpoint. */
  // deno-lint-ignore no-explicit-any
  async fetch<View = any>(path: string): Promise<View> {
    const response = await fetch(`${this.statusUrl}${path}`, { headers: { accept: "application/json" } });
    return await response.json();
  }

  async nodes(state?: NodeView["state"]): Promise<readonly NodeView[]> {
    const { nodes } = await this.fetch<NodeListView>("/node-list");
    return state === undefined ? nodes : nodes.filter((node) => node.state === state);
  }

  async untilReady(count: number): Promise<readonly NodeView[]> {
    await this.until(`${count} nodes are ready`, async () => (await this.nodes("ready")).length >= count);
    return await this.nodes("ready");
  }

  async untilGone(id: number): Promise<void> {
    await this.until(`node ${id} is gone`, async () => (await this.nodes()).every((node) => node.id !== id));
  }

  /** Asks for no nodes any more, deletes those there are, and stops the daemon. */
  async drain(): Promise<void> {
    const text = await Deno.readTextFile(this.#config);
    await Deno.writeTextFile(this.#config, text.replaceAll(/min-ready: \d+/g, "min-ready: 0"));
    await this.until("the daemon has read its configuration", async () => {
      const { labels } = await this.fetch<LabelListView>("/label-list");
      return labels.every(({ min_ready }) => (min_ready ?? 0) <= 0);
    });
    const ids = (await this.nodes()).map(({ id }) => String(id));
    if (ids.length > 0) await this.run("delete", ...ids, "--now"); // one may have gone by itself
    await this.until("no node is left", async () => (await this.nodes()).length === 0);
    assert.equal(await this.endDaemon("SIGTERM"), 0, "the daemon ends well");
  }

  /** Waits until it is so. @throws Error when it is not so in time */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = systemClock.monotonic() + this.#patience;
    while (!await isSo()) {
      assert.ok(systemClock.monotonic() < deadline, `waited ${this.#patience / SECOND} s until ${what}`);
      await systemClock.sleep(SECOND / 4);
    }
  }

  /** Runs a test's own part; when that fails, the pool as it then stands is printed. */
  async during(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      console.error(error, await this.#describe()); // here, as an error while cleaning up would hide it
      throw error;
    }
  }

  /** The pool as it stands and the end of the daemon's log, for somebody who wonders what went wrong. */
  async #describe(): Promise<string> {
    const lists = ["list", "label-list", "provider-list"].map((list) => this.run(list, "-o", "wide"));
    const printed = (await Promise.all(lists)).map(({ stdout, stderr }) => stdout + stderr);
    const log = await Deno.readTextFile(this.#log).catch(() => "");
    return [...printed, ...log.split("\n").slice(-60)].join("\n");
  }

  async #asks(path: string): Promise<boolean> {
    try {
      const response = await fetch(`${this.statusUrl}${path}`);
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon !== null) await this.endDaemon("SIGKILL");
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** NODEPOOL_BINARY, else dist/nodepool where it is newer than the sources, else the sources themselves. */
async function findProgram(): Promise<readonly string[]> {
  const named = Deno.env.get("NODEPOOL_BINARY");
  if (named !== undefined) return [named];
  const built = await Deno.stat(`${root}dist/nodepool`).catch(() => null);
  const changed = await Promise.all(
    [`${root}src`, `${root}mod.ts`, `${root}deno.json`].map(newest),
  );
  if (built !== null && Math.max(...changed) < modified(built)) return [`${root}dist/nodepool`];
  return [`${root}scripts/deno`, "run", "-A", "--no-check", `--config=${root}deno.json`, `${root}mod.ts`];
}

async function newest(path: string): Promise<number> {
  const info = await Deno.stat(path);
  if (!info.isDirectory) return modified(info);
  const inside = await Array.fromAsync(Deno.readDir(path), ({ name }) => newest(`${path}/${name}`));
  return Math.max(...inside);
}

function modified({ mtime }: Deno.FileInfo): number {
  return mtime?.getTime() ?? 0;
}

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
