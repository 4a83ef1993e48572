/** Nova v2.1: the routes, and what is not about servers: flavors, keypairs, limits, zones, versions. */
import { ApiBuilder, type ApiContext } from "./api.ts";
import { type ApiAnswer, ApiRefusal, emptyAnswer, found, isoMicroseconds, jsonAnswer } from "./answer.ts";
import type { SimulatedKeypair } from "./cloud_state.ts";
import type { Exchange } from "./exchange.ts";
import { fixedIpsOf } from "./network_view.ts";
import { actionOperation, actOnServer } from "./server_action_api.ts";
import * as server from "./server_api.ts";
import { listServers } from "./server_list_api.ts";
import { nextLinks, pageAfter, pageLimit } from "./paging.ts";
import type { StockFlavor } from "./stock.ts";

export function computeApi(context: ApiContext): ApiBuilder {
  const open = { open: true };
  return new ApiBuilder("compute", context, negotiate)
    .on("GET /", "version.list", listVersions, open)
    .on("GET /v2.1", "version.show", showVersion, open)
    .on("POST /v2.1/servers", "server.create", server.createServer)
    .on("GET /v2.1/servers", "server.list", listServers({ detail: false }))
    .on("GET /v2.1/servers/detail", "server.list", listServers({ detail: true }))
    .on("GET /v2.1/servers/:serverId", "server.show", server.showServer)
    .on("DELETE /v2.1/servers/:serverId", "server.delete", server.deleteServer)
    .on("GET /v2.1/servers/:serverId/ips", "server.addresses", server.listServerAddresses)
    .on("GET /v2.1/servers/:serverId/os-interface", "server.interfaces", listInterfaces)
    .on("GET /v2.1/servers/:serverId/metadata", "metadata.list", server.showMetadata)
    .on(
      "POST /v2.1/servers/:serverId/metadata",
      "metadata.update",
      server.changeMetadata({ replace: false }),
    )
    .on("PUT /v2.1/servers/:serverId/metadata", "metadata.replace", server.changeMetadata({ replace: true }))
    .on("GET /v2.1/servers/:serverId/metadata/:key", "metadata.show", server.showMetadataItem)
    .on("PUT /v2.1/servers/:serverId/metadata/:key", "metadata.set", server.setMetadataItem)
    .on("DELETE /v2.1/servers/:serverId/metadata/:key", "metadata.delete", server.deleteMetadataItem)
    .on("POST /v2.1/servers/:serverId/action", actionOperation, actOnServer)
    .on("GET /v2.1/os-keypairs", "keypair.list", listKeypairs)
    .on("POST /v2.1/os-keypairs", "keypair.create", createKeypair)
    .on("GET /v2.1/os-keypairs/:keypair", "keypair.show", showKeypair)
    .on("DELETE /v2.1/os-keypairs/:keypair", "keypair.delete", deleteKeypair)
    .on("GET /v2.1/limits", "limits.show", showLimits)
    .on("GET /v2.1/os-quota-sets/:projectId", "quota.show", showQuotaSet)
    .on("GET /v2.1/os-availability-zone", "zone.list", listZones)
    .on("GET /v2.1/os-availability-zone/detail", "zone.list", refuseZoneDetail)
    .on("GET /v2.1/flavors", "flavor.list", (exchange) => listFlavors(exchange, briefFlavor))
    .on("GET /v2.1/flavors/detail", "flavor.list", (exchange) => listFlavors(exchange, fullFlavor))
    .on("GET /v2.1/flavors/:flavorId", "flavor.show", showFlavor)
    .on("GET /v2.1/flavors/:flavorId/os-extra_specs", "flavor.specs", showExtraSpecs);
}

/** Finds the microversion that the request asks for. */
function negotiate(exchange: Exchange): void {
  const asked = exchange.header("openstack-api-version")?.match(/compute\s+(\S+)/)?.[1] ??
    exchange.header("x-openstack-nova-api-version");
  if (asked === null || asked === undefined) return;
  const newest = exchange.cloud.settings.microversion;
  const minor = asked === "latest" ? newest : Number(asked.match(/^2\.(\d+)$/)?.[1] ?? NaN);
  if (!(minor >= 1 && minor <= newest)) {
    throw new ApiRefusal(
      406,
      `Version ${asked} is not supported by the API. Minimum is 2.1 and maximum is 2.${newest}.`,
    );
  }
  exchange.microversion = minor;
}

function version(exchange: Exchange) {
  return {
    id: "v2.1",
    status: "CURRENT",
    version: `2.${exchange.cloud.settings.microversion}`,
    min_version: "2.1",
    updated: "2013-07-23T11:33:21Z",
    links: [{ rel: "self", href: `${exchange.url}/v2.1/` }],
  };
}

function listVersions(exchange: Exchange): ApiAnswer {
  return jsonAnswer(200, { versions: [version(exchange)] });
}

function showVersion(exchange: Exchange): ApiAnswer {
  const base = "application/json";
  const type = "application/vnd.openstack.compute+json;version=2.1";
  return jsonAnswer(200, { version: { ...version(exchange), "media-types": [{ base, type }] } });
}

function listInterfaces(exchange: Exchange): ApiAnswer {
  const { ports, addressAt } = server.namedServer(exchange);
  const shown = exchange.now < addressAt ? [] : ports;
  const interfaceAttachments = shown.map((port) => ({
    net_id: port.networkId,
    port_id: port.id,
    mac_addr: port.mac,
    port_state: port.down ? "DOWN" : "ACTIVE",
    fixed_ips: fixedIpsOf(exchange.cloud, port),
  }));
  return jsonAnswer(200, { interfaceAttachments });
}

function listKeypairs(exchange: Exchange): ApiAnswer {
  const keypairs = [...exchange.cloud.keypairs.values()]
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .map((keypair) => ({ keypair: shownKeypair(exchange, keypair) }));
  return jsonAnswer(200, { keypairs });
}

function createKeypair(exchange: Exchange): ApiAnswer {
  const { name, public_key } = exchange.section("keypair");
  if (typeof name !== "string" || name === "") throw new ApiRefusal(400, "'name' is a required property");
  if (typeof public_key !== "string") {
    throw new ApiRefusal(400, "the simulator makes no private keys: give a public_key");
  }
  const keypair = exchange.cloud.createKeypair(name, public_key);
  const user_id = exchange.cloud.stock.userId;
  const status = exchange.microversion >= 2 ? 201 : 200;
  return jsonAnswer(status, { keypair: { ...shownKeypair(exchange, keypair), user_id } });
}

function showKeypair(exchange: Exchange): ApiAnswer {
  const keypair = namedKeypair(exchange);
  return jsonAnswer(200, {
    keypair: {
      ...shownKeypair(exchange, keypair),
      user_id: exchange.cloud.stock.userId,
      created_at: isoMicroseconds(keypair.createdAt),
      deleted: false,
      deleted_at: null,
      id: keypair.number,
      updated_at: null,
    },
  });
}

function deleteKeypair(exchange: Exchange): ApiAnswer {
  exchange.cloud.keypairs.delete(namedKeypair(exchange).name);
  return emptyAnswer(exchange.microversion >= 2 ? 204 : 202);
}

function namedKeypair(exchange: Exchange): SimulatedKeypair {
  const { keypairs, stock } = exchange.cloud;
  const name = exchange.param("keypair");
  return found(keypairs.get(name), `Keypair ${name} not found for user ${stock.userId}`);
}

function shownKeypair({ microversion }: Exchange, { name, publicKey, fingerprint }: SimulatedKeypair) {
  return { name, public_key: publicKey, fingerprint, ...(microversion >= 2 ? { type: "ssh" } : {}) };
}

function showLimits(exchange: Exchange): ApiAnswer {
  const { quotas } = exchange.cloud;
  const use = exchange.cloud.use();
  const absolute = {
    maxTotalInstances: quotas.instances,
    maxTotalCores: quotas.cores,
    maxTotalRAMSize: quotas.ram,
    maxServerMeta: 128,
    maxTotalKeypairs: quotas.keypairs,
    maxServerGroups: 10,
    maxServerGroupMembers: 10,
    totalRAMUsed: use.ram,
    totalCoresUsed: use.cores,
    totalInstancesUsed: use.instances,
    totalServerGroupsUsed: 0,
  };
  return jsonAnswer(200, { limits: { rate: [], absolute } });
}

function showQuotaSet(exchange: Exchange): ApiAnswer {
  const { instances, cores, ram, keypairs } = exchange.cloud.quotas;
  return jsonAnswer(200, {
    quota_set: {
      id: exchange.param("projectId"),
      instances,
      cores,
      ram,
      key_pairs: keypairs,
      metadata_items: 128,
      server_groups: 10,
      server_group_members: 10,
    },
  });
}

function listZones({ cloud }: Exchange): ApiAnswer {
  const availabilityZoneInfo = cloud.settings.zones.map((zoneName) => ({
    zoneName,
    zoneState: { available: true },
    hosts: null,
  }));
  return jsonAnswer(200, { availabilityZoneInfo });
}

function refuseZoneDetail(): ApiAnswer {
  throw new ApiRefusal(
    403,
    "Policy doesn't allow os_compute_api:os-availability-zone:detail to be performed.",
  );
}

function listFlavors(
  exchange: Exchange,
  shown: (exchange: Exchange, flavor: StockFlavor) => unknown,
): ApiAnswer {
  const { query, cloud } = exchange;
  const minRam = Number(query.get("minRam") ?? 0);
  const fitting = cloud.stock.flavors.filter((flavor) => flavor.ram >= minRam);
  const { page, more } = pageAfter(fitting, { marker: query.get("marker"), limit: pageLimit(exchange) });
  return jsonAnswer(200, {
    flavors: page.map((flavor) => shown(exchange, flavor)),
    ...(more ? nextLinks(exchange, "flavors", page.at(-1)!) : {}),
  });
}

function showFlavor(exchange: Exchange): ApiAnswer {
  return jsonAnswer(200, { flavor: fullFlavor(exchange, namedFlavor(exchange)) });
}

function showExtraSpecs(exchange: Exchange): ApiAnswer {
  return jsonAnswer(200, { extra_specs: namedFlavor(exchange).extraSpecs });
}

function namedFlavor(exchange: Exchange): StockFlavor {
  const id = exchange.param("flavorId");
  return found(exchange.cloud.stock.flavors.find((one) => one.id === id), `Flavor ${id} could not be found.`);
}

function briefFlavor(exchange: Exchange, { id, name }: StockFlavor) {
  const description = exchange.microversion >= 55 ? { description: null } : {};
  return { id, name, ...description, links: flavorLinks(exchange, id) };
}

function fullFlavor(exchange: Exchange, flavor: StockFlavor) {
  const { microversion } = exchange;
  return {
    id: flavor.id,
    name: flavor.name,
    ram: flavor.ram,
    disk: flavor.disk,
    swap: microversion >= 75 ? 0 : "",
    "OS-FLV-EXT-DATA:ephemeral": 0,
    "OS-FLV-DISABLED:disabled": false,
    vcpus: flavor.vcpus,
    "os-flavor-access:is_public": true,
    rxtx_factor: 1.0,
    links: flavorLinks(exchange, flavor.id),
    ...(microversion >= 55 ? { description: null } : {}),
    ...(microversion >= 61 ? { extra_specs: flavor.extraSpecs } : {}),
  };
}

function flavorLinks({ url }: Exchange, id: string) {
  return [
    { rel: "self", href: `${url}/v2.1/flavors/${id}` },
    { rel: "bookmark", href: `${url}/flavors/${id}` },
  ];
}
