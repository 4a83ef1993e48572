/**
 * Finds what would keep a daemon from leading a pool in etcd, by looking at its members and at what this user may do
 * there. It changes nothing: the right to write is asked for by a transaction that cannot succeed.
 */
import type { EtcdMemberReport } from "../domain/machines_report.ts";
import type { EtcdConfig } from "../domain/etcd_config.ts";
import type { OnlineCheck } from "../domain/online_check.ts";
import { MINUTE } from "../domain/time.ts";
import { type Etcd, EtcdError } from "../etcd/etcd.ts";
import { clockObjection } from "../lead/campaign.ts";
import { keysBelow, type PoolKeys, poolKeys } from "../lead/pool_keys.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { failure, type Finding, ok, warning } from "./finding.ts";

/** Revisions that an etcd of a pool has had by the time that it should have forgotten the first ones. */
const MANY_REVISIONS = 100_000;

export async function checkEtcd(
  { pool }: EtcdConfig,
  { etcd, clock, signal }: { etcd: Etcd; clock: Clock } & Call,
): Promise<readonly OnlineCheck[]> {
  using deadline = startDeadline({ clock, timeout: MINUTE, signal });
  const keys = poolKeys(pool);
  const members = (await etcd.status(deadline)).map(checkMember);
  const rights = await checkRights(etcd, keys, deadline);
  return [...members, rights, ...checkClock(etcd), ...await checkCompaction(etcd, keys, deadline)]
    .map((finding) => ({ provider: null, ...finding }));
}

/** A pool does without one of three. */
function checkMember({ endpoint, problem, version, isFull }: EtcdMemberReport): Finding {
  const about = { check: "etcd", subject: endpoint } as const;
  if (isFull) {
    return failure(
      about,
      "it has no room and refuses writes: compact and defragment it, then disarm the alarm",
    );
  }
  if (problem !== null) return warning(about, problem);
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  const isOld = major < 3 || (major === 3 && minor < 4);
  return isOld
    ? failure(about, `it is etcd ${version}; nodepool needs 3.4 or newer`)
    : ok(about, `etcd ${version}`);
}

async function checkRights(etcd: Etcd, keys: PoolKeys, call: Call): Promise<Finding> {
  const about = { check: "etcd", subject: keys.prefix } as const;
  try {
    await etcd.range({ ...keysBelow(keys.prefix), limit: 1 }, call);
  } catch (error) {
    return failure(about, `cannot read: ${told(error, call)}`);
  }
  const key = `${keys.members}none`;
  try {
    await etcd.transact({
      compares: [{ key, createRevision: 0 }, { key, value: "none" }],
      then: [{ put: key, value: "" }],
    }, call);
    return ok(about, "can be read and written");
  } catch (error) {
    return failure(about, `cannot write: ${told(error, call)}`);
  }
}

function checkClock({ clockAhead }: Etcd): readonly Finding[] {
  if (clockAhead === null) return [];
  const about = { check: "clock", subject: "etcd" } as const;
  const objection = clockObjection(clockAhead);
  return [objection === null ? ok(about, "agrees with this machine's") : failure(about, objection)];
}

/** Whether it has ever forgotten anything. */
async function checkCompaction(etcd: Etcd, keys: PoolKeys, call: Call): Promise<readonly Finding[]> {
  try {
    const { revision } = await etcd.range({ key: keys.leader }, call);
    if (revision < MANY_REVISIONS) return [];
    await etcd.range({ key: keys.leader, revision: 1 }, call);
    const advice = "start its members with --auto-compaction-mode=periodic --auto-compaction-retention=1h";
    return [
      warning(
        { check: "etcd", subject: "compaction" },
        `it keeps every change ever made, until it is full: ${advice}`,
      ),
    ];
  } catch (error) {
    told(error, call);
    return [];
  }
}

/** @throws what no etcd says */
function told(error: unknown, { signal }: Call): string {
  signal.throwIfAborted();
  if (error instanceof EtcdError) return error.message;
  throw error;
}
