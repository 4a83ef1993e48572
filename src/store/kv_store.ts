/**
 * The store on a Deno KV database, which is a file (an SQLite database). One process has it open: it holds the lock
 * beside the file (`state_lock.ts`) before it opens the store, since two processes on one file make Deno KV fail with
 * `database is locked` or panic.
 */
import { KeyValueStore } from "./key_value_store.ts";
import { openState } from "./open_state.ts";
import type { OpenStateOptions } from "./prepare_state.ts";
import type { Store } from "./store.ts";

/**
 * Opens the state at `path`; creates a missing one (file mode 0600, missing directories 0700).
 * @throws StoreError: `damaged` (no database, or a record in it that cannot be read), `newer` (written by a later
 * version), `locked` (another process has it open), `unusable` (cannot be made, read or written)
 */
export async function openKvStore(path: string, options: OpenStateOptions): Promise<Store> {
  return new KeyValueStore(await openState(path, options), options);
}
