/** Makes a state of contents at a place without one: all of it, or nothing. Imports and copies call it. */
import type { Clock } from "../lib/clock.ts";
import { writeEtcdContents } from "./etcd/etcd_contents.ts";
import type { StateContents } from "./state_contents.ts";
import { stateFailure, unusableState } from "./state_errors.ts";
import { isThere, stateFileAt } from "./state_file.ts";
import { lockState } from "./state_lock.ts";
import type { StatePlace } from "./state_place.ts";
import { writeState } from "./write_state.ts";

/** @param options `holder`: the command, as others are told who has the state @throws StoreError */
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
