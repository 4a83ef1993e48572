/**
 * Writes a state that was taken from under its process into a new file beside it, from what the process has in memory
 * and what it can still read: a state that a daemon can be started on. The KV store calls it, on the way out.
 */
import type { HistoryRecord } from "../domain/node.ts";
import type { PoolEvent } from "../domain/pool_event.ts";
import type { Sample } from "../domain/samples/sample.ts";
import type { Mutation } from "./kv_writer.ts";
import { eventAdditions } from "./kv_events.ts";
import { appendedHistory } from "./kv_history.ts";
import { sampleAdditions } from "./kv_samples.ts";
import { unusableState } from "./state_errors.ts";
import { writeState } from "./write_state.ts";

interface Rescued {
  /** All that the state holds but its history. */
  readonly mutations: readonly Mutation[];
  /** The oldest first. */
  readonly history: readonly HistoryRecord[];
  /** The oldest first. */
  readonly events: readonly PoolEvent[];
  readonly samples: readonly Sample[];
  /** How many commits the lost state had, so that the copy is known to be as new. */
  readonly commits: number;
  /** Part of the new file's name. */
  readonly stamp: string;
}

/** @returns the path of the copy @throws StoreError */
export async function rescueState(
  path: string,
  { mutations, history, events, samples, commits, stamp }: Rescued,
): Promise<string> {
  const copy = `${path}.rescued-${stamp}`;
  try {
    await writeState(copy, {
      mutations: [
        ...mutations,
        ...appendedHistory(history),
        ...eventAdditions(events),
        ...samples.flatMap(sampleAdditions),
      ],
      commits,
    });
  } catch (cause) {
    throw unusableState(path, `the copy ${copy} cannot be made`, cause);
  }
  return copy;
}
