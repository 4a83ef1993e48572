/**
 * Transactions on a Deno KV database, which take 1,000 mutations, 100 checks and 800 KiB. One check for each record
 * would allow 100 records a commit; but the state has one owner, who holds a lock beside it and knows all revisions. So
 * the revisions are compared in memory, and each transaction checks one key alone, `commits`, which each raises: if
 * anybody else has written in spite of the lock, the check fails. The writer calls them.
 */
import { keys } from "./keys.ts";
import { KvWriter, type Transactions } from "./kv_writer.ts";
import { storedSize } from "./record_codec.ts";
import { stateFailure } from "./state_errors.ts";
import { StateReader } from "./state_reader.ts";
import { StoreError } from "./store.ts";

/** The writer of a file, once it has finished what an interrupted process had begun to write. @throws StoreError */
export async function openFileWriter(kv: Deno.Kv, path: string): Promise<KvWriter> {
  const { value, versionstamp } = await kv.get<number>(keys.commits);
  const transactions = fileTransactions(kv, path, { count: value ?? 0, versionstamp });
  const writer = await KvWriter.open(transactions, new StateReader(kv, path));
  await writer.check();
  return writer;
}

function fileTransactions(
  kv: Deno.Kv,
  path: string,
  found: { readonly count: number; readonly versionstamp: string | null },
): Transactions {
  let last = found;
  return {
    // Of Deno KV's; the rest is for the writer's own keys and for the keys' encoding.
    limits: { mutations: 950, bytes: 700 * 1024, sizeOf: storedSize },
    get commits() {
      return last.count;
    },
    async transact(mutations) {
      const count = last.count + 1;
      const operation = kv.atomic()
        .check({ key: keys.commits, versionstamp: last.versionstamp })
        .set(keys.commits, count);
      for (const { key, value } of mutations) {
        if (value === null) operation.delete(key);
        else operation.set(key, value);
      }
      const result = await operation.commit().catch((error) => {
        throw stateFailure(path, "it cannot be written", error);
      });
      if (!result.ok) throw othersWrote(path);
      last = { count, versionstamp: result.versionstamp };
    },
  };
}

function othersWrote(path: string): StoreError {
  return new StoreError(
    "stopped",
    `another process has written to the state ${path}; two cannot share it: stop one of them, ` +
      `then start the other again`,
  );
}
