/** An ACTIVE server that needs an address to log in to: a fixed one, or a floating IP made for it. */
import type { NodeRecord } from "../../domain/node.ts";
import type { Observation } from "../../domain/observation.ts";
import { chooseAddresses, type OwnFloatingIp } from "../choose_address.ts";
import {
  giveUp,
  giveUpTroubled,
  isOutOfReach,
  isUnseen,
  type NodeSituation,
  type NodeStep,
} from "../node_step.ts";
import { isOutage, planFloatingIp } from "./floating_ip.ts";
import { awaitRetry, change, isTriedUntil, wait } from "../follow_ladder.ts";

export function planAddress(situation: NodeSituation<"address">): NodeStep {
  const { node, state, now, provider, seen } = situation;
  const trouble = giveUpTroubled(situation);
  if (trouble !== null) return trouble;
  const server = seen.inventory.servers.get(state.serverId);
  if (server === undefined) return wait("listing", "the server is not listed yet");

  const deadline = state.activeAt + provider.bootTimeout;
  const networks = seen.catalog.networks ?? [];
  const floating = planFloatingIp(situation, { server, until: deadline });
  const addresses = floating === null
    ? chooseAddresses(server, { provider, networks, floatingIp: ownFloatingIp(node, seen) })
    : null;
  if (addresses !== null) return change({ type: "addressed", addresses });
  if (now >= deadline && isUnseen(seen, server.id)) {
    return wait("provider", `the cloud cannot report on server ${server.id}`);
  }
  const blindness = now >= deadline ? whyBlind(situation, { needsNeutron: floating !== null }) : null;
  if (blindness !== null) return wait("provider", blindness);
  // After an outage or a restart the time may be over without a single attempt, or without one that was due: each node gets it.
  const isOver = floating === null
    ? seen.inventory.listedSince(deadline)
    : now >= deadline && (floating.do !== "act" || isTriedUntil(deadline, node));
  if (isOver) {
    const time = `${provider.bootTimeout / 1000} s${lastRefusal(situation)}`;
    return giveUp(situation, "ipadd", `server ${server.id} got no address to log in to within ${time}`);
  }
  return awaitRetry(node, { now, reason: "address", by: deadline }) ?? floating ??
    wait("address", "the server has no address yet", now < deadline ? deadline : null);
}

/** Why the address cannot be determined; null: it can. */
function whyBlind(
  { state, provider, seen }: NodeSituation<"address">,
  { needsNeutron }: { needsNeutron: boolean },
): string | null {
  if (isOutOfReach(seen)) return `cannot list the servers of ${provider.name}`;
  if (!needsNeutron) return null;
  const trouble = seen.troubles.get("ports") ?? seen.troubles.get("floating-ips");
  if (trouble !== undefined) return isOutage(trouble) ? trouble.message : null;
  return (seen.ports?.takenAt ?? -Infinity) < state.activeAt ? "looking for the server's port" : null;
}

/** Why it has none, as far as somebody said it. */
function lastRefusal({ node, seen }: NodeSituation<"address">): string {
  const told = node.evidence?.error ?? seen.troubles.get("ports")?.message ??
    seen.troubles.get("floating-ips")?.message;
  return told === undefined ? "" : `: ${told}`;
}

function ownFloatingIp({ floatingIp }: NodeRecord, { ports }: Observation): OwnFloatingIp | null {
  if (floatingIp === null) return null;
  const port = ports?.value.find(({ id }) => id === floatingIp.portId);
  return { address: floatingIp.address, behind: port?.addresses ?? [] };
}
