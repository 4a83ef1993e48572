/** A node that is kept for somebody: until its time is over, or until somebody ends that by hand. */
import { endOfHold, holdEnd } from "../../domain/end_of_hold.ts";
import {
  findOwnServer,
  keptWithServer,
  type NodeSituation,
  type NodeStep,
  remove,
  removeVanished,
  wouldBeListed,
} from "../node_step.ts";
import { change } from "../follow_ladder.ts";

export function planHold(situation: NodeSituation<"hold">): NodeStep {
  const { node, state, now, config, seen, creating } = situation;
  const { serverId } = state;
  // No time ends it where it is not known who uses it. One whose server is gone is in nobody's use.
  if (node.hold?.mayBeInUse && serverId !== null) {
    return removeVanished({ seen, state: { serverId } }) ?? { do: "stay" };
  }
  const until = holdEnd(node, config.limits.holdMaxAge);
  if (until !== null && now >= until) {
    return change(endOfHold(node, { by: "limit", comment: "the hold has expired" }));
  }
  if (serverId === null && !creating) {
    const server = findOwnServer(situation);
    if (server !== null) return change({ type: "accepted", serverId: server.id });
    if (state.lostAt === null || wouldBeListed(seen, state.lostAt)) {
      return remove("failure", "held before it had a server, and it never got one", "failed");
    }
  }
  return keptWithServer(situation, serverId, until);
}
