/**
 * Servers on the clouds that the pool does not know: no node names them, nor can they belong to a node which does not
 * know its own server yet.
 */
import { type NodeRecord, serverIdOf } from "../domain/node.ts";
import type { Server } from "../domain/server.ts";
import { markedNodeId } from "../domain/server_marks.ts";
import type { Call } from "../lib/call.ts";
import { loginAddress } from "../plan/adopted_node.ts";
import { askEachProvider, type AskedProviders } from "./ask_each_provider.ts";

/** @param options `known`: the nodes of the pool */
export async function listAliens(
  { installation, known, ...asked }: AskedProviders & Call & {
    installation: string;
    known: ReadonlyMap<number, NodeRecord>;
  },
) {
  const ours = new Set([...known.values()].flatMap((node) => serverIdOf(node) ?? []));
  const isAlien = (server: Server) => {
    if (ours.has(server.id)) return false;
    const node = known.get(markedNodeId(server, installation) ?? -1);
    return node === undefined || serverIdOf(node) !== null;
  };
  const { found: servers, warnings } = await askEachProvider(asked, async (cloud, provider) => {
    const { servers } = await cloud.listServers({ signal: asked.signal });
    return servers.filter(isAlien).map((server) => alien(provider, server));
  });
  return { servers, warnings };
}

function alien(provider: string, server: Server) {
  return { provider, hostname: server.name, serverId: server.id, ip: loginAddress(server) };
}
