/**
 * Whether this version can read a state in etcd. A daemon asks before it leads: one that is too old would stop a pool that
 * a newer one can go on with.
 */
import { type Etcd } from "../../etcd/etcd.ts";
import type { PoolKeys } from "../../lead/pool_keys.ts";
import type { Call } from "../../lib/call.ts";
import { keys as stateKeys } from "../keys.ts";
import { migrations, schemaVersion } from "../migrations.ts";
import { decodeValue, encodeKey } from "./etcd_keys.ts";

/** @returns why not, for people; null: it can, or there is no state yet */
export async function whyTooNew(etcd: Etcd, { state }: PoolKeys, call: Call): Promise<string | null> {
  const { entries: [entry] } = await etcd.range({ key: state + encodeKey(stateKeys.schema) }, call);
  const version = entry === undefined ? 0 : decodeValue(entry.value);
  if (typeof version !== "number" || version <= schemaVersion(migrations)) return null;
  return "the state was written by a later version of nodepool: install that version on this machine, too";
}
