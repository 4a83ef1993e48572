/**
 * The steps from older schemas of the state to the present one. A state's version says how many steps it has
 * behind it, plus one; opening a state does the missing ones, after a copy of the file has been made.
 *
 * To change a record's shape: raise `RECORD_VERSION`, change `schemas.ts`, and append a step here that rewrites the
 * records. A step that has been released is never changed.
 */
import type { Mutation } from "./kv_writer.ts";

export interface Migration {
  /** What it does, in a few words. */
  readonly summary: string;
  /** Reads what is there and returns what is to be written; that is written together with the new version. */
  plan(kv: Pick<Deno.Kv, "get" | "list">): Promise<readonly Mutation[]>;
}

/** The first leads from version 1 to 2, and so on. */
export const migrations: readonly Migration[] = [];

/** The version of a state that has all the steps behind it. */
export function schemaVersion(steps: readonly Migration[]): number {
  return steps.length + 1;
}
