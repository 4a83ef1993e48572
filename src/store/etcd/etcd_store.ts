/**
 * The store in etcd, for a pool that outlives its machine. Only the leader writes (`etcd_transactions.ts`); a process
 * that opens it without leading reads it, and writes only while nobody leads. Nothing here is in a file but the
 * witness: on each machine that has led the pool, a note of the last commit that it knows of, by which a state that
 * was restored from an older backup of etcd shows.
 */
import type { Etcd } from "../../etcd/etcd.ts";
import type { PoolKeys } from "../../lead/pool_keys.ts";
import type { Call } from "../../lib/call.ts";
import type { Clock } from "../../lib/clock.ts";
import { KeyValueStore } from "../key_value_store.ts";
import { KvWriter } from "../kv_writer.ts";
import { keys as stateKeys } from "../keys.ts";
import { migrations, schemaVersion } from "../migrations.ts";
import { type OpenedState, type OpenStateOptions, prepareState, refuseNewer } from "../prepare_state.ts";
import { probeVersion } from "../probe_version.ts";
import { stateFailure, stoppedState } from "../state_errors.ts";
import { StateReader } from "../state_reader.ts";
import { decodeValue, encodeKey } from "../state_text.ts";
import { readWitness } from "../state_witness.ts";
import type { Store } from "../store.ts";
import { EtcdSource } from "./etcd_source.ts";
import { EtcdTransactions, type EtcdTransactionsOptions } from "./etcd_transactions.ts";

interface EtcdStoreOptions extends OpenStateOptions, Omit<EtcdTransactionsOptions, "signal" | "commits"> {
  readonly clock: Pick<Clock, "now" | "sleep" | "monotonic">;
  /** A path; the witness of it lies beside. null: there is no witness. */
  readonly witness: string | null;
}

/**
 * Opens the state of a pool; makes a missing one. The store is closed before its `etcd`.
 * @throws StoreError: `damaged`, `newer` (written by a later version), `locked` (another leads, and this process does
 * not), `stopped` (this process does not lead any more), `unusable` (etcd cannot be reached, has no room, or refuses us)
 */
export async function openEtcdStore(etcd: Etcd, options: EtcdStoreOptions): Promise<Store> {
  const life = new AbortController();
  void options.leadership?.lost.then(({ message }) => life.abort(stoppedState(options.address, message)));
  try {
    return new KeyValueStore(await openState(etcd, { ...options, life }), options);
  } catch (error) {
    life.abort(error);
    throw stateFailure(options.address, "it cannot be opened", error);
  }
}

/**
 * Asked before a daemon leads: one that is too old would stop a pool that a newer one can go on with.
 * @returns why this version cannot read the state, for people; null: it can, or there is no state yet
 */
export async function whyTooNew(etcd: Etcd, { state }: PoolKeys, call: Call): Promise<string | null> {
  const { entries: [entry] } = await etcd.range({ key: state + encodeKey(stateKeys.schema) }, call);
  const version = entry === undefined ? 0 : decodeValue(entry.value);
  if (typeof version !== "number" || version <= schemaVersion(migrations)) return null;
  return "the state was written by a later version of nodepool: install that version on this machine, too";
}

async function openState(
  etcd: Etcd,
  options: EtcdStoreOptions & { readonly life: AbortController },
): Promise<OpenedState> {
  const { address, witness: path, life, migrations: steps = migrations } = options;
  const { signal } = life;
  const witness = path === null ? null : { path, last: await readWitness(path) };
  const transactions = await EtcdTransactions.open(etcd, { ...options, signal });
  const reader = new StateReader(
    new EtcdSource(etcd, { ...options, prefix: options.keys.state, signal }),
    address,
  );
  const writer = await KvWriter.open(transactions, reader);
  const version = await probeVersion(reader);
  refuseNewer(address, { version, steps });
  const state = await prepareState(writer, { ...options, version, witness });
  return {
    ...state,
    guard: null,
    readRows: () => Promise.resolve(null),
    [Symbol.dispose]() {
      life.abort(stoppedState(address, "it is closed"));
      writer[Symbol.dispose]();
    },
  };
}
