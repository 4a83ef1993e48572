/** What a pool does at its own times, beside the tick: cleaning up, checking ready nodes, tidying requests. */
import type { Config } from "../domain/config.ts";
import { ordersOfAll } from "../domain/image_uses.ts";
import { placeOrder } from "../domain/order_book.ts";
import { type Instant, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Shell } from "../ssh/shell.ts";
import type { Ledger } from "../store/ledger.ts";
import { changeOrder } from "../rules/record_image.ts";
import { checkReadyNodes } from "./check_ready_nodes.ts";
import { cleanLeaks } from "./clean_leaks.ts";
import { createCronTask } from "./cron_task.ts";
import type { ProviderWatches } from "./provider_watches.ts";
import { createTask, type Task } from "./task.ts";

/** Between two looks for requests that nobody waits for. */
const REQUESTS_PERIOD = 5 * SECOND;

interface PoolCronsMeans {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly shell: Shell;
  readonly watches: ProviderWatches;
  readonly config: () => Config;
  readonly readKey: (path: string) => Promise<string>;
  /** Whether this process builds and uploads diskimages. */
  readonly builds: boolean;
  /** When keypairs were listed last, by provider. */
  readonly keypairsListedAt: Map<string, Instant>;
  readonly withdrawUnattended: () => Promise<void>;
  readonly onError: (task: string, error: unknown) => void;
}

/** Starts them by the configuration in force; a new one means to end these and start others. */
export function startPoolCrons(means: PoolCronsMeans): readonly Task[] {
  const { clock, onError } = means;
  const { cleanup, check, imageUpdate } = means.config().cron;
  const tasks = [
    createCronTask({
      name: "image-update",
      cron: imageUpdate,
      clock,
      run: () => updateImages(means),
      onError: (error) => onError("image-update", error),
    }),
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

/** Orders every image in use anew. */
async function updateImages({ ledger, clock, config, builds }: PoolCronsMeans): Promise<void> {
  const at = clock.now();
  const orders = ordersOfAll(config(), { builds });
  if (orders.length === 0) return;
  await ledger.edit((edit) => {
    for (const name of orders) {
      changeOrder(
        edit,
        name,
        (order) => placeOrder(order, { at, builtSince: name.provider === null ? null : at }),
      );
    }
  });
}

function clean(
  { ledger, clock, config, watches, keypairsListedAt }: PoolCronsMeans,
  signal: AbortSignal,
): Promise<void> {
  return cleanLeaks({
    ledger,
    clock,
    config,
    keypairsListedAt,
    watches: () => watches.all(),
  }, { signal });
}

function checkReady(means: PoolCronsMeans, signal: AbortSignal): Promise<void> {
  const log = loggerOf("check");
  const text = "provider {provider}: {reason}; too many to delete them all, so they were kept";
  return checkReadyNodes({
    ...means,
    isReachable: (provider) => means.watches.isTrusted(provider),
    onDoubt: (provider, reason) => log.error(text, { provider, reason }),
  }, { signal });
}
