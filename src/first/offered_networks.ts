/** The networks that servers can be attached to, and how they are reached there, the proposed way first. Pure. */
import { isRoutable } from "../domain/is_routable.ts";
import type { Network } from "../domain/server.ts";
import type { Choice } from "../domain/first_config.ts";

/** A network, and how nodes are reached on it. */
export interface NetworkChoice {
  readonly network: Network;
  readonly reach: "public" | "floating" | "private";
}

/**
 * Those of the project before external ones, which only some clouds attach servers to.
 * @param options `floatingIps`: whether nodes may have some; `routed`: ids of networks that floating IPs surely reach
 */
export function offeredNetworks(
  networks: readonly Network[],
  { floatingIps, routed }: { floatingIps: boolean; routed: readonly string[] },
): Choice<NetworkChoice>[] {
  const isRouted = ({ id }: Network) => Number(routed.includes(id));
  const inner = networks.filter(({ external }) => !external).toSorted((a, b) => isRouted(b) - isRouted(a));
  const outer = networks.filter(({ external }) => external);
  const [source] = outer;
  return [
    ...inner.filter(isOpen).map((network) => choiceOf(network, "public", "its addresses are public")),
    ...inner.filter((network) => !isOpen(network)).flatMap((network) =>
      closedWays(network, floatingIps ? source : undefined)
    ),
    ...outer.map((network) => choiceOf(network, "public", "external, attached directly")),
  ];
}

/** A private network is reached by floating IPs where there are some, or else from within. */
function closedWays(network: Network, source: Network | undefined): Choice<NetworkChoice>[] {
  const direct = choiceOf(network, "private", "its private addresses are reached from here");
  if (source === undefined) return [direct];
  const floating = choiceOf(network, "floating", `floating IPs from ${source.name || source.id}`);
  return isHere(network) ? [direct, floating] : [floating, direct];
}

function choiceOf(network: Network, reach: NetworkChoice["reach"], how: string): Choice<NetworkChoice> {
  const ranges = network.ranges === undefined ? "" : `${network.ranges.join(", ")}; `;
  const label = `${network.name || network.id} (${ranges}${how})`;
  return { label, names: [network.name, network.id].filter(Boolean), value: { network, reach } };
}

function isOpen({ ranges = [] }: Network): boolean {
  return ranges.some((range) => isRoutable(range.split("/")[0]!));
}

/** Loopback: the cloud is on this machine, such as that of `nodepool simulate`. */
export function isHere({ ranges = [] }: Network): boolean {
  return ranges.length > 0 && ranges.every((range) => range.startsWith("127."));
}
