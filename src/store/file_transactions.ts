/**
 * Transactions on a Deno KV database, which take 1,000 mutations, 100 checks and 800 KiB. One check for each record
 * would allow 100 records a commit; but the state has one owner, who holds a lock beside it and knows all revisions. So
 * the revisions are compared in memory, and each transaction checks one key alone, `commits`, which each raises: if
 * anybody else has written in spite of the lock, the check fails. The writer calls them.
 */
import { keys } from "./keys.ts";
import { KvWriter, type Transactions, type Written } from "./kv_writer.ts";
import { storedSize } from "./record_codec.ts";
import { stateFailure } from "./state_errors.ts";
import { StateReader } from "./state_reader.ts";
import { StoreError } from "./store.ts";

/** The writer of a file, once it has finished what an interrupted process had begun to write. @throws StoreError */
export async function openFileWriter(kv: Deno.Kv, path: string): Promise<KvWriter> {
  const writer = await KvWriter.open(await FileTransactions.open(kv, path), new StateReader(kv, path));
  await writer.check();
  return writer;
}

class FileTransactions implements Transactions {
  static async open(kv: Deno.Kv, path: string): Promise<FileTransactions> {
    const { value, versionstamp } = await kv.get<number>(keys.commits);
    return new FileTransactions(kv, path, { count: value ?? 0, versionstamp });
  }

  /** Of Deno KV's; the rest is for the writer's own keys and for the keys' encoding. */
  readonly limits = { mutations: 950, bytes: 700 * 1024, sizeOf: storedSize };
  readonly #kv: Deno.Kv;
  readonly #path: string;
  #last: { readonly count: number; readonly versionstamp: string | null };

  private constructor(kv: Deno.Kv, path: string, last: { count: number; versionstamp: string | null }) {
    this.#kv = kv;
    this.#path = path;
    this.#last = last;
  }

  get commits(): number {
    return this.#last.count;
  }

  async transact(mutations: readonly Written[]): Promise<void> {
    const count = this.commits + 1;
    const operation = this.#kv.atomic()
      .check({ key: keys.commits, versionstamp: this.#last.versionstamp })
      .set(keys.commits, count);
    for (const { key, value } of mutations) {
      if (value === null) operation.delete(key);
      else operation.set(key, value);
    }
    const result = await operation.commit().catch((error) => {
      throw stateFailure(this.#path, "it cannot be written", error);
    });
    if (!result.ok) throw this.#othersWrote();
    this.#last = { count, versionstamp: result.versionstamp };
  }

  #othersWrote(): StoreError {
    return new StoreError(
      "stopped",
      `another process has written to the state ${this.#path}; two cannot share it: stop one of them, ` +
        `then start the other again`,
    );
  }
}
