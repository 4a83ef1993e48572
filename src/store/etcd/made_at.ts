/** Whether a state is in etcd. A copy into it that was interrupted has left no state. Restores and commands ask. */
import type { Etcd } from "../../etcd/etcd.ts";
import type { PoolKeys } from "../../lead/pool_keys.ts";
import type { Call } from "../../lib/call.ts";
import { keys as stateKeys } from "../keys.ts";
import { encodeKey } from "../state_text.ts";

/** A revision at which it is there, at least in a journal that counts; null: it is not there. @throws EtcdError */
export async function madeAt(
  etcd: Etcd,
  { keys, signal }: { keys: PoolKeys } & Call,
): Promise<number | null> {
  for (const sign of [stateKeys.schema, stateKeys.journalLength]) {
    const { entries, revision } = await etcd.range({ key: keys.state + encodeKey(sign) }, { signal });
    if (entries.length > 0) return revision;
  }
  return null;
}
