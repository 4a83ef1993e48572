/** Asks providers for what the pool does not know there, side by side; one that does not answer is a warning. */
import type { Cloud } from "../cloud/cloud.ts";
import { type NodeRecord, serverIdOf } from "../domain/node.ts";
import { externalIdOf, type ProviderImage } from "../domain/provider_image.ts";
import type { Server } from "../domain/server.ts";
import { markedNodeId } from "../domain/server_marks.ts";
import type { Call } from "../lib/call.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loginAddress } from "../plan/adopted_node.ts";

export interface AskedProvider {
  readonly name: string;
  readonly cloud: Cloud;
}

interface Asked extends Call {
  readonly providers: readonly AskedProvider[];
  /** The name of one of them; null: all. */
  readonly only: string | null;
}

/**
 * Servers that the pool does not know: no node names them, nor can they belong to a node which does not know its own
 * server yet.
 * @param options `known`: the nodes of the pool
 */
export async function listAliens(
  { installation, known, ...asked }: Asked & {
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
  const { found, warnings } = await askEachProvider(asked, async ({ cloud, name: provider }) => {
    const { servers } = await cloud.listServers({ signal: asked.signal });
    return servers.filter(isAlien).map((server) => {
      return { provider, hostname: server.name, serverId: server.id, ip: loginAddress(server) };
    });
  });
  return { servers: found.flat(), warnings };
}

/** Images of the project that the pool does not know. @param options `known`: the images of the pool */
export async function listAlienImages({ known, ...asked }: Asked & { known: Iterable<ProviderImage> }) {
  const ours = new Set([...known].flatMap((image) => externalIdOf(image) ?? []));
  const { found, warnings } = await askEachProvider(asked, async ({ cloud, name: provider }) => {
    const images = await cloud.listProjectImages({ signal: asked.signal });
    return images.filter(({ id }) => !ours.has(id)).map(({ id, name }) => ({ provider, name, imageId: id }));
  });
  return { images: found.flat(), warnings };
}

/** @returns the answers of those that gave one */
export async function askEachProvider<Answer>(
  { providers, only, signal }: Asked,
  ask: (provider: AskedProvider) => Promise<Answer>,
): Promise<{ readonly found: readonly Answer[]; readonly warnings: readonly string[] }> {
  const asked = providers.filter(({ name }) => only === null || name === only);
  const answers = await Promise.all(asked.map(async (provider) => {
    try {
      return { found: [await ask(provider)], warnings: [] };
    } catch (error) {
      signal.throwIfAborted();
      return { found: [], warnings: [`cannot query ${provider.name}: ${errorChain(error)}`] };
    }
  }));
  return {
    found: answers.flatMap(({ found }) => found),
    warnings: answers.flatMap(({ warnings }) => warnings),
  };
}
