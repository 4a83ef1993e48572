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
import type { PoolInput } from "../pool_plan.ts";
import { settledSight, withAssumedImages } from "./settled_sight.ts";

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

export function forecastPool(given: PoolInput): Forecast {
  const before = NodeIndex.of(given.nodes);
  const input = settledInput(given, before);
  const { now } = input;
  const nodes = NodeIndex.of(settledNodes(before, now));
  const leaving = new Map<number, string>();
  const launched = new Map<string, number>();
  const firstId = Math.max(0, given.firstIdOfRun ?? 0, ...before.byId.keys()) + 1;
  let nextId = firstId;
  let requests: readonly NodeRequest[] = [...given.requests];

  const launch = (one: Launch) => {
    const named = { zone: null, now, hostnameTemplate: "" };
    const parent = newNode(one, { ...named, id: nextId++ });
    const subnodes = Array.from(
      { length: one.label.subnodes },
      () => newSubnode({ ...one, parent }, { ...named, id: nextId++ }),
    );
    for (const node of [parent, ...subnodes]) {
      const floatingIp = one.floatingIps > 0 ? { id: String(node.id), address: "" } : null;
      nodes.put(node.id, { ...readied(node, now), floatingIp });
    }
    launched.set(one.label.name, (launched.get(one.label.name) ?? 0) + 1);
  };
  for (let round = 1;; round++) {
    const { changes, grants, launches: { launches, reports }, requestWaits: waits } = planPool({
      ...input,
      nodes,
      requests,
    });
    // What a node waits for does not matter here.
    const gone = changes.filter(({ next }) => next === null || stateName(next) === "delete");
    for (const { previous: { id }, next } of gone) {
      nodes.put(id, null);
      if (id < firstId) leaving.set(id, next?.comment ?? "its server is gone");
    }
    for (const { request: { id }, nodes: given } of grants) {
      requests = requests.filter((request) => request.id !== id);
      const taking = { type: "taken", job: null, requestId: id } as const;
      for (const node of given) nodes.put(node.id, transition(node, taking, now));
    }
    launches.forEach(launch);
    const isOver = gone.length + grants.length + launches.length === 0;
    if (isOver || round === MOST_ROUNDS) return { leaving, launched, reports, waits };
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
