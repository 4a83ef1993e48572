/**
 * The work of a pool at the times of its configuration, beside the tick: ordering images, cleaning up, checking ready
 * nodes. Each run goes by the configuration that was in force when it began. The pool holds it.
 */
import type { Config } from "../domain/config.ts";
import { ordersOfAll } from "../domain/image_uses.ts";
import type { Instant } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { KeptOpen } from "../lib/kept_open.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Shell } from "../ssh/shell.ts";
import type { Ledger } from "../store/ledger.ts";
import { placeImageOrders } from "../rules/record_image.ts";
import { checkReadyNodes } from "./check_ready_nodes.ts";
import { cleanLeaks } from "./clean_leaks.ts";
import type { ProviderWatches } from "./provider_watches.ts";
import type { Task } from "./task.ts";
import type { TaskRegistry } from "./task_registry.ts";

interface PoolCronsDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly shell: Shell;
  readonly tasks: TaskRegistry;
  readonly watches: ProviderWatches;
  readonly readKey: (path: string) => Promise<string>;
  /** Whether this process builds and uploads diskimages. */
  readonly builds: boolean;
}

const log = loggerOf("check");

export class PoolCrons {
  readonly #deps: PoolCronsDeps;
  readonly #running: KeptOpen<Task>;
  /** When keypairs were listed last, by provider. */
  readonly #keypairsListedAt = new Map<string, Instant>();
  #config: Config | null = null;

  constructor(deps: PoolCronsDeps) {
    this.#deps = deps;
    this.#running = new KeptOpen(deps.clock);
  }

  /** Runs them by this configuration: one whose times have changed ends, and begins with the new ones. */
  async configure(config: Config): Promise<void> {
    this.#config = config;
    const cron = (name: string, times: string, run: (signal: AbortSignal) => Promise<void>) =>
      [name, { by: times, open: () => this.#deps.tasks.addCron({ name, cron: times, run }) }] as const;
    const { imageUpdate, cleanup, check } = config.cron;
    const cleanups = config.providers.map(({ name }) =>
      cron(`cleanup of ${name}`, cleanup, (signal) => this.#cleanUp(name, signal))
    );
    await this.#running.configure(
      new Map([
        cron("image-update", imageUpdate, () => this.#placeImageOrders(this.#config!)),
        ...cleanups,
        cron("check", check, (signal) => this.#checkReady(this.#config!, signal)),
      ]),
    );
  }

  /** Every image in use. */
  async #placeImageOrders(config: Config): Promise<void> {
    const { ledger, clock, builds } = this.#deps;
    const orders = ordersOfAll(config, { builds });
    if (orders.length === 0) return;
    await ledger.edit((edit) => placeImageOrders(edit, orders, { at: clock.now() }));
  }

  async #cleanUp(provider: string, signal: AbortSignal): Promise<void> {
    const watch = this.#deps.watches.get(provider);
    if (watch === null) return;
    await cleanLeaks(watch, { ...this.#deps, keypairsListedAt: this.#keypairsListedAt }, { signal });
  }

  #checkReady(config: Config, signal: AbortSignal): Promise<void> {
    const text = "provider {provider}: {reason}; the fault may be on this side, so not all are deleted";
    return checkReadyNodes({
      ...this.#deps,
      config,
      isReachable: (provider) => this.#deps.watches.isTrusted(provider),
      onDoubt: (provider, reason) => log.error(text, { provider, reason }),
    }, { signal });
  }
}
