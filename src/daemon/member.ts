/**
 * The seat of a daemon whose pool's state is in etcd: it is a standby until it leads. Everything it holds ends with it,
 * the leadership after all that writes.
 */
import { join } from "node:path";
import type { DaemonOptions } from "../cli/wiring.ts";
import type { ConfigSource } from "../config/config_source.ts";
import type { Config } from "../domain/config.ts";
import { SECOND } from "../domain/time.ts";
import type { EtcdConfig } from "../domain/etcd_config.ts";
import type { Etcd } from "../etcd/etcd.ts";
import { openEtcd } from "../etcd/etcd_gateway.ts";
import { campaign, type CampaignLook } from "../lead/campaign.ts";
import type { HeldLeadership } from "../lead/held_leadership.ts";
import type { Leadership } from "../lead/leadership.ts";
import type { LeaderRecord } from "../lead/leader_record.ts";
import { Membership } from "../lead/membership.ts";
import { type PoolKeys, poolKeys } from "../lead/pool_keys.ts";
import { standbyLog } from "../lead/standby_log.ts";
import { loggerOf, type Logging } from "../lib/logging.ts";
import type { ProcessSignals } from "../lib/process_signals.ts";
import { systemRandom } from "../lib/random.ts";
import type { ServiceManager } from "../lib/service_manager.ts";
import type { SteadyClock } from "../lib/steady_clock.ts";
import { whoseAddress } from "./check_alone.ts";
import { type MemberDoors, openMemberDoors } from "./member_doors.ts";
import { answerMemberSignals, watchedDigests } from "./member_config.ts";
import type { Seat } from "./seat.ts";
import { ownProcess } from "./own_process.ts";
import { standbyStatus } from "./standby_status.ts";
import { followCommits } from "../store/etcd/follow_commits.ts";
import { openEtcdStore, whyTooNew } from "../store/etcd/etcd_store.ts";
import type { Store } from "../store/store.ts";

const log = loggerOf("daemon");

export interface MemberDeps {
  readonly options: DaemonOptions;
  readonly source: ConfigSource;
  readonly clock: SteadyClock;
  readonly lines: Logging;
  readonly serviceManager: ServiceManager | null;
  readonly signals: ProcessSignals;
  /** Called once this process leads a pool on several machines. */
  readonly onLead?: (leadership: Leadership) => void;
}

/** A process of the pool, before it leads. */
interface Standby {
  readonly etcd: Etcd;
  readonly keys: PoolKeys;
  readonly doors: MemberDoors;
  readonly self: LeaderRecord;
  /** The one it stands behind; null: nobody leads, or nobody knows. */
  leader: LeaderRecord | null;
}

/** @returns null: it was told to stop before it led. @throws ControlSocketError, OtherDaemonError, ServeSiteError, StoreError */
export async function takeMemberSeat(etcdConfig: EtcdConfig, deps: MemberDeps): Promise<Seat | null> {
  const { source, clock } = deps;
  await using taking = new AsyncDisposableStack();
  const standby = await openStandby(etcdConfig, { ...deps, held: taking });
  const leadership = await standBy(standby, deps);
  if (leadership === null) return null;
  taking.use(leadership);
  // It may have changed since. Of one that cannot be used, the watch over its files says why.
  const { config, stamp } = await source.read().catch(() => source.newest);
  const { etcd, keys } = standby;
  const address = source.first.config.state;
  const store = taking.use(
    await openEtcdStore(etcd, {
      address,
      keys,
      leadership,
      clock,
      random: systemRandom,
      witness: witnessOf(keys),
    }),
  );
  return seatOf(standby, { store, config, stamp, leadership, held: taking.move() });
}

async function openStandby(
  etcdConfig: EtcdConfig,
  { options, source, clock, held }: MemberDeps & { held: AsyncDisposableStack },
): Promise<Standby> {
  const etcd = held.use(openEtcd(etcdConfig, () => source.readEtcd().catch(() => etcdConfig)));
  const process = { ...ownProcess(), since: clock.wall() };
  const keys = poolKeys(etcdConfig.pool);
  const doors = held.use(
    await openMemberDoors({
      config: source.first.config,
      etcd: etcdConfig,
      host: process.host,
      clock,
      hasSite: options.parts.site,
      status: (seen) => standbyStatus({ etcd, keys, clock, self: process, ...seen }),
    }).catch(async (error) => {
      throw await whoseAddress(error, source.first.config.state);
    }),
  );
  return { etcd, keys, doors, self: { ...process, ...doors.place }, leader: null };
}

/** Resolves once it leads. @returns null: it was told to stop */
async function standBy(standby: Standby, deps: MemberDeps): Promise<HeldLeadership | null> {
  const { etcd, keys, self, doors } = standby;
  const { clock, signals, source } = deps;
  const startedAt = clock.monotonic();
  let refusal: string | null = null;
  const record = { ...self, role: "standby" } as const;
  const config = watchedDigests(source);
  const onRefusal = (problem: string | null) => refusal = problem;
  await using _member = new Membership(etcd, { keys, record, config, clock, onRefusal });
  const teller = tellerOf(standby, deps);
  const over = new AbortController();
  const witness = witnessOf(keys);
  const following = witness !== null && followCommits(etcd, { keys, witness, clock, signal: over.signal });
  try {
    const leadership = await campaign(etcd, {
      keys,
      record: self,
      clock,
      signal: signals.stopping,
      objection: (call) => whyTooNew(etcd, keys, call),
      // A process that may not write will not lead either.
      onLook: (look) => teller({ ...look, problem: look.problem ?? refusal }),
    });
    const waited = Math.round((clock.monotonic() - startedAt) / SECOND);
    log.info("leads the pool {pool}, after {waited} s", { pool: keys.pool, waited });
    deps.onLead?.(leadership);
    return leadership;
  } catch (error) {
    if (signals.stopping.aborted) return null;
    throw error;
  } finally {
    over.abort();
    await following;
    doors.note({ leader: null, problem: null });
  }
}

/** Reports to its listeners what each look of a standby came to. */
function tellerOf(standby: Standby, deps: MemberDeps): (look: CampaignLook) => void {
  const { options, serviceManager, clock } = deps;
  const { keys: { pool }, doors } = standby;
  const tellLog = standbyLog({ pool, clock });
  let status = "";
  answerMemberSignals(deps);
  return (look) => {
    doors.note(look);
    tellLog(look);
    standby.leader = look.leader ?? standby.leader;
    const next = look.problem === null
      ? `standby behind ${look.leader?.host ?? "another"}`
      : `standby: ${look.problem}`;
    if (status === "") options.onRunning();
    if (status !== next) serviceManager?.tell({ READY: 1, STATUS: next });
    status = next;
    serviceManager?.tellAlive();
  };
}

/** A note of the newest commit, in the folder that the service manager gives this machine; null: it gives no folder. */
function witnessOf({ pool }: PoolKeys): string | null {
  const [folder = ""] = (Deno.env.get("STATE_DIRECTORY") ?? "").split(":");
  return folder.startsWith("/") ? join(folder, pool) : null;
}

function seatOf(
  { etcd, keys, self, doors, leader: former }: Standby,
  { store, config, stamp, leadership, held }: {
    store: Store;
    config: Config;
    stamp: string;
    leadership: HeldLeadership;
    held: AsyncDisposable;
  },
): Seat {
  const resignation = Promise.withResolvers<"resigned">();
  const resign = () => resignation.resolve("resigned");
  return {
    store,
    config,
    stamp,
    machines: { etcd, keys, leadership, self: { ...self, since: leadership.since }, former, resign },
    left: Promise.race([leadership.lost.then(() => "lost" as const), resignation.promise]),
    serveControl: (pool, options) => doors.serveControl(pool, options),
    serveSite: (site, options) => doors.serveSite(site, options),
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  };
}
