/**
 * A watch with a task of its own for each configured provider, so that a slow or dead cloud delays no other. The
 * pool holds it; the tick reads what has been seen, the executor reaches the clouds through it.
 */
import type { WholeCloud } from "../cloud/cloud.ts";
import type { ProviderConfig } from "../domain/config.ts";
import { isObstacle, isOwnLimit, type Obstacle } from "../domain/obstacle.ts";
import { describeMissing, type Missing, type Observation } from "../domain/observation.ts";
import type { LabelReport, ProviderReport } from "../domain/pool_report.ts";
import type { NewEvent } from "../domain/pool_event.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import { type Instant, MINUTE, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { KeptOpen } from "../lib/kept_open.ts";
import { loggerOf } from "../lib/logging.ts";
import { type DeletionReport, Deletions } from "../execute/deletions.ts";
import { logDeletion } from "../execute/log_deletion.ts";
import { type Metrics, took } from "../metrics/happening.ts";
import { openCatalog } from "../plan/offers.ts";
import { leakCheckAge } from "../plan/plan_leaks.ts";
import type { Ledger } from "../store/ledger.ts";
import { ProviderWatch } from "./provider_watch.ts";
import { findUnknownServers } from "../plan/find_unknown_servers.ts";
import { loadEnded } from "./clean_leaks.ts";
import { ForeignServers } from "./foreign_servers.ts";
import { listExpected } from "./list_expected.ts";
import { whyElsewhere } from "./why_elsewhere.ts";
import type { Task, TaskResult } from "./task.ts";
import type { TaskRegistry } from "./task_registry.ts";
import { TroubleLog } from "./trouble_log.ts";
import { hasStrangeFloatingIp, planWatch, type WatchNeeds } from "./watch_needs.ts";

interface ProviderWatchesDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
  /** Makes a provider's cloud; disposing of it closes its connections. */
  readonly openCloud: (provider: ProviderConfig) => WholeCloud;
  /** Why nothing may be deleted anywhere now; null: nothing speaks against it. */
  readonly whyFrozen: () => string | null;
  /** Called after each look at a cloud. */
  readonly wake: () => void;
  /** null: nobody is told. */
  readonly metrics: Metrics | null;
}

interface Watched extends AsyncDisposable {
  readonly watch: ProviderWatch;
  readonly task: Task;
  readonly foreign: ForeignServers;
  /** When it was first to be asked. */
  readonly since: Instant;
}

/** How long launches wait for providers that have just been added. */
const FIRST_LOOK = 5 * SECOND;

const log = loggerOf("provider");

export class ProviderWatches implements AsyncDisposable {
  readonly #deps: ProviderWatchesDeps;
  readonly #watched: KeptOpen<Watched>;
  /** Providers that planning was last refused by something that another look at the cloud may change. */
  #wanted: ReadonlySet<string | null> = new Set();
  /** How many nodes each retired provider had then; null: it was retired before this process, or no provider is known yet. */
  #retired: ReadonlyMap<string, number | null> | null = null;

  constructor(deps: ProviderWatchesDeps) {
    this.#deps = deps;
    this.#watched = new KeptOpen(deps.clock);
  }

  get(name: string): ProviderWatch | null {
    return this.#watched.get(name)?.watch ?? null;
  }

  all(): readonly ProviderWatch[] {
    return this.#watched.all().map(({ watch }) => watch);
  }

  /** The observation of each provider that has been asked, by name. */
  observations(): ReadonlyMap<string, Observation> {
    const asked = this.#watched.all().filter(hasBeenSeen);
    return new Map(asked.map(({ watch }) => [watch.provider.name, watch.observation]));
  }

  /** Whether the provider answers, and the state has been found to agree with it. */
  isTrusted(name: string): boolean {
    const watched = this.#watched.get(name);
    if (watched === null || !hasBeenSeen(watched)) return false;
    const { inventory, failure, frozen } = watched.watch.observation;
    return inventory.completeAt !== null && failure === null && frozen === null;
  }

  /** Watches these providers and no others. One that is reached as before keeps what has been seen of it. */
  async configure(providers: readonly ProviderConfig[]): Promise<void> {
    this.#noteRetired(providers);
    const keep = ({ watch, task }: Watched, provider: ProviderConfig) => {
      watch.provider = provider;
      task.wake();
    };
    await this.#watched.configure(
      new Map(providers.map((provider) => {
        const { name, access, apiTimeout, rate, maxConcurrency } = provider;
        // What of a provider's configuration its connection depends on.
        const by = [access, apiTimeout, rate, maxConcurrency];
        return [name, { by, open: () => this.#open(provider), keep: (kept) => keep(kept, provider) }];
      })),
    );
  }

  #noteRetired(providers: readonly ProviderConfig[]): void {
    const { nodeIndex } = this.#deps.ledger;
    const before = this.#retired;
    const retired = providers.filter(({ maxServers }) => maxServers < 0);
    this.#retired = new Map(retired.map(({ name }) => {
      const known = before === null ? null : before.get(name);
      return [name, known === undefined ? nodeIndex.provider(name).all.size : known];
    }));
  }

  /**
   * Until when providers that have not answered yet are waited for; null: no longer. Launches decided before would
   * crowd those that answer first, where others have room too.
   */
  firstLookEnd(): Instant | null {
    const now = this.#deps.clock.now();
    const waiting = this.#watched.all().filter((watched) => !hasBeenSeen(watched));
    const ends = waiting.map(({ since }) => since + FIRST_LOOK).filter((end) => end > now);
    return ends.length === 0 ? null : Math.max(...ends);
  }

  report(name: string): ProviderReport {
    const watch = this.get(name);
    const seen = watch?.asked ? watch.observation : null;
    const stale = watch?.stale ?? [];
    return {
      name,
      reachable: seen === null ? null : seen.failure === null,
      obstacle: watch === null ? null : this.#obstacleOf(watch),
      error: seen?.failure ?? stale.map(({ look }) => seen?.troubles.get(look)).find(Boolean) ?? null,
      ...(seen === null ? {} : { baseImages: seen.catalog.images }),
      stale,
      quota: seen?.quota ?? null,
      listedAt: seen?.inventory.completeAt ?? null,
      servers: seen?.inventory.nodeCount ?? null,
      otherServers: seen?.inventory.otherCount ?? null,
      frozen: seen?.frozen ?? null,
      foreign: this.#watched.get(name)?.foreign.foreign ?? [],
      foreignFloatingIps: this.#watched.get(name)?.foreign.floatingIps ?? [],
      implausible: this.#watched.get(name)?.foreign.implausible ?? [],
      missing: seen?.missing ?? null,
      isTrusted: this.isTrusted(name),
      nodesBeforeRetirement: this.#retired?.get(name) ?? null,
      stats: watch?.cloud.stats ?? null,
    };
  }

  #obstacleOf({ provider, asked, observation }: ProviderWatch): Obstacle | null {
    const { ledger, clock } = this.#deps;
    const asking = ledger.nodeIndex.provider(provider.name).asking > 0;
    const seen = asked ? observation : undefined;
    const open = openCatalog(provider, { seen, now: clock.now(), asking });
    return isObstacle(open) ? open : null;
  }

  /** After a plan: what it has made worth asking for is not left to the next regular look. */
  notePlan(reports: readonly LabelReport[]): void {
    const refusals = reports.flatMap((report) => report.refusals);
    this.#wanted = new Set(
      refusals.flatMap(({ provider, obstacle }) => isOwnLimit(obstacle) ? [] : provider),
    );
    for (const { watch, task } of this.#watched.all()) {
      watch.notePlan();
      task.wakeBy(watch.nextDue());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watched[Symbol.asyncDispose]();
  }

  #tellDeletion(report: DeletionReport): void {
    logDeletion(report);
    const { provider, order: { kind: type, of }, outcome } = report;
    if (of.type !== "leak" || outcome !== "accepted") return;
    this.#deps.metrics?.tell([took("leak", { provider, type }, 0)]);
  }

  #open(provider: ProviderConfig): Watched {
    const { clock, ledger, openCloud } = this.#deps;
    const parts = new AsyncDisposableStack();
    const cloud = parts.use(openCloud(provider));
    const expected = () => {
      const nodes = ledger.nodeIndex.provider(watch.provider.name).all.values();
      return listExpected(nodes, this.#imagesOf(watch.provider));
    };
    const watch: ProviderWatch = new ProviderWatch({
      provider,
      cloud,
      deletions: new Deletions({
        provider: provider.name,
        cloud,
        ledger,
        clock,
        whyFrozen: () => this.#deps.whyFrozen() ?? watch.frozen ?? watch.elsewhere,
        tell: (report) => this.#tellDeletion(report),
      }),
      clock,
      installation: ledger.installation.id,
      lineage: ledger.lineage,
      needs: () => this.#needs(watch),
      expected,
      onLate: () => task.wake(),
      whyElsewhere: (place) => whyElsewhere(place, { provider: provider.name, ledger, expected }),
    });
    const tell = (event: NewEvent) => void ledger.edit((edit) => edit.tell(event)).catch(() => {});
    const foreign = new ForeignServers({ watch, ledger, clock });
    const troubles = new TroubleLog(provider.name, tell);
    const addTask = (name: string, run: (signal: AbortSignal) => Promise<TaskResult>) =>
      parts.use(this.#deps.tasks.add({ name, period: null, run }));
    const task: Task = addTask(`provider ${provider.name}`, async (signal) => {
      const again = await this.#look({ watch, foreign, troubles }, signal);
      proofs.wakeBy(watch.absence.nextDue());
      return { again };
    });
    const proofs = addTask(
      `missing on ${provider.name}`,
      async (signal) => ({ again: await this.#prove(watch, signal) }),
    );
    const end = () => parts.disposeAsync();
    return { watch, task, foreign, since: clock.now(), [Symbol.asyncDispose]: end };
  }

  /** Servers that were foreign on the provider have become the pool's. */
  adopted(provider: string): void {
    this.#watched.get(provider)?.foreign.adopted();
  }

  /** @returns when to look again */
  async #look(
    { watch, foreign, troubles }: Pick<Watched, "watch" | "foreign"> & { troubles: TroubleLog },
    signal: AbortSignal,
  ): Promise<Instant> {
    const before = watch.absence.missing;
    const isFirst = !foreign.hasLooked;
    const again = await watch.observe(signal);
    troubles.note(watch.observation);
    logDoubt(watch.provider.name, before, watch.absence.missing);
    await foreign.look();
    if (isFirst && foreign.hasLooked) await this.#tellUnknown(watch);
    this.#deps.wake();
    return again;
  }

  /** @returns when to look up more */
  async #prove(watch: ProviderWatch, signal: AbortSignal): Promise<Instant> {
    if (watch.elsewhere !== null) return this.#deps.clock.now() + MINUTE;
    const before = watch.absence.missing;
    const again = await watch.absence.prove(signal);
    logDoubt(watch.provider.name, before, watch.absence.missing);
    this.#deps.wake();
    return again;
  }

  /** Servers of nodes that the state had so long ago that it has forgotten them. */
  async #tellUnknown(
    { provider: { name: provider }, observation: { inventory } }: ProviderWatch,
  ): Promise<void> {
    const { ledger } = this.#deps;
    const ended = await loadEnded(ledger, inventory.nodeIds());
    const unknown = findUnknownServers({ inventory }, { provider, nodes: ledger.nodes, ended });
    if (unknown.length === 0) return;
    const servers = unknown.map(({ id, name, nodeId }) => `${name} (${id}, node ${nodeId})`).join(", ");
    const text = "provider {provider}: servers of this installation whose nodes are not in the state: " +
      "{servers}; jobs may be running on them: nodepool leaves them alone; delete them in the cloud yourself";
    log.error(text, { provider, servers });
  }

  #needs({ provider, observation }: ProviderWatch): WatchNeeds {
    const { ledger, clock } = this.#deps;
    const known = { installation: ledger.installation.id, nodes: ledger.nodes };
    const leakCheck = leakCheckAge(observation.floatingIps, known);
    const wanted = this.#wanted.has(provider.name);
    const images = this.#imagesOf(provider);
    const nodes = ledger.nodeIndex;
    const unsettled = [...nodes.provider(provider.name).unsettled.values()];
    return planWatch(nodes, {
      provider,
      networks: observation.catalog.networks,
      strangeFloatingIp: hasStrangeFloatingIp(unsettled, observation),
      images,
      wanted,
      leakCheck,
      now: clock.now(),
    });
  }

  #imagesOf({ name }: ProviderConfig): readonly ProviderImage[] {
    return [...this.#deps.ledger.images.values()].filter(({ provider }) => provider === name);
  }
}

/** Before it is known whether the state is up to date there, nothing is planned. */
function hasBeenSeen({ watch, foreign }: Watched): boolean {
  return watch.asked && (foreign.hasLooked || watch.observation.inventory.completeAt === null);
}

/** The beginning and the end of doubt, not each listing that leaves something out meanwhile. */
function logDoubt(provider: string, before: Missing | null, after: Missing | null): void {
  if (after?.isDoubtful && !before?.isDoubtful) {
    const text = "provider {provider}: {missing}";
    log.warning(text, { provider, missing: describeMissing(after) });
  } else if (before?.isDoubtful && after === null) {
    log.info("provider {provider}: its listings are reliable again", { provider });
  }
}
