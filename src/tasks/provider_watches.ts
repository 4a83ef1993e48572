/**
 * A watch with a task of its own for each configured provider, so that a slow or dead cloud delays no other. The
 * pool holds it; the tick reads what has been seen, the executor reaches the clouds through it.
 */
import type { WholeCloud } from "../cloud/cloud.ts";
import type { ProviderConfig } from "../domain/config.ts";
import type { Observation } from "../domain/observation.ts";
import type { ProviderReport } from "../domain/pool_report.ts";
import { type Instant, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";
import { Deletions } from "../execute/deletions.ts";
import { logDeletion } from "../execute/log_deletion.ts";
import { leakCheckAge } from "../plan/plan_leaks.ts";
import type { Ledger } from "../store/ledger.ts";
import { ProviderWatch } from "./provider_watch.ts";
import { skipUnknownIds } from "./skip_unknown_ids.ts";
import { createTask, type Task } from "./task.ts";
import { planWatch, type WatchNeeds } from "./watch_needs.ts";

export interface ProviderWatchesMeans {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Makes a provider's cloud; disposing of it closes its connections. */
  readonly openCloud: (provider: ProviderConfig) => WholeCloud;
  /** Whether planning was last refused for want of room there. */
  readonly isWanted: (provider: string) => boolean;
  /** Called after each look at a cloud. */
  readonly wake: () => void;
  readonly onError: (task: string, error: unknown) => void;
}

interface Watched {
  readonly watch: ProviderWatch;
  readonly task: Task;
  /** When it was first to be asked. */
  readonly since: Instant;
}

/** How long launches wait for providers that have just been added. */
const FIRST_LOOK = 5 * SECOND;

const log = loggerOf("provider");

export class ProviderWatches implements AsyncDisposable {
  readonly #means: ProviderWatchesMeans;
  readonly #watched = new Map<string, Watched>();
  /** Whose ids of an older state have been looked for: before that nothing is planned there. */
  readonly #compared = new WeakSet<ProviderWatch>();

  constructor(means: ProviderWatchesMeans) {
    this.#means = means;
  }

  get(name: string): ProviderWatch | null {
    return this.#watched.get(name)?.watch ?? null;
  }

  all(): readonly ProviderWatch[] {
    return [...this.#watched.values()].map(({ watch }) => watch);
  }

  get tasks(): readonly Task[] {
    return [...this.#watched.values()].map(({ task }) => task);
  }

  /** What has been seen of each provider that has been asked, by name. */
  observations(): ReadonlyMap<string, Observation> {
    const asked = this.all().filter((watch) =>
      watch.asked && (this.#compared.has(watch) || watch.observation.inventory.completeAt === null)
    );
    return new Map(asked.map((watch) => [watch.provider.name, watch.observation]));
  }

  /** Watches these providers and no others. One that is reached as before keeps what has been seen of it. */
  async configure(providers: readonly ProviderConfig[]): Promise<void> {
    const names = new Set(providers.map(({ name }) => name));
    for (const name of [...this.#watched.keys()]) if (!names.has(name)) await this.#end(name);
    for (const provider of providers) await this.#configureOne(provider);
  }

  /**
   * Until when providers that have not answered yet are waited for; null: no longer. Launches decided before would
   * crowd those that answer first, where others have room too.
   */
  firstLookEnd(): Instant | null {
    const now = this.#means.clock.now();
    const seen = this.observations();
    const waiting = [...this.#watched].filter(([name]) => !seen.has(name));
    const ends = waiting.map(([, { since }]) => since + FIRST_LOOK).filter((end) => end > now);
    return ends.length === 0 ? null : Math.max(...ends);
  }

  report(name: string): ProviderReport {
    const watch = this.get(name);
    const seen = watch?.asked ? watch.observation : null;
    return {
      name,
      reachable: seen === null ? null : seen.failure === null,
      error: seen?.failure ?? null,
      quota: seen?.quota ?? null,
      listedAt: seen?.inventory.completeAt ?? null,
      servers: seen === null ? null : [...seen.inventory.nodeIds()].length,
      stats: watch?.cloud.stats ?? null,
    };
  }

  /** After a plan: what has become worth asking for is not left to the next regular look. */
  lookWhenDue(): void {
    for (const { watch, task } of this.#watched.values()) task.wakeBy(watch.nextDue());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#watched.keys()].map((name) => this.#end(name)));
  }

  async #configureOne(provider: ProviderConfig): Promise<void> {
    const watched = this.#watched.get(provider.name);
    if (watched !== undefined && connectionOf(watched.watch.provider) === connectionOf(provider)) {
      watched.watch.provider = provider;
      watched.task.wake();
      return;
    }
    await this.#end(provider.name);
    this.#begin(provider);
  }

  #begin(provider: ProviderConfig): void {
    const { clock, ledger, openCloud } = this.#means;
    const cloud = openCloud(provider);
    const watch: ProviderWatch = new ProviderWatch({
      provider,
      cloud,
      deletions: new Deletions({
        provider: provider.name,
        cloud,
        ledger,
        whyFrozen: () => null,
        tell: logDeletion,
      }),
      clock,
      installation: ledger.installation.id,
      needs: () => this.#needs(watch),
    });
    const name = `provider ${provider.name}`;
    const task = createTask({
      name,
      period: null,
      clock,
      run: async (signal) => ({ again: await this.#look(watch, signal) }),
      onError: (error) => this.#means.onError(name, error),
    });
    this.#watched.set(provider.name, { watch, task, since: clock.now() });
    task.start();
  }

  async #end(name: string): Promise<void> {
    const watched = this.#watched.get(name);
    this.#watched.delete(name);
    await watched?.task[Symbol.asyncDispose]();
    await watched?.watch.cloud[Symbol.asyncDispose]();
  }

  /** @returns when to look again */
  async #look(watch: ProviderWatch, signal: AbortSignal): Promise<Instant> {
    const before = watch.observation.failure;
    const again = await watch.observe(signal);
    logReach(watch.provider.name, before, watch.observation.failure);
    await this.#compare(watch);
    this.#means.wake();
    return again;
  }

  /** Once for each watch, after its first complete listing. */
  async #compare(watch: ProviderWatch): Promise<void> {
    if (this.#compared.has(watch) || watch.observation.inventory.completeAt === null) return;
    const unknown = await skipUnknownIds(watch, this.#means.ledger);
    this.#compared.add(watch);
    if (unknown.length === 0) return;
    const servers = unknown.map(({ id, name, nodeId }) => `${name} (${id}, node ${nodeId})`).join(", ");
    const text =
      "provider {provider}: servers of this installation that the state does not know: {servers}; " +
      "it seems to be an older copy, and jobs may run on them: nodepool leaves them alone, delete them by " +
      "hand in the cloud";
    log.error(text, { provider: watch.provider.name, servers });
  }

  #needs({ provider, observation }: ProviderWatch): WatchNeeds {
    const { ledger, clock, isWanted } = this.#means;
    const nodes = [...ledger.nodes.values()].filter((node) => node.provider === provider.name);
    const images = [...ledger.images.values()].filter((image) => image.provider === provider.name);
    const known = { installation: ledger.installation.id, nodes: ledger.nodes };
    const leakCheck = leakCheckAge(observation.floatingIps, known);
    const wanted = isWanted(provider.name);
    return planWatch(nodes, { provider, images, wanted, leakCheck, now: clock.now() });
  }
}

function logReach(provider: string, before: ProviderReport["error"], after: ProviderReport["error"]): void {
  if (after !== null && after.message !== before?.message) {
    log.warning("provider {provider}: {reason}", { provider, reason: after.message });
  } else if (after === null && before !== null) {
    log.info("provider {provider}: answers again", { provider });
  }
}

/** What of a provider's configuration its connection depends on. */
function connectionOf({ access, apiTimeout, rate, maxConcurrency }: ProviderConfig): string {
  return JSON.stringify([access, apiTimeout, rate, maxConcurrency]);
}
