/**
 * Clients of a running pool, all in this process: each takes nodes for a job over the control socket just as `acquire`
 * does, has the job run for a moment, and gives them back as `release` does. They outlast daemons that are killed.
 * Keeps who got what; for end-to-end tests and benchmarks.
 */
import { acquireNodes } from "../../src/cli/acquire_nodes.ts";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { NoDaemonError } from "../../src/cli/cli_error.ts";
import { ControlError, NoAnswerError } from "../../src/control/control_error.ts";
import type { PoolClient } from "../../src/control/pool_client.ts";
import type { IdOutcome } from "../../src/control/operation.ts";
import { type Milliseconds, MINUTE } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import type { RunningPool } from "./running_pool.ts";

export interface Job {
  readonly label: string;
  readonly count: number;
  readonly name: string;
  readonly time: Milliseconds;
  readonly result: "SUCCESS" | "FAILURE";
}

/** What a job was given. */
export interface Grant {
  readonly job: Job;
  readonly request: number;
  readonly nodes: readonly number[];
  /** By this machine's clock, as the daemon's log is. */
  readonly askedAt: number;
  readonly answeredAt: number;
  /** When it was first given back; null: not yet. */
  readonly releasedAt: number | null;
}

/** Whom clients ask. */
interface TrafficPool extends Pick<RunningPool, "configFile"> {
  /** Whoever has the pool; null: nobody now. */
  connect(): Promise<PoolClient | null>;
}

interface TrafficOptions {
  readonly clients: number;
  /** The next job of whichever client is free; null: no more. */
  readonly nextJob: () => Job | null;
}

type Writable<Fields> = { -readonly [Key in keyof Fields]: Fields[Key] };

/** Longest wait for a node: nobody is to come near it. */
const WAIT = 5 * MINUTE;
/** Between two looks for a daemon. */
const LOOK = 50;

export class Traffic {
  /** In the order of their answers. */
  readonly grants: Grant[] = [];
  /** What releases said. */
  readonly ends: IdOutcome[] = [];
  readonly #pool: TrafficPool;

  constructor(pool: TrafficPool) {
    this.#pool = pool;
  }

  /** Runs until there are no more jobs and each has ended. The first failure of a client is thrown. */
  async run({ clients, nextJob }: TrafficOptions): Promise<void> {
    const isFailed = new AbortController();
    const client = async () => {
      for (let job = nextJob(); job !== null && !isFailed.signal.aborted; job = nextJob()) {
        await this.#runJob(job, isFailed.signal);
      }
    };
    const running = Array.from({ length: clients }, () =>
      client().catch((error) => {
        isFailed.abort(error);
        throw error;
      }));
    await Promise.allSettled(running);
    if (isFailed.signal.aborted) throw isFailed.signal.reason;
  }

  async #runJob(job: Job, signal: AbortSignal): Promise<void> {
    const askedAt = systemClock.now();
    let grant: Writable<Grant> | null = null;
    await this.#insist(signal, () =>
      acquireNodes(contextOf(this.#pool, signal), {
        failFast: null,
        label: job.label,
        count: job.count,
        job: job.name,
        wait: WAIT,
        deliver: ({ request, nodes }) => {
          const ids = nodes.map(({ id }) => id);
          grant = { job, request, nodes: ids, askedAt, answeredAt: systemClock.now(), releasedAt: null };
          this.grants.push(grant);
          return Promise.resolve();
        },
      }));
    await systemClock.sleep(job.time, { signal });
    grant!.releasedAt = systemClock.now();
    await this.#release(grant!, signal);
  }

  async #release({ nodes, job }: Grant, signal: AbortSignal): Promise<void> {
    const outcomes = await this.#insist(signal, async () => {
      await using daemon = await this.#pool.connect();
      if (daemon === null) throw new NoDaemonError("no daemon is running");
      return await daemon.ask("release", { ids: nodes, result: job.result, job: null }, { signal });
    });
    this.ends.push(...outcomes);
  }

  /** As often as it takes: a client that finds no daemon, or one that is killed, comes back. */
  async #insist<Answer>(signal: AbortSignal, attempt: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (!isGone(error)) throw error;
        await systemClock.sleep(LOOK, { signal });
      }
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof NoDaemonError || error instanceof NoAnswerError ||
    (error instanceof ControlError && error.status === 503);
}

/** What a command has around it, of which `acquire` needs little. */
export function contextOf({ configFile }: TrafficPool, signal: AbortSignal): CliContext {
  const silent = { write() {}, columns: null, rows: null };
  const unused = () => {
    throw new Error("acquire needs the daemon's socket only");
  };
  return {
    io: {
      stdout: silent,
      stderr: silent,
      clock: systemClock,
      random: systemRandom,
      env: () => undefined,
      ssh: () => Promise.resolve(0),
      page: () => Promise.resolve(),
      isInteractive: () => false,
      ask: () => Promise.resolve(null),
      account: () => null,
      folder: () => null,
      home: () => "/",
      interrupts: () => ({ signal, [Symbol.dispose]() {} }),
      onResize: unused,
    },
    wiring: {
      runDaemon: unused,
      startInBackground: unused,
      openOfflinePool: unused,
      openEtcdPool: async (options) => (await import("../../src/etcd_pool.ts")).openEtcdPool(options),
      openForegroundPool: unused,
      simulate: unused,
      describeQuirks: unused,
      checkOnline: unused,
      writeFirstConfig: unused,
      stateFiles: unused,
      describeVersion: unused,
    },
    program: { name: "nodepool", file: null },
    config: null,
    argv: [],
    globals: () => ({ config: configFile, secure: null, logConfig: null, debug: false }),
    remoteWords: [],
    usageCode: 2,
    exitCode: 0,
  };
}
