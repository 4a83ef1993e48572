/**
 * The pool as a configuration leaves it once everything planned has succeeded: `planPool` again and again over records
 * that become at once what it plans for them, until it plans nothing more. So nothing here decides by itself; passing
 * troubles (pauses, refusals, a cloud that does not answer) count as over, and time stands still, but that nodes nobody
 * wants have been unwanted for long enough. Pure; `planEffects` compares two of them.
 */
import type { NodeRecord } from "../../domain/node.ts";
import { serverIdOf, stateName } from "../../domain/node.ts";
import { NodeIndex } from "../../domain/node_index.ts";
import { transition } from "../../domain/node_transition.ts";
import type { LabelReport } from "../../domain/pool_report.ts";
import type { NodeRequest } from "../../domain/request.ts";
import type { Instant } from "../../domain/time.ts";
import { livingSubnodes } from "../being_deleted.ts";
import { newNode, newSubnode } from "../new_node.ts";
import { NodesAtRest } from "../nodes_at_rest.ts";
import type { Launch } from "../plan_launches.ts";
import { planPool } from "../plan_pool.ts";
import type { RequestWait } from "../plan_request_waits.ts";
import type { PoolInput, PoolPlan } from "../pool_plan.ts";
import { withAssumedImages } from "./assumed_images.ts";
import { settledSight } from "./settled_sight.ts";

export interface Forecast {
  /** Why nodes that are there go, by id; without those that are being deleted anyway. */
  readonly leaving: ReadonlyMap<number, string>;
  /** How many nodes are launched, by label. */
  readonly launched: ReadonlyMap<string, number>;
  /** The labels that do not get all that they want. */
  readonly reports: readonly LabelReport[];
  /** The requests that still wait. */
  readonly waits: readonly RequestWait[];
}

/** Far above what pools need: the last rounds replace aged nodes, a tenth of them each. */
const MOST_ROUNDS = 100;

export function forecastPool(input: PoolInput): Forecast {
  const forecast = new Rounds(input);
  for (let round = 0; round < MOST_ROUNDS && forecast.go(); round++);
  return forecast.result;
}

class Rounds {
  readonly #input: PoolInput;
  readonly #nodes: NodeIndex;
  readonly #leaving = new Map<number, string>();
  readonly #launched = new Map<string, number>();
  readonly #firstId: number;
  #requests: readonly NodeRequest[];
  #nextId: number;
  #plan: PoolPlan | null = null;

  constructor(input: PoolInput) {
    const before = NodeIndex.of(input.nodes);
    this.#input = settledInput(input, before);
    this.#nodes = NodeIndex.of(settledNodes(before, input.now));
    this.#requests = [...input.requests];
    this.#nextId = Math.max(0, input.firstIdOfRun ?? 0, ...before.byId.keys()) + 1;
    this.#firstId = this.#nextId;
  }

  get result(): Forecast {
    const { launches: { reports } = { reports: [] }, requestWaits: waits = [] } = this.#plan ?? {};
    return { leaving: this.#leaving, launched: this.#launched, reports, waits };
  }

  /** Plans once, and takes what is planned as done. @returns whether anything was */
  go(): boolean {
    const plan = planPool({ ...this.#input, nodes: this.#nodes, requests: this.#requests });
    this.#plan = plan;
    const changes = plan.changes.map(({ previous, next }) => this.#change(previous, next));
    plan.grants.forEach(({ request, nodes }) => this.#grant(request, nodes));
    plan.launches.launches.forEach((launch) => this.#launch(launch));
    return changes.includes(true) || plan.grants.length > 0 || plan.launches.launches.length > 0;
  }

  /** @returns whether it leaves: what it waits for does not matter here */
  #change(previous: NodeRecord, next: NodeRecord | null): boolean {
    const isLeaving = next === null || stateName(next) === "delete";
    if (!isLeaving) return false;
    this.#nodes.put(previous.id, null);
    if (previous.id < this.#firstId) this.#leaving.set(previous.id, next?.comment ?? "its server is gone");
    return true;
  }

  #grant({ id }: NodeRequest, nodes: readonly NodeRecord[]): void {
    this.#requests = this.#requests.filter((request) => request.id !== id);
    const taking = { type: "taken", job: null, requestId: id } as const;
    for (const node of nodes) this.#nodes.put(node.id, transition(node, taking, this.#input.now));
  }

  #launch(launch: Launch): void {
    const { now } = this.#input;
    const named = { zone: null, now, hostnameTemplate: "" };
    const parent = newNode(launch, { ...named, id: this.#nextId++ });
    const subnodes = Array.from(
      { length: launch.label.subnodes },
      () => newSubnode({ ...launch, parent }, { ...named, id: this.#nextId++ }),
    );
    for (const node of [parent, ...subnodes]) {
      const floatingIp = launch.floatingIps > 0 ? { id: String(node.id), address: "" } : null;
      this.#nodes.put(node.id, { ...readied(node, now), floatingIp });
    }
    this.#launched.set(launch.label.name, (this.#launched.get(launch.label.name) ?? 0) + 1);
  }
}

function settledInput(input: PoolInput, nodes: NodeIndex): PoolInput {
  const { now, config, seen } = input;
  return {
    ...input,
    rest: new NodesAtRest(),
    pauses: [],
    images: withAssumedImages(input.images, config),
    reserved: new Map(),
    seen: new Map(
      config.providers.map((provider) =>
        [provider.name, settledSight(provider, { seen: seen.get(provider.name), nodes, now })] as const
      ),
    ),
    turns: new Map(),
    // Nodes that nobody wants have been unwanted for long enough.
    unwanted: new Map([...nodes].map(({ id }) => [id, now - (config.limits.idle ?? 0)])),
    // Its records are as they are: those that work for an image are the other planner's.
    concerns: ({ role }) => role === "node" || role === "subnode",
    creating: new Set(),
    launching: true,
    granting: true,
  };
}

/** Those being built are ready, and those being deleted are gone. */
function settledNodes(nodes: NodeIndex, now: Instant): readonly NodeRecord[] {
  return [...nodes].flatMap((node) => {
    if (stateName(node) === "delete") return [];
    const isOnTheWay = stateName(node) === "building" || stateName(node) === "test";
    if (!isOnTheWay || node.role === "builder" || node.role === "checker") return [node];
    const subnodeCount = livingSubnodes(nodes.subnodesOf(node.id)).length;
    return [{ ...readied(node, now), subnodeCount }];
  });
}

function readied(node: NodeRecord, now: Instant): NodeRecord {
  const serverId = serverIdOf(node) ?? `of node ${node.id}`;
  return { ...node, state: { phase: "ready", serverId }, stateSince: now, waitingOn: null, retryAt: null };
}
