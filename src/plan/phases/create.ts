/** A node whose server has not been requested yet, or was requested without an answer. */
import { concerns } from "../../domain/observation.ts";
import { findOwnServer, type NodeSituation, type NodeStep, remove, wouldBeListed } from "../node_step.ts";
import { act, change, wait } from "../follow_ladder.ts";

export function planCreate(situation: NodeSituation<"create">): NodeStep {
  const { node, state, now, seen, creating, provider } = situation;
  if (creating) return wait("answer", `asking ${provider.name} for the server`);

  // Also where the record knows of no request: the state may have been restored from an older copy.
  const server = findOwnServer(situation);
  if (server !== null) return change({ type: "accepted", serverId: server.id });
  if (state.sentAt === null) return planRequest({ node, now, seen, provider });
  if (state.lostAt === null) return change({ type: "answer-lost", evidence: unanswered(now) });
  if (!wouldBeListed(seen, state.lostAt)) {
    return wait("listing", "the response was lost; the next listing shows whether there is a server");
  }
  const said = node.evidence === null ? "" : `: ${node.evidence.error}`;
  return remove("failure", `the request for the server had no effect${said}`, "failed");
}

function planRequest(
  { node, now, seen, provider }: Pick<NodeSituation, "node" | "now" | "seen" | "provider">,
): NodeStep {
  // Somewhere else may have room: without a server, giving the node up costs nothing.
  if (provider.maxServers < 0) return { do: "end" };
  const flavor = seen.catalog.flavors?.find(({ id }) => id === node.flavorId) ?? null;
  const isRefused = seen.refusal !== null && seen.refusal.until > now && concerns(seen.refusal, flavor);
  return isRefused ? { do: "end" } : act({ type: "create-server", node });
}

/** The process that asked was killed before it heard the answer. */
function unanswered(now: number) {
  const error = "nodepool was stopped before the cloud answered the request for the server";
  return { at: now, error, kind: "nodepool", requestId: null, fault: null, console: null };
}
