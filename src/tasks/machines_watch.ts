/**
 * Looks every five seconds at the other machines of the pool and at the members of etcd, for what people see, and tells who
 * comes and goes as events. It waits for nothing but its own requests, and what it does not learn it says: nothing else
 * depends on it. The pool of a leader has one.
 */
import { MachineRoll, type SeenMachines } from "../domain/machine_roll.ts";
import type { MachinesReport } from "../domain/machines_report.ts";
import { DAY, type Instant, SECOND } from "../domain/time.ts";
import type { Machines } from "../lead/machines.ts";
import { lookAtMachines } from "../lead/read_records.ts";
import type { Clock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { Ledger } from "../store/ledger.ts";
import { CompactionWatch } from "./compaction_watch.ts";
import type { TaskRegistry } from "./task_registry.ts";

const PERIOD = 5 * SECOND;

/** A member of etcd that hangs must not make the others look old. */
const TIMEOUT = 5 * SECOND;

/** Events that are read at a time. */
const PAGE = 1_000;

interface MachinesWatchDeps {
  readonly machines: Machines;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
}

type Seen = Pick<MachinesReport, "leader" | "members" | "etcd">;

export class MachinesWatch {
  readonly #deps: MachinesWatchDeps;
  readonly #roll: MachineRoll;
  readonly #compaction = new CompactionWatch();
  #isRead = false;
  #seen: Seen;
  #lookedAt: Instant | null = null;
  #problem: string | null = null;

  constructor(deps: MachinesWatchDeps) {
    this.#deps = deps;
    const { former = null, self: leader } = deps.machines;
    this.#roll = new MachineRoll(former);
    this.#seen = { leader, members: [], etcd: [] };
    deps.tasks.add({ name: "machines", period: PERIOD, run: (signal) => this.#run(signal) });
  }

  get report(): Omit<MachinesReport, "config" | "builders" | "whyNobodyBuilds"> {
    const { machines: { keys, self, leadership, etcd }, clock } = this.#deps;
    return {
      pool: keys.pool,
      self,
      isSure: leadership.isSure,
      ...this.#seen,
      lost: this.#roll.lost(clock.now()),
      clockAhead: etcd.clockAhead,
      uncompactedFor: this.#compaction.missingFor,
      lookedAt: this.#lookedAt,
      problem: this.#problem,
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      await this.#look(signal);
      this.#problem = null;
    } catch (error) {
      if (signal.aborted) throw error;
      this.#problem = errorChain(error);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { machines: { etcd, keys }, clock } = this.#deps;
    await this.#readEvents();
    using call = startDeadline({ clock, timeout: TIMEOUT, signal });
    const { etcd: status, pool, error } = await lookAtMachines(etcd, keys, call);
    this.#seen = { ...this.#seen, ...pool, etcd: status };
    if (pool === null) throw error;
    this.#lookedAt = clock.now();
    await this.#compaction.look(etcd, { key: keys.leader, now: clock.monotonic(), signal: call.signal });
    const { leader, members } = pool;
    if (leader?.id === this.#deps.machines.self.id) await this.#tell({ leader, members });
  }

  /** Whom the leader before this one knew. */
  async #readEvents(): Promise<void> {
    if (this.#isRead) return;
    const { ledger, clock } = this.#deps;
    for (let after = await ledger.lastEventBefore(clock.now() - DAY);;) {
      const events = await ledger.listEvents({ after, limit: PAGE });
      for (const event of events) this.#roll.note(event, event.at);
      if (events.length === 0) break;
      after = events.at(-1)!.id;
    }
    this.#isRead = true;
  }

  async #tell(seen: SeenMachines): Promise<void> {
    const { ledger, clock } = this.#deps;
    const news = this.#roll.newsOf(seen);
    if (news.length > 0) await ledger.edit((edit) => news.forEach((event) => edit.tell(event)));
    for (const event of news) this.#roll.note(event, clock.now());
    this.#roll.see(seen);
  }
}
