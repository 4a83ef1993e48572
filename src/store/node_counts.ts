/** How many nodes there are by provider, label and state, kept up to date by the ledger change by change. */
import type { NodeRecord, NodeStateName } from "../domain/node.ts";
import { stateName } from "../domain/node.ts";

/** One combination that at least one node has. */
interface NodeCount {
  readonly provider: string;
  readonly label: string;
  readonly state: NodeStateName;
  readonly count: number;
}

/** What to count; whatever is left out counts all. */
interface CountFilter {
  readonly provider?: string;
  readonly label?: string;
  readonly states?: readonly NodeStateName[];
}

/** The counts as readers see them. Reading costs as much as there are combinations, however many nodes. */
export interface NodeCounts {
  /** How many nodes match. */
  of(filter: CountFilter): number;
  /** Every combination that is not empty, in no order. */
  all(): readonly NodeCount[];
}

/** The counts as the ledger keeps them. */
export class NodeTally implements NodeCounts {
  readonly #cells = new Map<string, NodeCount>();

  of({ provider, label, states }: CountFilter): number {
    let sum = 0;
    for (const cell of this.#cells.values()) {
      if (provider !== undefined && cell.provider !== provider) continue;
      if (label !== undefined && cell.label !== label) continue;
      if (states === undefined || states.includes(cell.state)) sum += cell.count;
    }
    return sum;
  }

  all(): readonly NodeCount[] {
    return [...this.#cells.values()];
  }

  /** Takes note that `previous` (null: nothing) has become `next` (null: nothing). */
  change(previous: NodeRecord | null, next: NodeRecord | null): void {
    if (previous !== null) this.#add(previous, -1);
    if (next !== null) this.#add(next, 1);
  }

  #add(node: NodeRecord, difference: number): void {
    const { provider, label } = node;
    const state = stateName(node);
    const key = `${provider}\n${label}\n${state}`;
    const count = (this.#cells.get(key)?.count ?? 0) + difference;
    if (count === 0) this.#cells.delete(key);
    else this.#cells.set(key, { provider, label, state, count });
  }
}
