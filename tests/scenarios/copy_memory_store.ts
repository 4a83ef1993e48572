import { MemoryStore } from "../../src/store/memory_store.ts";
import type { Store } from "../../src/store/store.ts";

/** What somebody would have who had copied the state's file at this moment; see `MemoryStore.copy`. */
export function copyMemoryStore(store: Store, options: { doubt?: string | null } = {}): Store {
  if (!(store instanceof MemoryStore)) throw new TypeError("only a store in memory can be copied");
  return store.copy(options);
}
