/** A ledger with a node in each phase. */
import { nodePhases } from "../../src/domain/node.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { node, states } from "../plan/plan_fixtures.ts";

/** A node in each phase; its id is the phase's place, from 1. */
export async function everyPhase() {
  const nodes = nodePhases.map((phase, index) => node(states[phase], { id: index + 1 }));
  const kit = await ledgerWith(...nodes);
  const id = (phase: typeof nodePhases[number]) => nodePhases.indexOf(phase) + 1;
  return {
    ...kit,
    id,
    ids: nodes.map((each) => each.id),
    phase: (of: typeof nodePhases[number]) => kit.ledger.nodes.get(id(of))?.state.phase,
  };
}
