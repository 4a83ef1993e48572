/**
 * Reads the networks and floating IPs from a cloud's finished settings: `networks`, `private`, `floating_ip_source`,
 * …
 */
import type { CloudRouting, RoutedNetwork } from "../../domain/cloud_routing.ts";
import { isSettings, type Settings, textSetting } from "./settings.ts";

export function cloudRoutingFrom(settings: Settings): CloudRouting {
  const networks = Array.isArray(settings.networks) ? settings.networks.filter(isSettings) : [];
  return {
    networks: networks.map(routedNetwork),
    isPrivate: isTrue(settings.private, false),
    // Nova's own floating IPs are gone: what gives them is Neutron, whichever of the two is named.
    hasFloatingIps: ["neutron", "nova"].includes(
      (textSetting(settings.floating_ip_source) ?? "none").toLowerCase(),
    ),
    usesExternal: isTrue(settings.use_external_network, true),
    usesInternal: isTrue(settings.use_internal_network, true),
    forceIpv4: isTrue(settings.force_ipv4, false) || !isTrue(settings.prefer_ipv6, true),
  };
}

function routedNetwork(network: Settings): RoutedNetwork {
  const routes = network.routes_externally === true;
  return {
    name: String(network.name),
    routesV4: (network.routes_ipv4_externally ?? routes) === true,
    routesV6: (network.routes_ipv6_externally ?? routes) === true,
    natSource: network.nat_source === true,
    natDestination: network.nat_destination === true,
    defaultInterface: network.default_interface === true,
  };
}

/** Texts for booleans are read by their sense. */
function isTrue(value: unknown, fallback: boolean): boolean {
  const text = textSetting(value);
  return text === null ? fallback : !["false", "no", "off", "0"].includes(text.toLowerCase());
}
