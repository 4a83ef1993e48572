/** What a pool does at its own times, beside the tick: cleaning up, checking ready nodes, tidying requests. */
import type { Config } from "../domain/config.ts";
import { SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Shell } from "../ssh/shell.ts";
import type { Ledger } from "../store/ledger.ts";
import { checkReadyNodes } from "./check_ready_nodes.ts";
import { cleanLeaks } from "./clean_leaks.ts";
import { createCronTask } from "./cron_task.ts";
import type { ProviderWatches } from "./provider_watches.ts";
import { createTask, type Task } from "./task.ts";

/** Between two looks for requests that nobody waits for. */
const REQUESTS_PERIOD = 5 * SECOND;

export interface PoolCronsMeans {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly shell: Shell;
  readonly watches: ProviderWatches;
  readonly config: () => Config;
  readonly readKey: (path: string) => Promise<string>;
  readonly withdrawUnattended: () => Promise<void>;
  readonly onError: (task: string, error: unknown) => void;
}

/** Starts them by the configuration in force; a new one means to end these and start others. */
export function startPoolCrons(means: PoolCronsMeans): readonly Task[] {
  const { clock, onError } = means;
  const { cleanup, check } = means.config().cron;
  const tasks = [
    createCronTask({
      name: "cleanup",
      cron: cleanup,
      clock,
      run: (signal) => clean(means, signal),
      onError: (error) => onError("cleanup", error),
    }),
    createCronTask({
      name: "check",
      cron: check,
      clock,
      run: (signal) => checkReady(means, signal),
      onError: (error) => onError("check", error),
    }),
    createTask({
      name: "requests",
      period: REQUESTS_PERIOD,
      clock,
      run: () => means.withdrawUnattended(),
      onError: (error) => onError("requests", error),
    }),
  ];
  for (const task of tasks) task.start();
  return tasks;
}

function clean({ ledger, clock, config, watches }: PoolCronsMeans, signal: AbortSignal): Promise<void> {
  const log = loggerOf("cleanup");
  return cleanLeaks({
    ledger,
    clock,
    config,
    watches: () => watches.all(),
    onCleaned: (leak) => log.warning("leaked {type} {id} on {provider} deleted: {reason}", { ...leak }),
    onFailed: (leak, error) =>
      log.error("leaked {type} {id} on {provider} is still there: {error}", { ...leak, error }),
  }, { signal });
}

function checkReady(means: PoolCronsMeans, signal: AbortSignal): Promise<void> {
  const log = loggerOf("check");
  const text = "provider {provider}: {message}; too many to delete them all, so they were kept";
  return checkReadyNodes({
    ...means,
    isReachable: (provider) => means.watches.get(provider)?.observation.failure === null,
    onDoubt: (provider, message) => log.error(text, { provider, message }),
  }, { signal });
}
