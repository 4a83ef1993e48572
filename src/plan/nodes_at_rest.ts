/**
 * Which nodes need no planning: those that an earlier planning left as they were, if nothing it depended on has
 * changed since and no time it waited for has come. So a planning costs only what has changed. `planPool` asks; the
 * tick keeps one from planning to planning.
 */
import type { Config } from "../domain/config.ts";
import type { Inventory } from "../domain/inventory.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { NodeIndex } from "../domain/node_index.ts";
import { earliest, type Instant } from "../domain/time.ts";
import type { NodePlan } from "./plan_node.ts";
import type { PoolInput } from "./pool_plan.ts";

type Situation = Pick<PoolInput, "config" | "seen" | "now" | "targets" | "heardSince">;

/** The facts that the planning of a provider's nodes went by, besides their servers. */
interface Stance {
  readonly inventory: Inventory | null;
  readonly isListed: boolean;
  readonly frozen: string | null;
}

export class NodesAtRest {
  /** Ids of those that are to be planned. */
  readonly #moving = new Set<number>();
  /** Of nodes at rest: when to look again. */
  readonly #untils = new Map<number, Instant>();
  readonly #stances = new Map<string, Stance & { readonly read: number }>();
  #config: Config | null = null;
  /** The managers whose jobs are heard of, and since when. */
  #heard = "";
  /** The targets that were offline. */
  #offline = "";
  #index: NodeIndex | null = null;
  #read = 0;

  /** The nodes to be planned, by id. */
  moving(index: NodeIndex, situation: Situation): NodeRecord[] {
    this.#noteNodes(index, situation);
    for (const name of index.providers.keys()) this.#noteProvider(name, index, situation);
    for (const [id, until] of this.#untils) if (until <= situation.now) this.#move(id);
    const nodes: NodeRecord[] = [];
    for (const id of [...this.#moving].sort((a, b) => a - b)) {
      const node = index.byId.get(id);
      if (node === undefined) this.#moving.delete(id);
      else nodes.push(node);
    }
    return nodes;
  }

  /** Takes note of what a planning came to. */
  note(node: NodeRecord, plan: NodePlan): void {
    const stays = plan.next === node && plan.action === null;
    if (!stays || !(isSettled(node) || this.#isStill(node.provider))) return;
    this.#moving.delete(node.id);
    if (plan.until !== null) this.#untils.set(node.id, plan.until);
  }

  /** When the first of them moves, if nothing happens; null: no such time. */
  get until(): Instant | null {
    return earliest([...this.#untils.values()]);
  }

  #noteNodes(index: NodeIndex, { config, targets, heardSince = new Map() }: Situation): void {
    const offline = [...targets].filter(([, { online }]) => !online).map(([name]) => name).join();
    const heard = [...heardSince].join();
    const isSame = index === this.#index && config === this.#config && heard === this.#heard &&
      offline === this.#offline;
    const changed = isSame ? index.changes.since(this.#read) : null;
    this.#index = index;
    this.#config = config;
    this.#heard = heard;
    this.#offline = offline;
    this.#read = index.changes.end;
    for (const id of changed ?? index.byId.keys()) this.#move(id);
  }

  #noteProvider(name: string, index: NodeIndex, { seen, config }: Situation): void {
    const before = this.#stances.get(name);
    const observation = config.providers.some((provider) => provider.name === name)
      ? seen.get(name)
      : undefined;
    const inventory = observation?.inventory ?? null;
    const now = {
      inventory,
      isListed: (inventory?.completeAt ?? null) !== null,
      frozen: observation?.frozen ?? null,
      read: inventory?.changes.end ?? 0,
    };
    this.#stances.set(name, now);
    const servers = before !== undefined && isSame(before, now)
      ? inventory?.changes.since(before.read) ?? (inventory === null ? [] : null)
      : null;
    const ids = servers === null
      ? index.provider(name).all.keys()
      : servers.flatMap((server) => index.naming(server)).map(({ id }) => id);
    for (const id of ids) this.#move(id);
  }

  #move(id: number): void {
    this.#moving.add(id);
    this.#untils.delete(id);
  }

  /** Whether nothing is done to the provider's nodes, whatever becomes of them. */
  #isStill(provider: string): boolean {
    const stance = this.#stances.get(provider);
    return stance !== undefined && (!stance.isListed || stance.frozen !== null);
  }
}

function isSame(one: Stance, other: Stance): boolean {
  return one.inventory === other.inventory && one.isListed === other.isListed && one.frozen === other.frozen;
}

/** Its next step depends on its own record and those of its group, its server, the configuration and the time. */
function isSettled({ state }: NodeRecord): boolean {
  return state.phase === "ready" || state.phase === "used" ||
    (state.phase === "hold" && state.serverId !== null);
}
