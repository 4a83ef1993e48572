/**
 * One machine of a pool on several: a daemon as a process of its own with its folder, its own way to every member of
 * etcd and to the clouds, all of which a test can break. While it is on, a daemon that ends is started again, as a
 * service manager does.
 */
import type { Instant } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { RunningPool } from "../e2e/running_pool.ts";
import { CloudDoor } from "./cloud_door.ts";
import { TcpProxy } from "./tcp_proxy.ts";

/** How a way to etcd can be: whole, or broken as `TcpProxy` can break it. */
export type Way = "heal" | "cut" | "swallowAnswers" | "refuse";

interface End {
  readonly code: number;
  /** By the monotonic clock. */
  readonly at: Instant;
}

interface MachineOptions {
  readonly name: string;
  /** The configuration; ETCD in it becomes the addresses of etcd's members as this machine reaches them. */
  readonly config: string;
  /** Of the daemon: `--builder-only`. */
  readonly options: readonly string[];
  readonly beside: Pick<RunningPool, "simulator" | "served">;
  /** Ports of this machine where etcd's members answer. */
  readonly members: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Between the end of a daemon and its next start. */
const RESTART = 500;

export class Machine implements AsyncDisposable {
  readonly name: string;
  /** Its commands, folder, log and control socket. */
  readonly pool: RunningPool;
  readonly clouds: CloudDoor;
  /** How its daemons ended, the last one last. */
  readonly ends: End[] = [];
  readonly #options: readonly string[];
  readonly #ways: readonly TcpProxy[];
  readonly #resources: AsyncDisposableStack;
  #on: Promise<void> | null = null;
  #isToEnd = false;

  static async set({ name, config, options, beside, members, env = {} }: MachineOptions): Promise<Machine> {
    await using made = new AsyncDisposableStack();
    const clouds = made.use(await CloudDoor.open(beside.served.baseUrl));
    const ways = await Promise.all(members.map((member) => TcpProxy.open(member)));
    for (const way of ways) made.use(way);
    const etcd = ways.map(({ port }) => `https://127.0.0.1:${port}`).join(",");
    const pool = made.use(
      await RunningPool.start({
        config: config.replaceAll("ETCD", etcd),
        beside: { simulator: beside.simulator, served: { ...beside.served, baseUrl: clouds.baseUrl } },
        env: { XDG_RUNTIME_DIR: "FOLDER", ...env },
        socket: "FOLDER/nodepool-ci.sock",
      }),
    );
    return new Machine({ name, pool, clouds, ways, options, resources: made.move() });
  }

  private constructor({ name, pool, clouds, ways, options, resources }: {
    name: string;
    pool: RunningPool;
    clouds: CloudDoor;
    ways: readonly TcpProxy[];
    options: readonly string[];
    resources: AsyncDisposableStack;
  }) {
    this.name = name;
    this.pool = pool;
    this.clouds = clouds;
    this.#ways = ways;
    this.#options = options;
    this.#resources = resources;
  }

  /** From now on a daemon runs, or is started again. */
  switchOn(): void {
    this.#isToEnd = false;
    this.#on ??= this.#keepRunning();
  }

  /** Ends the daemon with the signal. @returns its exit code */
  async switchOff(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    this.#isToEnd = true;
    this.signal("SIGCONT");
    this.signal(signal);
    await this.#on;
    this.#on = null;
    return this.ends.at(-1)!.code;
  }

  /** To the daemon, or to one that there was; between two daemons it reaches nobody. */
  signal(signal: Deno.Signal, pid: number | null = this.pid): void {
    if (pid === null) return;
    try {
      Deno.kill(pid, signal);
    } catch {
      // It has just ended.
    }
  }

  /** The process of the daemon; null: none runs now. */
  get pid(): number | null {
    try {
      return this.pool.pid;
    } catch {
      return null;
    }
  }

  /** Changes its ways to etcd: all, or those to some members. */
  etcd(way: Way, members: readonly number[] = this.#ways.map((_, index) => index)): void {
    for (const member of members) this.#ways[member]![way]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#on !== null) await this.switchOff("SIGKILL");
    await this.#resources.disposeAsync();
  }

  async #keepRunning(): Promise<void> {
    while (!this.#isToEnd) {
      this.pool.startDaemon(...this.#options);
      const code = await this.pool.daemonsEnd();
      this.ends.push({ code, at: systemClock.monotonic() });
      if (!this.#isToEnd) await systemClock.sleep(RESTART);
    }
  }
}
