/** A whole state out of etcd, and into it. Copies of states, backups, imports and restores call it. */
import { EtcdError } from "../../etcd/etcd.ts";
import { leaderName } from "../../lead/leader_record.ts";
import { keys } from "../keys.ts";
import { KvWriter, type Mutation } from "../kv_writer.ts";
import { probeVersion } from "../probe_version.ts";
import { counterSchema } from "../schemas.ts";
import { readMutations, type StateContents } from "../state_contents.ts";
import { stateFailure, unusableState } from "../state_errors.ts";
import type { EtcdPlace } from "../state_place.ts";
import { StateReader } from "../state_reader.ts";
import { StoreError } from "../store.ts";
import { encodeKey } from "../state_text.ts";
import { EtcdSource } from "./etcd_source.ts";
import { madeAt } from "./made_at.ts";
import { EtcdTransactions, parseCommits } from "./etcd_transactions.ts";

/** How often a copy is begun again whose moment etcd has forgotten meanwhile. */
const ATTEMPTS = 3;

/** As it is at one moment, no matter who leads. @throws StoreError */
export async function readEtcdContents(place: EtcdPlace): Promise<StateContents> {
  for (let attempt = 1;; attempt++) {
    try {
      return await readAtOnce(place);
    } catch (error) {
      const isForgotten = error instanceof StoreError && error.cause instanceof EtcdError &&
        error.cause.kind === "compacted";
      if (!isForgotten || attempt === ATTEMPTS) throw stateFailure(place.address, "it cannot be read", error);
    }
  }
}

async function readAtOnce(place: EtcdPlace): Promise<StateContents> {
  const { address, etcd, keys: { state: prefix } } = place;
  const key = prefix + encodeKey(keys.commits);
  const { entries: [commits], revision } = await etcd.range({ key }, place);
  if (commits === undefined) throw new StoreError("unusable", `there is no state in ${address}`);
  const reader = new StateReader(new EtcdSource(etcd, { ...place, prefix, revision }), address);
  await reader.readJournal();
  if (await reader.value(keys.schema, counterSchema) === null) {
    throw new StoreError(
      "unusable",
      `there is no state in ${address} yet: writing it was interrupted; repeat the copy, or start a daemon for a new pool`,
    );
  }
  return {
    mutations: await readMutations(reader),
    commits: parseCommits(commits.value).count,
  };
}

/**
 * All of it or nothing, while nobody leads. @param options `replaces`: what is there goes; else there must be no state
 * @throws StoreError
 */
export async function writeEtcdContents(
  place: EtcdPlace,
  { mutations, commits }: StateContents,
  { replaces = false }: { replaces?: boolean } = {},
): Promise<void> {
  const { address, etcd, keys: { state: prefix } } = place;
  await refuseLed(place);
  try {
    const transactions = await EtcdTransactions.open(etcd, { ...place, leadership: null, commits });
    const reader = new StateReader(new EtcdSource(etcd, { ...place, prefix }), address);
    const writer = await KvWriter.open(transactions, reader);
    if (!replaces && await probeVersion(reader) !== null) {
      throw unusableState(
        address,
        `there is one already; name another pool, or delete the keys below ${prefix} with etcdctl`,
      );
    }
    await writer.write([...await removals(reader, mutations), ...mutations]);
  } catch (error) {
    throw stateFailure(address, "it cannot be written", error);
  }
}

/** Of all that the mutations do not put in its place. */
async function removals(reader: StateReader, mutations: readonly Mutation[]): Promise<Mutation[]> {
  const stay = new Set(mutations.map(({ key }) => encodeKey(key)));
  const there = await readMutations(reader);
  return there.filter(({ key }) => !stay.has(encodeKey(key))).map(({ key }) => ({ key, value: null }));
}

/** Whether there is a state. @throws StoreError */
export async function isMadeInEtcd({ address, etcd, ...place }: EtcdPlace): Promise<boolean> {
  return await madeAt(etcd, place).catch((error) => {
    throw stateFailure(address, "it cannot be read", error);
  }) !== null;
}

/** @throws StoreError `locked` where a daemon leads the pool */
export async function refuseLed(place: EtcdPlace): Promise<void> {
  const { address, etcd, keys: { leader: key } } = place;
  const { entries: [leader] } = await etcd.range({ key }, place).catch((error) => {
    throw stateFailure(address, "it cannot be read", error);
  });
  if (leader === undefined) return;
  throw new StoreError(
    "locked",
    `the state ${address} is in use: ${leaderName(leader.value)} leads its pool`,
  );
}
