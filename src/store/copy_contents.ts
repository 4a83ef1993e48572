/**
 * Copies a state to a place without one, between files and etcd: the way into etcd, and out of it. Neither may be in use, so
 * that no pool goes on twice; the state that was copied stays as it is.
 */
import type { Clock } from "../lib/clock.ts";
import { checkReadable, refuseFile, withCopy } from "./backup_state.ts";
import { readEtcdContents, refuseLed, writeEtcdContents } from "./etcd/etcd_contents.ts";
import { readCopy, type StateContents } from "./state_contents.ts";
import { stateFailure, unusableState } from "./state_errors.ts";
import { isThere, stateFileAt } from "./state_file.ts";
import { lockState } from "./state_lock.ts";
import type { StatePlace } from "./state_place.ts";
import { writeState } from "./write_state.ts";

const holder = "nodepool state copy";

/** @returns how many entries it has @throws StoreError */
export async function copyContents(
  { from, to }: { readonly from: StatePlace; readonly to: StatePlace },
  { clock }: { clock: Clock },
): Promise<number> {
  if (typeof to === "string") await refuseFile(to);
  const contents = typeof from === "string" ? await readFile(from, clock) : await readUnled(from);
  await createState(to, contents, { holder, clock });
  return contents.mutations.length;
}

async function readFile(path: string, clock: Clock): Promise<StateContents> {
  await checkReadable(path);
  using _lock = await lockState(path, { holder, clock });
  return await withCopy(path, { now: clock.now(), work: readCopy });
}

async function readUnled(place: Exclude<StatePlace, string>): Promise<StateContents> {
  await refuseLed(place);
  const contents = await readEtcdContents(place);
  // Once more, so that nobody has begun to lead in between.
  await refuseLed(place);
  return contents;
}

/**
 * Makes a state of contents at a place without one: all of it, or nothing.
 * @param options `holder`: the command, as others are told who has the state @throws StoreError
 */
export async function createState(
  given: StatePlace,
  contents: StateContents,
  { holder, clock }: { holder: string; clock: Clock },
): Promise<void> {
  if (typeof given !== "string") return await writeEtcdContents(given, contents);
  const place = await stateFileAt(given);
  using _lock = await lockState(place, { holder, clock });
  if (await isThere(place)) throw unusableState(place, "there is one already; move it away first");
  await writeState(place, contents).catch((cause) => {
    throw stateFailure(place, "it cannot be written", cause);
  });
}
