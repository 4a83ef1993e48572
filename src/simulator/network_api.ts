/** Neutron v2.0: networks, subnets, ports, floating IPs, security groups, quotas, extensions. */
import { ApiBuilder, type ApiContext } from "./api.ts";
import { type ApiAnswer, ApiRefusal, emptyAnswer, found, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import { type NetworkResource, resourceList } from "./paging.ts";
import {
  floatingIpView,
  networkView,
  portView,
  routerPortViews,
  securityGroupView,
  subnetViews,
} from "./network_view.ts";
import { hasAddressAt, type SimulatedFloatingIp, type SimulatedPort } from "./simulated_server.ts";
import type { StockNetwork } from "./stock.ts";

export function networkApi(context: ApiContext): ApiBuilder {
  const api = new ApiBuilder("network", context)
    .on("GET /", "version.list", listVersions, { open: true })
    .on("GET /v2.0", "version.show", listResources)
    .on("GET /v2.0/ports", "port.list", listPorts)
    .on("POST /v2.0/ports", "port.create", createPort)
    .on(
      "GET /v2.0/ports/:id",
      "port.show",
      (exchange) => jsonAnswer(200, { port: portView(exchange.cloud, namedPort(exchange)) }),
    )
    .on("DELETE /v2.0/ports/:id", "port.delete", deletePort)
    .on("GET /v2.0/floatingips", "floatingip.list", listFloatingIps)
    .on("POST /v2.0/floatingips", "floatingip.create", createFloatingIp)
    .on(
      "GET /v2.0/floatingips/:id",
      "floatingip.show",
      (exchange) => floatingIpAnswer(exchange, namedFloatingIp(exchange)),
    )
    .on("PUT /v2.0/floatingips/:id", "floatingip.update", moveFloatingIp)
    .on("DELETE /v2.0/floatingips/:id", "floatingip.delete", deleteFloatingIp)
    .on("GET /v2.0/quotas/:projectId", "quota.show", showQuota)
    .on("GET /v2.0/quotas/:projectId/details", "quota.show", showQuotaDetails)
    .on("GET /v2.0/quotas/:projectId/details.json", "quota.show", showQuotaDetails)
    .on("GET /v2.0/extensions", "extension.list", () => jsonAnswer(200, { extensions: extensions() }))
    .on("GET /v2.0/extensions/:alias", "extension.show", showExtension)
    .on("GET /v2.0/availability_zones", "zone.list", () => jsonAnswer(200, { availability_zones: [] }));
  readOnly(api, {
    name: "network",
    all: ({ cloud }) => cloud.stock.networks.map((one) => networkView(cloud, one)),
  });
  readOnly(api, {
    name: "subnet",
    all: ({ cloud }) => cloud.stock.networks.flatMap((one) => subnetViews(cloud, one)),
  });
  readOnly(api, { name: "security_group", all: ({ cloud }) => [securityGroupView(cloud)] });
  return api;
}

/** The routes of a kind of which the simulated project can only look at what there is. */
function readOnly(
  api: ApiBuilder,
  { name, all }: { name: string; all: (exchange: Exchange) => readonly NetworkResource[] },
): void {
  const path = `/v2.0/${name.replace("_", "-")}s`;
  const kind = name.replace("_", "");
  api.on(`GET ${path}`, `${kind}.list`, (exchange) => resourceList(exchange, `${name}s`, all(exchange)))
    .on(`GET ${path}/:id`, `${kind}.show`, (exchange) => {
      const id = exchange.param("id");
      const type = name.split("_").map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
      return jsonAnswer(200, {
        [name]: named(all(exchange).find((resource) => resource.id === id), type, id),
      });
    });
}

/** @param type as in the names of Neutron's exceptions */
function named<T>(thing: T | undefined, type: string, id: unknown): T {
  return found(thing, `${type} ${id} could not be found.`, { type: `${type}NotFound` });
}

function listVersions({ url }: Exchange): ApiAnswer {
  const links = [{ rel: "self", href: `${url}/v2.0/` }];
  return jsonAnswer(200, { versions: [{ id: "v2.0", status: "CURRENT", links }] });
}

function listResources({ url }: Exchange): ApiAnswer {
  const resources = ["network", "subnet", "port"].map((name) => ({
    name,
    collection: `${name}s`,
    links: [{ rel: "self", href: `${url}/v2.0/${name}s` }],
  }));
  return jsonAnswer(200, { resources });
}

function listPorts(exchange: Exchange): ApiAnswer {
  const { cloud, query, now } = exchange;
  const device = query.get("device_id");
  if (query.get("device_owner")?.startsWith("network:")) {
    return resourceList(exchange, "ports", routerPortViews(cloud, query.get("device_owner")!));
  }
  const all = device === null ? [...cloud.network.ports.values()] : cloud.servers.get(device)?.ports ?? [];
  const there = all.filter((port) => port.server === null || hasAddressAt(port.server, now));
  return resourceList(exchange, "ports", there.map((port) => portView(cloud, port)));
}

function createPort(exchange: Exchange): ApiAnswer {
  const { network_id, name } = exchange.section("port");
  const { id } = namedNetwork(exchange, network_id);
  const port = exchange.cloud.network.createPort(id, typeof name === "string" ? name : "");
  return jsonAnswer(201, { port: portView(exchange.cloud, port) });
}

function deletePort(exchange: Exchange): ApiAnswer {
  exchange.cloud.network.deletePort(namedPort(exchange));
  return emptyAnswer(204);
}

function namedNetwork({ cloud }: Exchange, id: unknown): StockNetwork {
  return named(cloud.stock.networks.find((one) => one.id === id), "Network", id);
}

function namedPort(exchange: Exchange): SimulatedPort {
  return findPort(exchange, exchange.param("id"));
}

function findPort(exchange: Exchange, id: string): SimulatedPort {
  const port = named(exchange.cloud.network.ports.get(id), "Port", id);
  exchange.server = port.server;
  return port;
}

function listFloatingIps(exchange: Exchange): ApiAnswer {
  const { cloud } = exchange;
  const all = [...cloud.network.floatingIps.values()].map((floatingIp) => floatingIpView(cloud, floatingIp));
  return resourceList(exchange, "floatingips", all);
}

function createFloatingIp(exchange: Exchange): ApiAnswer {
  const { cloud } = exchange;
  const { floating_network_id, port_id, description } = exchange.section("floatingip");
  const network = namedNetwork(exchange, floating_network_id);
  if (!network.external) {
    const message = `Bad floatingip request: Network ${network.id} is not a valid external network.`;
    throw new ApiRefusal(400, message, { type: "BadRequest" });
  }
  const port = typeof port_id === "string" ? freePort(exchange, port_id) : null;
  if (port !== null) checkRoute(exchange, { port, external: network.id });
  const floatingIp = cloud.network.createFloatingIp(network.id, {
    port,
    description: String(description ?? ""),
  });
  return jsonAnswer(201, { floatingip: floatingIpView(cloud, floatingIp) });
}

/** A port that no floating IP leads to yet. */
function freePort(exchange: Exchange, id: string): SimulatedPort {
  const port = findPort(exchange, id);
  const { floatingIp } = port;
  if (floatingIp !== null) {
    throw new ApiRefusal(
      409,
      `Cannot associate floating IP ${floatingIp.address} (${floatingIp.id}) with port ${id} using fixed IP ` +
        `${port.address}, as that fixed IP already has a floating IP on external network ${floatingIp.networkId}.`,
      { type: "FloatingIPPortAlreadyAssociated" },
    );
  }
  return port;
}

/** @throws ApiRefusal 404 where no router leads from the port's network to the external one */
function checkRoute(
  { cloud }: Exchange,
  { port, external }: { port: SimulatedPort; external: string },
): void {
  const { routed, subnetId } = cloud.stock.networks.find((one) => one.id === port.networkId)!;
  if (routed) return;
  throw new ApiRefusal(
    404,
    `External network ${external} is not reachable from subnet ${subnetId}.  Therefore, cannot associate Port ` +
      `${port.id} with a Floating IP.`,
    { type: "ExternalGatewayForFloatingIPNotFound" },
  );
}

function moveFloatingIp(exchange: Exchange): ApiAnswer {
  const { cloud } = exchange;
  const floatingIp = namedFloatingIp(exchange);
  const { port_id } = exchange.section("floatingip");
  if (typeof port_id === "string") {
    const port = freePort(exchange, port_id);
    checkRoute(exchange, { port, external: floatingIp.networkId });
    cloud.network.attachFloatingIp(floatingIp, port);
  } else cloud.network.detachFloatingIp(floatingIp);
  return floatingIpAnswer(exchange, floatingIp);
}

function deleteFloatingIp(exchange: Exchange): ApiAnswer {
  exchange.cloud.network.deleteFloatingIp(namedFloatingIp(exchange));
  return emptyAnswer(204);
}

function namedFloatingIp(exchange: Exchange): SimulatedFloatingIp {
  const id = exchange.param("id");
  const message = `Floating IP ${id} could not be found`;
  const floatingIp = found(exchange.cloud.network.floatingIps.get(id), message, {
    type: "FloatingIPNotFound",
  });
  exchange.server = floatingIp.port?.server ?? null;
  return floatingIp;
}

function floatingIpAnswer({ cloud }: Exchange, floatingIp: SimulatedFloatingIp): ApiAnswer {
  return jsonAnswer(200, { floatingip: floatingIpView(cloud, floatingIp) });
}

/** Limit and use of what a member can use up. */
function quotas({ cloud }: Exchange): Record<string, { limit: number; used: number; reserved: number }> {
  const { quotas } = cloud;
  const { networks } = cloud.stock;
  const of = (limit: number, used: number) => ({ limit, used, reserved: 0 });
  return {
    network: of(quotas.networks, networks.length),
    subnet: of(quotas.networks, networks.length),
    subnetpool: of(-1, 0),
    port: of(quotas.ports, cloud.network.ports.size),
    router: of(-1, 0),
    floatingip: of(quotas.floatingIps, cloud.network.floatingIps.size),
    rbac_policy: of(10, 0),
    security_group: of(quotas.securityGroups, 1),
    security_group_rule: of(-1, 4),
  };
}

function showQuota(exchange: Exchange): ApiAnswer {
  const limits = Object.entries(quotas(exchange)).map(([name, { limit }]) => [name, limit]);
  return jsonAnswer(200, { quota: Object.fromEntries(limits) });
}

function showQuotaDetails(exchange: Exchange): ApiAnswer {
  return jsonAnswer(200, { quota: quotas(exchange) });
}

function extensions() {
  const known = [
    ["router", "Neutron L3 Router"],
    ["external-net", "Neutron external network"],
    ["security-group", "security-group"],
    ["quotas", "Quota management support"],
    ["quota_details", "Quota details management support"],
    ["standard-attr-description", "standard-attr-description"],
    ["fip-port-details", "Floating IP Port Details Extension"],
    ["pagination", "Pagination support"],
    ["sorting", "Sorting support"],
  ] as const;
  return known.map(([alias, name]) => ({
    name,
    alias,
    description: name,
    updated: "2020-01-01T10:00:00-00:00",
    links: [],
  }));
}

function showExtension(exchange: Exchange): ApiAnswer {
  const alias = exchange.param("alias");
  const known = extensions().find((one) => one.alias === alias);
  const message = `Extension with alias ${alias} does not exist`;
  return jsonAnswer(200, { extension: found(known, message, { type: "HTTPNotFound" }) });
}
