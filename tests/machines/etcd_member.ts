/** One member of a test's etcd: its process, and the ways to it. `EtcdCluster` has three. */
import type { TcpProxy } from "./tcp_proxy.ts";

interface MemberOptions {
  readonly args: readonly string[];
  readonly logFile: string;
  /** The way that clients take, and that of the other members. */
  readonly clients: TcpProxy;
  readonly peers: TcpProxy;
}

export class EtcdMember implements AsyncDisposable {
  readonly clients: TcpProxy;
  readonly peers: TcpProxy;
  readonly #args: readonly string[];
  readonly #logFile: string;
  #process: Deno.ChildProcess | null = null;

  constructor({ args, logFile, clients, peers }: MemberOptions) {
    this.#args = args;
    this.#logFile = logFile;
    this.clients = clients;
    this.peers = peers;
  }

  /** Of its process; 0: it does not run. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** With the data that it has. */
  start(): void {
    // The shell gives its place, and its process id, to etcd.
    const command = new Deno.Command("/bin/sh", {
      args: ["-c", 'log=$1; shift; exec etcd "$@" >>"$log" 2>&1', "sh", this.#logFile, ...this.#args],
      env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin:/usr/bin:/sbin:/bin` },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    this.#process = command.spawn();
  }

  /** `kill -9`, also of a stopped one. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.#process?.status;
    this.#process = null;
  }

  /** It keeps its connections and answers nothing. */
  stop(): void {
    this.#signal("SIGSTOP");
  }

  continue(): void {
    this.#signal("SIGCONT");
  }

  async log(): Promise<string> {
    return await Deno.readTextFile(this.#logFile).catch(() => "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Promise.all([this.clients[Symbol.asyncDispose](), this.peers[Symbol.asyncDispose]()]);
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#process?.kill(signal);
    } catch (error) {
      // It ended by itself: the test sees that by what it asks of it.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}
