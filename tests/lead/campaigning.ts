/** Processes of one pool that campaign on an etcd in memory, in virtual time. */
import { campaign, type CampaignLook } from "../../src/lead/campaign.ts";
import type { HeldLeadership } from "../../src/lead/held_leadership.ts";
import type { LeaderRecord } from "../../src/lead/leader_record.ts";
import { type PoolKeys, poolKeys } from "../../src/lead/pool_keys.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { ScriptedEtcd } from "../machines/scripted_etcd.ts";
import { VirtualClock } from "../virtual_clock.ts";

export const keys = poolKeys("ci");

export function recordOf(id: string): LeaderRecord {
  const control = { url: `https://${id}:1234`, certificate: "PEM", token: "secret" };
  return { id, host: id, pid: 7, version: "0.4.0", since: 0, control, status: null };
}

export interface Campaigner {
  readonly looks: CampaignLook[];
  /** null: it does not lead yet. */
  held: HeldLeadership | null;
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

interface CampaignerOptions {
  /** By default those of the pool `ci`. */
  readonly keys?: PoolKeys;
  readonly clock?: Clock;
  readonly objection?: () => Promise<string | null>;
}

export function campaigns(etcd: ScriptedEtcd, id: string, options: CampaignerOptions = {}): Campaigner {
  const stop = new AbortController();
  const { clock = etcd.clock } = options;
  const looks: CampaignLook[] = [];
  const won = campaign(etcd.client(id), {
    keys,
    ...options,
    clock,
    record: recordOf(id),
    signal: stop.signal,
    onLook: (look) => looks.push(look),
  });
  const campaigner: Campaigner = {
    looks,
    held: null,
    ended: won.then((held) => campaigner.held = held, (error) => error),
    async stop() {
      stop.abort(new Error("stopped"));
      await campaigner.ended;
      await campaigner.held?.[Symbol.asyncDispose]();
    },
  };
  return campaigner;
}

export function virtualEtcd() {
  const clock = new VirtualClock();
  return { clock, etcd: new ScriptedEtcd({ clock }) };
}

/** Ends them while time passes. */
export async function end(clock: VirtualClock, ...campaigners: readonly Campaigner[]): Promise<void> {
  let isOver = false;
  const ending = Promise.all(campaigners.map((each) => each.stop())).finally(() => isOver = true);
  await clock.advanceUntil(() => isOver, { within: 60_000 });
  await ending;
}

export function leads({ held }: Campaigner): boolean {
  return held !== null;
}
