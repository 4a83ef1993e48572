/** Where a server's addresses stand in Nova's answers, and what is said of them. */
import type { Json, QuirkTable } from "../quirk_table.ts";

interface Address {
  readonly addr: string;
  readonly version: number;
  readonly "OS-EXT-IPS:type"?: string;
}

export const addressQuirks: QuirkTable = {
  "access-addresses": {
    about:
      "A server's accessIPv4 and accessIPv6 say where it is reached: on the network `public` where it has one.",
    body: (body, { service }) => service !== "compute" ? body : onServers(body, withAccess),
  },
  "no-address-types": {
    about: "Nova does not say which addresses of a server are fixed and which floating.",
    body: (body, { service }) => service !== "compute" ? body : onServers(body, withoutTypes),
  },
};

function withAccess(server: Json): Json {
  if (server.addresses === undefined) return server;
  const all: Address[] = server.addresses["public"] ?? Object.values(server.addresses).flatMap(listed);
  const first = (version: number) => all.find((address) => address.version === version)?.addr ?? "";
  return { ...server, accessIPv4: first(4), accessIPv6: first(6) };
}

function withoutTypes(server: Json): Json {
  if (server.addresses === undefined) return server;
  const plain = ({ addr, version }: Address) => ({ addr, version });
  const networks = Object.entries(server.addresses);
  return {
    ...server,
    addresses: Object.fromEntries(networks.map(([name, all]) => [name, listed(all).map(plain)])),
  };
}

/** Odd servers have none where a list should be. */
function listed(addresses: Json): readonly Address[] {
  return addresses ?? [];
}

/** Those of a list, or the one that is shown. */
export function onServers(body: Json, change: (server: Json) => Json): Json {
  if (Array.isArray(body.servers)) return { ...body, servers: body.servers.map(change) };
  return body.server === undefined ? body : { ...body, server: change(body.server) };
}
