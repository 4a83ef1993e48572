/**
 * Forgets nodes that have been gone for too long, or that are too many, and events like them, in small batches beside
 * everything else, so that no tick and no launch waits for it. The pool adds it as a task.
 */
import type { LimitsConfig } from "../domain/config.ts";
import { MINUTE } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ledger } from "../store/ledger.ts";
import type { TaskRegistry } from "./task_registry.ts";

/** So small that other writers wait only for milliseconds. */
const BATCH = 100;

/** Some 15 MB. */
const MOST_EVENTS = 50_000;

/** A run's, so that years of history go in minutes and the disk is not busy with that alone. */
const BATCHES = 20;

export function forgetHistory({ ledger, clock, tasks, limits }: {
  ledger: Ledger;
  clock: Clock;
  tasks: TaskRegistry;
  limits: () => Pick<LimitsConfig, "history" | "historyNodes">;
}): void {
  tasks.add({
    name: "history",
    period: MINUTE,
    run: async (signal) => {
      const { history, historyNodes: keep } = limits();
      const since = history === null ? -Infinity : clock.now() - history;
      await inBatches(() => ledger.pruneHistory({ keep, endedSince: since, batch: BATCH }), signal);
      await inBatches(() => ledger.pruneEvents({ keep: MOST_EVENTS, since, batch: BATCH }), signal);
    },
  });
}

/** @param forget says whether there may be more */
async function inBatches(forget: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (let batch = 0; batch < BATCHES && !signal.aborted; batch++) if (!await forget()) return;
}
