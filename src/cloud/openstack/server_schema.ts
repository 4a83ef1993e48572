/** A server as Nova tells it, and as the pool sees it: what is missing is null, what is unknown is dropped. */
import * as v from "valibot";
import type { Server, ServerAddress } from "../../domain/server.ts";
import { parseUtc } from "../../domain/parse_utc.ts";

const AddressSchema = v.object({
  addr: v.string(),
  "OS-EXT-IPS:type": v.nullish(v.string()),
  "OS-EXT-IPS-MAC:mac_addr": v.nullish(v.string()),
});

export const ServerSchema = v.object({
  id: v.string(),
  name: v.nullish(v.string()),
  status: v.nullish(v.string()),
  created: v.nullish(v.string()),
  updated: v.nullish(v.string()),
  metadata: v.nullish(v.record(v.string(), v.string())),
  addresses: v.nullish(v.record(v.string(), v.array(AddressSchema))),
  accessIPv4: v.nullish(v.string()),
  accessIPv6: v.nullish(v.string()),
  fault: v.nullish(v.object({ message: v.nullish(v.string()) })),
  "OS-EXT-STS:task_state": v.nullish(v.string()),
  "OS-EXT-AZ:availability_zone": v.nullish(v.string()),
});

export function toServer(raw: v.InferOutput<typeof ServerSchema>): Server {
  return {
    id: raw.id,
    name: raw.name ?? "",
    status: (raw.status ?? "UNKNOWN").toUpperCase(),
    taskState: raw["OS-EXT-STS:task_state"] || null,
    createdAt: parseUtc(raw.created),
    updatedAt: parseUtc(raw.updated),
    addresses: toAddresses(raw.addresses ?? {}),
    ...(raw.accessIPv4 && { accessV4: raw.accessIPv4 }),
    ...(raw.accessIPv6 && { accessV6: raw.accessIPv6 }),
    metadata: raw.metadata ?? {},
    fault: raw.fault?.message ?? null,
    zone: raw["OS-EXT-AZ:availability_zone"] || null,
  };
}

type RawAddresses = Readonly<Record<string, readonly v.InferOutput<typeof AddressSchema>[]>>;

function toAddresses(networks: RawAddresses): ServerAddress[] {
  const addresses: ServerAddress[] = [];
  for (const [network, raws] of Object.entries(networks)) {
    for (const raw of raws) {
      addresses.push({
        network,
        version: raw.addr.includes(":") ? 6 : 4,
        address: raw.addr,
        kind: raw["OS-EXT-IPS:type"] === "floating" ? "floating" : "fixed",
        ...(raw["OS-EXT-IPS-MAC:mac_addr"] && { mac: raw["OS-EXT-IPS-MAC:mac_addr"] }),
      });
    }
  }
  return addresses;
}
