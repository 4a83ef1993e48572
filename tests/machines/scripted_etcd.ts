/**
 * An etcd in memory on a virtual clock, with a client for each process. A plan decides the fate of each request: how
 * long it and its answer take, whether one of them gets lost, whether it is done twice, or done after the client has
 * given it up. A client can be cut off, too. Without a plan every answer comes at once.
 */
import type { EtcdMemberReport } from "../../src/domain/machines_report.ts";
import { type Etcd, EtcdError } from "../../src/etcd/etcd.ts";
import type { Call } from "../../src/lib/call.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { Random } from "../../src/lib/random.ts";
import { EtcdInMemory, noRoom } from "./etcd_in_memory.ts";

/** All times are milliseconds. */
interface Fate {
  /** Until the request reaches etcd. */
  readonly there?: number;
  /** Until the answer is back. */
  readonly back?: number;
  /**
   * `unreachable`: never sent; `request lost`: sent, not done, no answer; `answer lost`: done, no answer; `late`: the
   * client gives it up, and `after` milliseconds later it is done all the same; `repeated`: something on the way sends
   * it twice, and the second's answer comes back; `filling`: etcd does it, is full with that, and refuses it all the same.
   */
  readonly end?: "unreachable" | "request lost" | "answer lost" | "late" | "repeated" | "filling";
  /** Of `late` and `repeated`: until it is done (once more). */
  readonly after?: number;
}

type Method = "range" | "transact" | "grantLease" | "keepAlive" | "revokeLease" | "status";

type Plan = (request: { readonly client: string; readonly method: Method }) => Fate;

interface Options {
  readonly clock: Clock;
  readonly plan?: Plan;
}

/** How long a client waits for what does not come. */
const PATIENCE = 2_000;

export class ScriptedEtcd {
  readonly clock: Clock;
  readonly server: EtcdInMemory;
  /** Decides from now on. */
  plan: Plan;
  /** The clients that reach no member. */
  readonly cutOff = new Set<string>();
  /** How the members are; empty: as one that is well. */
  members: readonly EtcdMemberReport[] = [];
  /** Of every client: by how much etcd's clock is ahead of this machine's. */
  clockAhead = 0;

  constructor({ clock, plan = () => ({}) }: Options) {
    this.clock = clock;
    this.server = new EtcdInMemory(clock);
    this.plan = plan;
  }

  /** What a process has of it. @param client names the process */
  client(client: string): Etcd {
    const { server } = this;
    const clockAhead = () => this.clockAhead;
    const ask = <Answer>(method: Method, call: Call, work: () => Answer) =>
      this.#ask({ client, method }, { call, work });
    return {
      range: (request, call) => ask("range", call, () => server.range(request)),
      transact: (transaction, call) => ask("transact", call, () => server.transact(transaction)),
      grantLease: (options, call) => ask("grantLease", call, () => server.grantLease(options)),
      keepAlive: (lease, call) => ask("keepAlive", call, () => server.keepAlive(lease)),
      revokeLease: (lease, call) => ask("revokeLease", call, () => server.revokeLease(lease)),
      status: (call) => ask("status", call, () => this.members.length > 0 ? this.members : [this.#status()]),
      get clockAhead() {
        return clockAhead();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  async #ask<Answer>(
    request: { readonly client: string; readonly method: Method },
    { call: { signal }, work }: { call: Call; work: () => Answer },
  ): Promise<Answer> {
    signal.throwIfAborted();
    const { there = 0, back = 0, end, after = 0 } = this.plan(request);
    if (end === "unreachable") throw unreachable();
    await this.#pass(there, signal);
    // What was on its way when its client was cut off arrives, or does not, as the plan has it.
    if (this.cutOff.has(request.client)) return await this.#giveUp(signal);
    if (end === "request lost") return await this.#giveUp(signal);
    if (end === "late") {
      void this.clock.sleep(PATIENCE + after).then(work).catch(() => {});
      return await this.#giveUp(signal);
    }
    const first = attempt(work);
    if (end === "answer lost") return await this.#giveUp(signal);
    if (end === "filling") {
      this.server.isFull = true;
      throw noRoom();
    }
    if (end === "repeated") await this.#pass(after, signal);
    const last = end === "repeated" ? attempt(work) : first;
    await this.#pass(back, signal);
    return last();
  }

  async #pass(milliseconds: number, signal: AbortSignal): Promise<void> {
    // Every request takes a turn, as every real one does.
    if (milliseconds === 0) await Promise.resolve();
    else await this.clock.sleep(milliseconds, { signal });
    signal.throwIfAborted();
  }

  async #giveUp(signal: AbortSignal): Promise<never> {
    await this.clock.sleep(PATIENCE, { signal });
    throw new EtcdError("lost", "etcd did not answer within 2 s");
  }

  #status(): EtcdMemberReport {
    return {
      endpoint: "http://etcd.invalid:2379",
      problem: null,
      version: "3.4.23",
      databaseSize: 20_480,
      quota: 2 * 2 ** 30,
      isRaftLeader: true,
      isFull: this.server.isFull,
    };
  }
}

/** How often each thing happens to a request, from 0 to 1. */
interface Odds {
  readonly delayed: number;
  readonly lost: number;
  readonly repeated: number;
}

/** A plan by chance: the same for the same seed and order of requests. */
export function planByChance(random: Random, { delayed, lost, repeated }: Odds): Plan {
  const some = () => 1 + random.integer(400);
  return () => {
    const [there, back] = [0, 1].map(() => random.float() < delayed ? some() : 0);
    const dice = random.float();
    if (dice < lost) {
      const end = random.pick(["unreachable", "request lost", "answer lost", "answer lost", "late"] as const);
      return { there, back, end, after: random.integer(4_000) };
    }
    return dice < lost + repeated
      ? { there, back, end: "repeated", after: random.integer(300) }
      : { there, back };
  };
}

function unreachable(): EtcdError {
  return new EtcdError("unreachable", "no member of etcd can be reached");
}

/** What it gives or throws, for later. */
function attempt<Answer>(work: () => Answer): () => Answer {
  try {
    const answer = work();
    return () => answer;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
