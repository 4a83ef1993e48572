/**
 * How a process comes to lead a pool: it looks for the key `leader` twice a second and, while nobody has put it there, puts
 * its own record there, on a lease, in a transaction that only one can win. It is no watch, which would fall silent on a
 * member of etcd that is cut off from the others. `member.ts` calls it; a standby is a process that campaigns.
 */
import { askEtcd } from "../etcd/ask_etcd.ts";
import type { Etcd, EtcdEntry } from "../etcd/etcd.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { SECOND } from "../domain/time.ts";
import { HeldLeadership } from "./held_leadership.ts";
import { type LeaderRecord, parseLeader } from "./leader_record.ts";
import { KeptLease } from "./kept_lease.ts";
import type { PoolKeys } from "./pool_keys.ts";

/** Between two looks: etcd itself notices half a second late that a lease has ended, and a second is the limit. */
const PERIOD = SECOND / 2;

/** The outcome of one look. */
export interface CampaignLook {
  /** Who leads; null: nobody, or that is not known. */
  readonly leader: LeaderRecord | null;
  /** Why it does not lead although nobody else does, or why nobody knows, for people; null: another leads. */
  readonly problem: string | null;
}

interface CampaignOptions extends Call {
  readonly keys: PoolKeys;
  /** Read by others once this process leads. */
  readonly record: LeaderRecord;
  readonly clock: Clock;
  /** Why this process may not lead, for people; null: it may. Asked each time that nobody leads. */
  readonly objection?: (call: Call) => Promise<string | null>;
  readonly onLook?: (look: CampaignLook) => void;
}

/** Resolves once this process leads. @throws the signal's reason */
export async function campaign(etcd: Etcd, options: CampaignOptions): Promise<HeldLeadership> {
  const { clock, signal } = options;
  const candidate = new Candidate(etcd, options);
  try {
    for (;;) {
      const held = await candidate.look();
      if (held !== null) return held;
      await clock.sleep(PERIOD, { signal });
    }
  } catch (error) {
    await candidate.withdraw();
    throw error;
  }
}

class Candidate {
  readonly #etcd: Etcd;
  readonly #options: CampaignOptions;
  /** The one that the key was last put with; the key may be there although the answer got lost. */
  #lease: KeptLease | null = null;

  constructor(etcd: Etcd, options: CampaignOptions) {
    this.#etcd = etcd;
    this.#options = options;
  }

  /** One attempt. @returns the leadership; null: not yet. @throws the signal's reason */
  async look(): Promise<HeldLeadership | null> {
    const { signal, onLook } = this.#options;
    try {
      return await this.#attempt();
    } catch (error) {
      signal.throwIfAborted();
      onLook?.({ leader: null, problem: errorChain(error) });
      return null;
    }
  }

  /** Leaves nothing behind that keeps others from leading. */
  async withdraw(): Promise<void> {
    await this.#lease?.revoke();
  }

  async #attempt(): Promise<HeldLeadership | null> {
    const { keys, onLook } = this.#options;
    const { entries: [leader = null] } = await this.#ask((call) =>
      this.#etcd.range({ key: keys.leader }, call)
    );
    if (leader !== null && leader.lease === this.#lease?.id) return await this.#lead(leader);
    if (leader !== null) {
      onLook?.({ leader: parseLeader(leader.value), problem: null });
      return null;
    }
    const problem = await this.#objection();
    if (problem === null) return await this.#stand();
    onLook?.({ leader: null, problem });
    return null;
  }

  async #objection(): Promise<string | null> {
    const { objection } = this.#options;
    return clockObjection(this.#etcd.clockAhead) ?? (objection ? await this.#ask(objection) : null);
  }

  async #stand(): Promise<HeldLeadership | null> {
    const { keys: { leader: key }, record, clock } = this.#options;
    // One that was left over may end before it is of use.
    await this.#lease?.revoke();
    this.#lease = await KeptLease.grant({ etcd: this.#etcd, clock }, this.#options);
    const value = JSON.stringify({ ...record, since: clock.wall() });
    const { succeeded, found: [entry] } = await this.#ask((call) =>
      this.#etcd.transact({
        compares: [{ key, createRevision: 0 }],
        then: [{ put: key, value, lease: this.#lease!.id }, { get: key }],
      }, call)
    );
    return succeeded && entry ? await this.#lead(entry) : null;
  }

  /** The key is there on our lease: how much of that is left is known once it is renewed. */
  async #lead({ createRevision: token, value }: EtcdEntry): Promise<HeldLeadership | null> {
    const lease = this.#lease!;
    if (!await lease.renew(this.#options)) return null;
    const { since } = parseLeader(value)!;
    return new HeldLeadership({ token, since, lease, clock: this.#options.clock });
  }

  #ask<Answer>(ask: (call: Call) => Promise<Answer>): Promise<Answer> {
    return askEtcd(ask, this.#options);
  }
}

/** Of difference; and half a second, since what etcd says of the time has whole seconds. */
const TOLERANCE = 2.5 * SECOND;

/**
 * Why a machine's clock forbids it to lead: the pool's records hold times, and a leader whose clock is far from that of the
 * one before would take what is new for old. etcd's machines are what all candidates can be compared with.
 * @param ahead by how many milliseconds etcd's clock is; null: not known.
 * @returns for people; null: it may lead
 */
export function clockObjection(ahead: number | null): string | null {
  if (ahead === null || Math.abs(ahead) <= TOLERANCE) return null;
  const by = (Math.abs(ahead) / SECOND).toFixed(1);
  return `this machine's clock is ${by} s ${ahead > 0 ? "behind" : "ahead of"} etcd's: ` +
    "keep the clocks of all machines right (chrony, systemd-timesyncd)";
}
