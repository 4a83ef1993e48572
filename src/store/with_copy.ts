/** Work on a copy of a state, which is gone afterwards; the state itself may be in use. */
import type { Instant } from "../domain/time.ts";
import { backupState } from "./backup_state.ts";
import { nameOfPlace, type StatePlace } from "./state_place.ts";
import { StoreError } from "./store.ts";

/** @throws StoreError that names the state, where `work` throws one that names the copy */
export async function withCopy<Result>(
  place: StatePlace,
  { now, work }: { now: Instant; work: (copy: string) => Promise<Result> },
): Promise<Result> {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-state-" });
  const copy = `${folder}/state.kv`;
  try {
    await backupState(place, { target: copy, now });
    return await work(copy);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new StoreError(error.kind, error.message.replaceAll(copy, nameOfPlace(place)), {
      cause: error.cause,
      problem: error.problem,
    });
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}
