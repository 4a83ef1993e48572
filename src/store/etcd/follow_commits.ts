/**
 * A standby's note of how far the state in etcd is, as the leader has one of each commit: should etcd be restored from an
 * older backup, and this machine lead next, it knows that the state is not the newest. A count that has gone back, or that
 * of another installation, is noted only once a leader writes to it that sees nothing odd there. Standbys run it.
 */
import type { Etcd } from "../../etcd/etcd.ts";
import type { PoolKeys } from "../../lead/pool_keys.ts";
import type { Call } from "../../lib/call.ts";
import type { Clock } from "../../lib/clock.ts";
import { SECOND } from "../../domain/time.ts";
import { keys as stateKeys } from "../keys.ts";
import { decodeRecord } from "../record_codec.ts";
import { readWitness, StateWitness, type Witnessed } from "../state_witness.ts";
import { encodeKey } from "../state_text.ts";
import { parseCommits } from "./etcd_transactions.ts";

/** Short against the time that restoring an etcd takes. */
const PERIOD = 10 * SECOND;

interface FollowOptions extends Call {
  readonly keys: PoolKeys;
  /** A path; the witness of it lies beside. */
  readonly witness: string;
  readonly clock: Pick<Clock, "sleep">;
}

/** Until the signal is aborted. */
export async function followCommits(
  etcd: Etcd,
  { keys, witness, clock, signal }: FollowOptions,
): Promise<void> {
  let before: Seen | null = null;
  while (!signal.aborted) {
    // A look that fails tells nothing; the next one may.
    const seen: Seen | null = await look(etcd, { keys, signal }).catch(() => null);
    if (seen !== null) await note(seen, { witness, isSettled: isSettled(seen, before) });
    before = seen;
    await clock.sleep(PERIOD, { signal }).catch(() => {});
  }
}

interface Seen extends Witnessed {
  /** Of the leader that has written last. */
  readonly token: number;
  /** That one leads still, and the state is neither new nor in doubt. */
  readonly isSound: boolean;
}

/** A leader has opened the state and written since: one whose key came with a backup of etcd could not. */
function isSettled(seen: Seen, before: Seen | null): boolean {
  return seen.isSound && before?.isSound === true && before.token === seen.token &&
    before.installation === seen.installation && before.commits < seen.commits;
}

/** null: there is no state. */
async function look(etcd: Etcd, { keys, signal }: Call & { keys: PoolKeys }): Promise<Seen | null> {
  const wanted = [stateKeys.commits, stateKeys.installation, stateKeys.isNew, stateKeys.doubt];
  const gets = wanted.map((key) => ({ get: keys.state + encodeKey(key) }));
  const then = [...gets, { get: keys.leader }];
  const { found } = await etcd.transact({ compares: [], then }, { signal });
  const [commits, installation, isNew, doubt, leader] = found;
  if (!commits || !installation) return null;
  const { count, token } = parseCommits(commits.value);
  const { id } = decodeRecord(installation.value)?.record as { id: string };
  const isSound = !isNew && !doubt && leader?.createRevision === token;
  return { installation: id, commits: count, token, isSound };
}

async function note(
  seen: Seen,
  { witness, isSettled }: { witness: string; isSettled: boolean },
): Promise<void> {
  const last = await readWitness(witness);
  const goesOn = last === null || (last.installation === seen.installation && last.commits <= seen.commits);
  if (!goesOn && !isSettled) return;
  using file = new StateWitness(witness, seen.installation);
  file.note(seen.commits);
}
