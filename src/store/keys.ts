/**
 * Every key of a state. There are no index entries for records and no counters of them: all
 * questions are answered from the owner's memory (`ledger.ts`), which reads everything once, so that indexes
 * would only make each commit bigger. History alone is read from the database, and so it alone has an index.
 */
import type { ImageOrder } from "../domain/image_order.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import { type IdKind, kindOf, type TableName } from "./store.ts";

export const keys = {
  /** The version of the schema: a number. */
  schema: ["schema"],
  installation: ["installation"],
  /** How many commits there were; every commit checks and raises it (`file_transactions.ts`, `etcd/`). */
  commits: ["commits"],
  /** Present until the owner has made sure that no older pool is on the clouds. */
  isNew: ["is-new"],
  /** Why the state may be older than it should be: a text; present until the owner has dealt with it. */
  doubt: ["doubt"],
  /** How clocks stood when it was last written. */
  clock: ["clock"],
  homes: ["home"],
  home: (provider: string) => ["home", provider],
  nextId: (kind: IdKind) => ["next-id", kind],

  runs: ["run"],
  /** By number, so that they are listed in their order. */
  run: (number: number) => ["run", number],

  rows: (table: TableName) => [kindOf[table]],
  row: (table: TableName, id: number) => [kindOf[table], id],
  pauses: ["pause"],
  pause: ({ provider, label }: Pick<LaunchPause, "provider" | "label">) => ["pause", provider, label],
  orders: ["image-order"],
  /** A diskimage's order has an empty provider, which no provider's name is. */
  order: (
    { provider, image }: Pick<ImageOrder, "provider" | "image">,
  ) => ["image-order", provider ?? "", image],

  /** By order of ending, so that a listing needs no sorting; the node's id makes trimming possible unread. */
  history: ["history"],
  historyFrom: (sequence: number) => ["history", sequence],
  historyEntry: (sequence: number, nodeId: number) => ["history", sequence, nodeId],
  /** Where a node's history record is. */
  historyOf: (nodeId: number) => ["history-of", nodeId],
  historyOfEntry: (nodeId: number, sequence: number) => ["history-of", nodeId, sequence],

  /** By the id of the last one in it: those of one commit share an entry. */
  events: ["event"],
  eventsUpTo: (lastId: number) => ["event", lastId],

  /** By time. One of many groups has several parts. */
  samples: ["sample"],
  sample: (minute: number, part: number) => ["sample", minute, part],

  /** A commit too big for one transaction, while it is being written (`kv_writer.ts`). */
  journal: ["journal"],
  journalEntry: (index: number) => ["journal", index],
  /** How many journal entries there are; present only once all of them are. */
  journalLength: ["journal-length"],
} as const;

/** Whether the key is one of those that the writer keeps for itself. */
export function isOfWriter([name]: Deno.KvKey): boolean {
  return [keys.commits, keys.journal, keys.journalLength].some(([own]) => own === name);
}
