/**
 * The next step of each node that is not at rest. One whose planning breaks stays as it is, and is handed out to nobody.
 * Pure; `planPool` calls it.
 */
import type { ProviderConfig } from "../domain/config.ts";
import { describeObstacle } from "../domain/describe_obstacle.ts";
import type { Apart } from "../domain/defect.ts";
import type { WaitingEvent } from "../domain/next_waiting.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { NodeIndex } from "../domain/node_index.ts";
import { transition } from "../domain/node_transition.ts";
import { earliest, type Instant } from "../domain/time.ts";
import { staying, waitingFor } from "./follow_ladder.ts";
import { NodesAtRest } from "./nodes_at_rest.ts";
import { type NodePlan, planNode } from "./plan_node.ts";
import type { SubnodePlan } from "./plan_subnodes.ts";
import type { PoolInput } from "./pool_plan.ts";

interface MovingNodes {
  readonly plans: readonly PlannedNode[];
  /** Ids of those whose planning broke. */
  readonly broken: ReadonlySet<number>;
  /** When to plan again even if nothing happens; null: no such time. */
  readonly until: Instant | null;
}

export interface PlannedNode {
  readonly node: NodeRecord;
  readonly plan: NodePlan;
}

interface World {
  readonly input: PoolInput;
  readonly nodes: NodeIndex;
  readonly subnodes: SubnodePlan;
  readonly providers: ReadonlyMap<string, ProviderConfig>;
}

export function planMovingNodes(world: World, apart: Apart): MovingNodes {
  const { input, nodes } = world;
  const { rest = new NodesAtRest() } = input;
  const broken = new Set<number>();
  const plans = rest.moving(nodes, input).map((node) => {
    const plan = apart.for({ kind: "node", id: node.id }, () => planKnown(node, world), null);
    if (plan === null) broken.add(node.id);
    else rest.note(node, plan);
    return { node, plan: plan ?? staying(node) };
  });
  return { plans, broken, until: earliest([...plans.map(({ plan }) => plan.until), rest.until]) };
}

/** A node whose provider has not been seen yet, as after a start, stays as it is. */
function planKnown(node: NodeRecord, { input, nodes, subnodes, providers }: World): NodePlan {
  if (input.concerns?.(node) === false) return staying(node);
  const provider = providers.get(node.provider);
  if (provider === undefined) {
    const advice = "add it back to have the node deleted there";
    return standStill(node, `provider ${node.provider} is not in the configuration; ${advice}`, input.now);
  }
  const seen = input.seen.get(node.provider);
  if (seen === undefined || seen.inventory.completeAt === null) return staying(node);
  if (seen.frozen !== null) return planFrozen(node, seen.frozen, input.now);
  const image = provider.images.find(({ name }) => name === node.image) ?? null;
  const { now, config, images, targets, heardSince = new Map() } = input;
  const refusals = subnodes.refusals.get(node.id)?.map((one) => describeObstacle(one, input));
  return planNode(node, {
    now,
    config,
    provider,
    image,
    seen,
    nodes,
    images,
    targets,
    heardSince,
    creating: input.creating.has(node.id),
    parent: nodes.nodeOf(node),
    subnodes: nodes.subnodesOf(node.id),
    subnodeRefusal: refusals?.join("; ") ?? null,
  });
}

/** Nodes that somebody uses or holds are not concerned. */
function planFrozen(node: NodeRecord, message: string, now: Instant): NodePlan {
  const { phase } = node.state;
  return phase === "used" || phase === "hold" ? staying(node) : standStill(node, message, now);
}

function standStill(node: NodeRecord, message: string, now: Instant): NodePlan {
  const change = (record: NodeRecord, event: WaitingEvent) => transition(record, event, now);
  return staying(waitingFor(node, { reason: { reason: "provider", message }, change }));
}
