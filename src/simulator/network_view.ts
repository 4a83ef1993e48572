/** Networks, subnets, ports, floating IPs and security groups as Neutron's JSON shows them. */
import { isoSeconds } from "./answer.ts";
import type { CloudState } from "./cloud_state.ts";
import type { NetworkResource } from "./paging.ts";
import type { SimulatedFloatingIp, SimulatedPort } from "./simulated_server.ts";
import { nameId, type StockNetwork } from "./stock.ts";

export function networkView({ stock, startedAt }: CloudState, network: StockNetwork): NetworkResource {
  return {
    id: network.id,
    name: network.name,
    ...owned(network.shared || network.external ? stock.adminProjectId : stock.projectId),
    admin_state_up: true,
    mtu: 1450,
    status: "ACTIVE",
    subnets: [network.subnetId, ...(network.ipv6 ? [network.subnetV6Id] : [])],
    shared: network.shared && !network.external,
    availability_zone_hints: [],
    availability_zones: [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    "router:external": network.external,
    description: "",
    port_security_enabled: true,
    ...(network.external ? { is_default: false } : {}),
    ...stamped(startedAt),
  };
}

export function subnetViews(cloud: CloudState, network: StockNetwork): NetworkResource[] {
  const four = subnetView(cloud, network);
  if (!network.ipv6) return [four];
  const prefix = `2001:db8:${network.block.toString(16)}:`;
  const six = {
    id: network.subnetV6Id,
    ip_version: 6,
    gateway_ip: `${prefix}:1`,
    cidr: `${prefix}:/64`,
    allocation_pools: [{ start: `${prefix}:2`, end: `${prefix}:ff:ff` }],
  };
  return [four, { ...four, ...six }];
}

function subnetView({ stock, startedAt }: CloudState, network: StockNetwork): NetworkResource {
  const net = `127.${network.block}`;
  return {
    id: network.subnetId,
    name: network.name,
    ...owned(stock.adminProjectId),
    network_id: network.id,
    ip_version: 4,
    subnetpool_id: null,
    enable_dhcp: false,
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
    gateway_ip: `${net}.0.1`,
    cidr: `${net}.0.0/16`,
    allocation_pools: [{ start: `${net}.0.2`, end: `${net}.255.254` }],
    host_routes: [],
    dns_nameservers: [],
    description: "",
    service_types: [],
    ...stamped(startedAt),
  };
}

/** A port's addresses, IPv6 first: a documentation range, with the same number. */
export function fixedIpsOf({ stock }: CloudState, { networkId, address }: SimulatedPort) {
  const { ipv6, subnetId, subnetV6Id } = stock.networks.find((one) => one.id === networkId)!;
  return [
    ...(ipv6 ? [{ subnet_id: subnetV6Id, ip_address: ipv6Of(address) }] : []),
    { subnet_id: subnetId, ip_address: address },
  ];
}

function ipv6Of(address: string): string {
  const [, block, high, low] = address.split(".").map((part) => Number(part).toString(16));
  return `2001:db8:${block}::${high}:${low}`;
}

export function portView(cloud: CloudState, port: SimulatedPort): NetworkResource {
  const { stock } = cloud;
  return {
    id: port.id,
    name: port.name,
    network_id: port.networkId,
    ...owned(stock.projectId),
    mac_address: port.mac,
    admin_state_up: true,
    status: port.down || port.server === null ? "DOWN" : "ACTIVE",
    ...deviceOf(port),
    fixed_ips: fixedIpsOf(cloud, port),
    allowed_address_pairs: [],
    extra_dhcp_opts: [],
    security_groups: [stock.securityGroupId],
    description: "",
    "binding:vnic_type": "normal",
    port_security_enabled: true,
    ...stamped(port.createdAt),
  };
}

/** The router's ports: one on each network that it leads from. */
export function routerPortViews({ stock, startedAt }: CloudState, owner: string): NetworkResource[] {
  const routed = stock.networks.filter(({ external, routed }) => routed && !external);
  if (owner !== "network:router_interface" || !stock.networks.some(({ external }) => external)) return [];
  return routed.map((network) => ({
    id: nameId(`${network.id}/router`),
    name: "",
    network_id: network.id,
    ...owned(stock.projectId),
    status: "ACTIVE",
    device_id: stock.routerId,
    device_owner: owner,
    fixed_ips: [],
    ...stamped(startedAt),
  }));
}

export function floatingIpView({ stock }: CloudState, floatingIp: SimulatedFloatingIp): NetworkResource {
  const { port } = floatingIp;
  return {
    id: floatingIp.id,
    ...owned(stock.projectId),
    floating_ip_address: floatingIp.address,
    floating_network_id: floatingIp.networkId,
    router_id: port === null ? null : stock.routerId,
    port_id: port?.id ?? null,
    fixed_ip_address: port?.address ?? null,
    status: port === null ? "DOWN" : "ACTIVE",
    description: floatingIp.description,
    port_details: port === null ? null : {
      name: port.name,
      network_id: port.networkId,
      mac_address: port.mac,
      admin_state_up: true,
      status: port.down ? "DOWN" : "ACTIVE",
      ...deviceOf(port),
    },
    ...stamped(floatingIp.createdAt),
  };
}

export function securityGroupView({ stock, startedAt }: CloudState): NetworkResource {
  const rule = (direction: string, ethertype: string) => ({
    id: nameId(`${stock.securityGroupId}/${direction}/${ethertype}`),
    ...owned(stock.projectId),
    security_group_id: stock.securityGroupId,
    ethertype,
    direction,
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_group_id: direction === "ingress" ? stock.securityGroupId : null,
    description: null,
    ...stamped(startedAt),
  });
  return {
    id: stock.securityGroupId,
    name: "default",
    stateful: true,
    ...owned(stock.projectId),
    description: "Default security group",
    shared: false,
    security_group_rules: ["ingress", "egress"]
      .flatMap((direction) => ["IPv4", "IPv6"].map((ethertype) => rule(direction, ethertype))),
    ...stamped(startedAt),
  };
}

function deviceOf({ server }: SimulatedPort) {
  return { device_id: server?.id ?? "", device_owner: server === null ? "" : `compute:${server.zone}` };
}

function owned(projectId: string) {
  return { tenant_id: projectId, project_id: projectId };
}

function stamped(at: number) {
  return { tags: [], created_at: isoSeconds(at), updated_at: isoSeconds(at), revision_number: 0 };
}
