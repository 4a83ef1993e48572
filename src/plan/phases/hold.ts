/** A node that is kept for somebody: until its time is over, or until somebody ends that by hand. */
import { endOfHold, holdEnd } from "../../domain/end_of_hold.ts";
import {
  keptWithServer,
  type NodeSituation,
  type NodeStep,
  serverTrouble,
  wouldBeListed,
} from "../node_step.ts";
import { findOwnServer } from "../own_server.ts";

export function planHold(situation: NodeSituation<"hold">): NodeStep {
  const { node, state, now, config, seen, creating } = situation;
  if (node.hold?.mayBeInUse && state.serverId !== null) return planStale(situation, state.serverId);
  const until = holdEnd(node, config.limits.holdMaxAge);
  if (until !== null && now >= until) {
    return { do: "change", event: endOfHold(node, { by: "limit", comment: "the hold has expired" }) };
  }
  const server = state.serverId === null ? findOwnServer(situation) : null;
  if (server !== null && !creating) {
    return { do: "change", event: { type: "accepted", serverId: server.id } };
  }
  if (state.serverId === null && !creating && (state.lostAt === null || wouldBeListed(seen, state.lostAt))) {
    const comment = "held before it had a server, and it never got one";
    return { do: "change", event: { type: "delete", by: "failure", comment, result: "failed" } };
  }
  return keptWithServer(situation, { serverId: state.serverId, ...(until === null ? {} : { until }) });
}

/** No time ends it: who uses it is not known. One whose server is gone is in nobody's use. */
function planStale(situation: NodeSituation<"hold">, serverId: string): NodeStep {
  const trouble = serverTrouble(situation, serverId);
  if (trouble?.kind !== "vanished") return { do: "stay" };
  return { do: "change", event: { type: "delete", by: "cloud", comment: trouble.message, result: "lost" } };
}
