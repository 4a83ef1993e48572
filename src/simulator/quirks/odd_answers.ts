/** Answers that are not as the manuals say. */
import { gzipSync } from "node:zlib";
import type { Json, QuirkTable } from "../quirk_table.ts";
import { onServers } from "./addresses.ts";

const ID = "0dd00000-0000-4000-8000-000000000000";

/** By service and operation: the key of the list in its answer, and the item that is put in front of it. */
const ODD: Readonly<Record<string, { key: string; item: Json }>> = {
  "compute flavor.list": {
    key: "flavors",
    item: { id: "odd", name: "odd", vcpus: "1", ram: "2 GiB", disk: null },
  },
  "compute server.list": {
    key: "servers",
    item: {
      id: ID,
      name: null,
      status: "SHELVED_BY_VENDOR",
      metadata: { owner: null },
      addresses: { net: null },
    },
  },
  "compute zone.list": { key: "availabilityZoneInfo", item: { zoneName: null, zoneState: "up" } },
  "compute keypair.list": { key: "keypairs", item: { name: "odd", fingerprint: null } },
  "image image.list": {
    key: "images",
    item: { id: ID, name: null, status: null, min_ram: "512", size: "large" },
  },
  "network network.list": { key: "networks", item: { id: null, name: 7, shared: "True" } },
  "network port.list": { key: "ports", item: { id: ID, network_id: null, fixed_ips: [null] } },
  "network floatingip.list": { key: "floatingips", item: { id: ID, floating_ip_address: null } },
  "network securitygroup.list": { key: "security_groups", item: { id: ID, name: null } },
};

export const oddQuirks: QuirkTable = {
  "odd-items": {
    about:
      "Each list has one foreign item that is not as the manual says: a number as text, a null, an unknown status.",
    body(body, { service, operation }) {
      if (operation === "token.create") return withOddService(body);
      const odd = ODD[`${service} ${operation}`];
      if (odd === undefined || !Array.isArray(body[odd.key])) return body;
      return { ...body, [odd.key]: [odd.item, ...body[odd.key]] };
    },
  },
  "odd-servers": {
    about: "Every server has a null and a number among its metadata, and no name for its task.",
    body: (body, { service }) => service !== "compute" ? body : onServers(body, oddServer),
  },
  "gzip": {
    about: "Answers come with Content-Encoding: gzip, though nobody asked for it.",
    answer({ status, headers, body }) {
      if (body === null || body.length === 0) return { status, headers, body: null };
      return {
        status,
        headers: { ...headers, "content-encoding": "gzip" },
        body: new Uint8Array(gzipSync(body)),
      };
    },
  },
};

/** Keystone's catalog has one whose endpoints are not there. */
function withOddService(body: Json): Json {
  if (body.token.catalog === undefined) return body;
  const odd = [{ type: "metering", name: null, endpoints: null }, { type: null, endpoints: [{ url: null }] }];
  return { token: { ...body.token, catalog: [...odd, ...body.token.catalog] } };
}

function oddServer(server: Json): Json {
  if (server.metadata === undefined) return server;
  return {
    ...server,
    metadata: { ...server.metadata, "vendor:owner": null, "vendor:cost": 7 },
    "OS-EXT-STS:task_state": server["OS-EXT-STS:task_state"] ?? 0,
  };
}
