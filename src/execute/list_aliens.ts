/**
 * Servers on the clouds that the pool does not know: no node names them, nor can they belong to a node which does not
 * know its own server yet. Asks every provider at once; one that does not answer is a warning.
 */
import type { Cloud } from "../cloud/cloud.ts";
import { type NodeRecord, serverIdOf } from "../domain/node.ts";
import type { Server } from "../domain/server.ts";
import { markedNodeId } from "../domain/server_marks.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loginAddress } from "../plan/adopted_node.ts";

interface AlienServers {
  readonly servers: readonly {
    readonly provider: string;
    readonly hostname: string;
    readonly serverId: string;
    readonly ip: string | null;
  }[];
  readonly warnings: readonly string[];
}

/** @param options `only`: the name of one provider; null: all of them. `known`: the nodes of the pool */
export async function listAliens(
  providers: readonly { readonly name: string; readonly cloud: Cloud }[],
  { only, installation, known, signal }: {
    only: string | null;
    installation: string;
    known: ReadonlyMap<number, NodeRecord>;
    signal: AbortSignal;
  },
): Promise<AlienServers> {
  const ours = new Set([...known.values()].flatMap((node) => serverIdOf(node) ?? []));
  const asked = providers.filter(({ name }) => only === null || name === only);
  const listings = await Promise.all(asked.map(async ({ name, cloud }) => {
    try {
      const { servers } = await cloud.listServers({ signal });
      const aliens = servers.filter((server) => {
        if (ours.has(server.id)) return false;
        const node = known.get(markedNodeId(server, installation) ?? -1);
        return node === undefined || serverIdOf(node) !== null;
      });
      return { servers: aliens.map((server) => alien(name, server)), warnings: [] };
    } catch (error) {
      signal.throwIfAborted();
      return { servers: [], warnings: [`cannot query ${name}: ${errorChain(error)}`] };
    }
  }));
  return {
    servers: listings.flatMap(({ servers }) => servers),
    warnings: listings.flatMap(({ warnings }) => warnings),
  };
}

function alien(provider: string, server: Server) {
  return { provider, hostname: server.name, serverId: server.id, ip: loginAddress(server) };
}
