/**
 * One turn of the loop: plan from what is known, store what the plan changes, have its actions carried out. Takes
 * no input: whatever happens only means "run again now". All that it must remember is in the ledger.
 */
import type { Config } from "../domain/config.ts";
import type { Observation } from "../domain/observation.ts";
import { transition } from "../domain/node_transition.ts";
import type { LabelReport } from "../domain/pool_report.ts";
import type { Instant } from "../domain/time.ts";
import type { Executor } from "../execute/executor.ts";
import { recordNode } from "../execute/record_node.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { newNode } from "../plan/new_node.ts";
import type { RequestGrant } from "../plan/plan_grants.ts";
import type { Launch } from "../plan/plan_launches.ts";
import { type NodeChange, planPool, type PoolPlan } from "../plan/plan_pool.ts";
import type { RequestWait } from "../plan/plan_request_waits.ts";
import type { Edit } from "../store/draft.ts";
import type { Ledger } from "../store/ledger.ts";

/** New nodes written in one edit; the store writes up to 400 records at once. */
const LAUNCHES_AT_ONCE = 200;
/** A tick takes at most this part of the time, however large the pool and however much happens. */
const LARGEST_SHARE = 0.25;

export interface TickMeans {
  readonly ledger: Ledger;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: () => Config;
  /** What has been seen of each provider that has been asked. */
  readonly seen: () => ReadonlyMap<string, Observation>;
  readonly launching: () => boolean;
  readonly granting: () => boolean;
}

export class Tick {
  readonly #means: TickMeans;
  #starved: ReadonlyMap<string, number> = new Map();
  #reports: readonly LabelReport[] = [];

  constructor(means: TickMeans) {
    this.#means = means;
  }

  /** What the newest plan said of the labels that did not get all they asked for. */
  get reports(): readonly LabelReport[] {
    return this.#reports;
  }

  /** @returns when to run again even if nothing happens; null: no such time */
  async run(signal: AbortSignal): Promise<Instant | null> {
    const { clock, executor } = this.#means;
    const startedAt = clock.monotonic();
    const plan = this.#plan();
    this.#starved = plan.launches.starved;
    this.#reports = plan.launches.reports;
    const planned = clock.monotonic();
    await this.#storeChanges(plan);
    await this.#launch(plan.launches.launches);
    executor.dispatch(plan.actions);
    const rest = (planned - startedAt) * (1 / LARGEST_SHARE - 1);
    if (rest > 0) await clock.sleep(rest, { signal });
    return plan.until;
  }

  #plan(): PoolPlan {
    const { ledger, executor, clock, config, seen, launching, granting } = this.#means;
    return planPool({
      config: config(),
      now: clock.now(),
      nodes: ledger.nodes.values(),
      requests: ledger.requests.values(),
      pauses: [...ledger.pauses.values()],
      seen: seen(),
      starved: this.#starved,
      creating: executor.creating,
      launching: launching(),
      granting: granting(),
    });
  }

  async #storeChanges({ changes, grants, requestWaits }: PoolPlan): Promise<void> {
    const { ledger } = this.#means;
    await Promise.all([
      ...changes.map((change) => ledger.edit((edit) => this.#putChange(edit, change))),
      ...grants.map((grant) => ledger.edit((edit) => this.#putGrant(edit, grant))),
      ...requestWaits.map((wait) => ledger.edit((edit) => putWait(edit, wait))),
    ]);
  }

  /** A node that has changed since it was planned for is left to the next plan. */
  #putChange(edit: Edit, { previous, next }: NodeChange): void {
    if (edit.node(previous.id)?.revision !== previous.revision) return;
    if (next === null) edit.removeNode(previous.id);
    else recordNode(edit, { previous, next, config: this.#means.config(), now: this.#means.clock.now() });
  }

  #putGrant(edit: Edit, { request, nodes }: RequestGrant): void {
    const current = edit.request(request.id);
    const records = nodes.map(({ id }) => edit.node(id));
    if (current === null || current.grantedAt !== null) return;
    if (records.some((node) => node?.state.phase !== "ready")) return;
    const now = this.#means.clock.now();
    for (const node of records) {
      if (node !== null) {
        edit.putNode(transition(node, { type: "taken", job: request.job, requestId: request.id }, now));
      }
    }
    edit.putRequest({ ...current, nodes: nodes.map(({ id }) => id), grantedAt: now, waitingOn: null });
  }

  async #launch(launches: readonly Launch[]): Promise<void> {
    if (launches.length === 0) return;
    const { ledger, clock } = this.#means;
    const firstId = await ledger.takeIds("node", launches.length);
    const now = clock.now();
    const nodes = launches.map((launch, index) =>
      newNode(launch, {
        id: firstId + index,
        hostnameTemplate: this.#hostname(launch),
        zone: this.#zone(launch),
        now,
      })
    );
    for (let start = 0; start < nodes.length; start += LAUNCHES_AT_ONCE) {
      const group = nodes.slice(start, start + LAUNCHES_AT_ONCE);
      await ledger.edit((edit) => group.forEach((node) => edit.putNode(node)));
    }
  }

  #hostname({ target }: Launch): string {
    const found = this.#means.config().targets.find(({ name }) => name === target);
    return found?.hostname ?? DEFAULT_HOSTNAME;
  }

  #zone({ provider }: Launch): string | null {
    const zones = provider.availabilityZones;
    return zones.length === 0 ? null : this.#means.random.pick(zones);
  }
}

/** What a pool without targets names its servers. */
const DEFAULT_HOSTNAME = "{label.name}-{provider.name}-{node_id}";

function putWait(edit: Edit, { request, waitingOn }: RequestWait): void {
  const current = edit.request(request.id);
  if (current !== null && current.grantedAt === null) edit.putRequest({ ...current, waitingOn });
}
