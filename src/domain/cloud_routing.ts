/** The networks and floating IPs of a cloud in a clouds.yaml, as openstacksdk reads it. */

export interface CloudRouting {
  /** The networks that the file says anything of. */
  readonly networks: readonly RoutedNetwork[];
  /** `private`: this machine is inside the cloud, and reaches servers by their private addresses. */
  readonly isPrivate: boolean;
  /** `floating_ip_source`: whether the cloud gives floating IPs. */
  readonly hasFloatingIps: boolean;
  /** `use_external_network`, `use_internal_network`: whether servers have public and private addresses at all. */
  readonly usesExternal: boolean;
  readonly usesInternal: boolean;
  /** `force_ipv4`: IPv6 addresses are of no use. */
  readonly forceIpv4: boolean;
}

export interface RoutedNetwork {
  /** Name or id. */
  readonly name: string;
  /** Whether its addresses can be reached from outside the cloud. */
  readonly routesV4: boolean;
  readonly routesV6: boolean;
  /** Whether floating IPs come from it. */
  readonly natSource: boolean;
  /** Whether floating IPs lead to it. */
  readonly natDestination: boolean;
  /** Whether servers are logged in to on it. */
  readonly defaultInterface: boolean;
}

/** Where the file says nothing of it. */
export const PLAIN_ROUTING: CloudRouting = {
  networks: [],
  isPrivate: false,
  hasFloatingIps: true,
  usesExternal: true,
  usesInternal: true,
  forceIpv4: false,
};
