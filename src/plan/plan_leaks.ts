/**
 * What carries our marks on a cloud and belongs to no node any more. Concluded only from complete listings, only of
 * what has been seen in two of them, never of what is young (a request may be ahead of our records), and never of
 * what is marked with a node that this state never had there: see `find_unknown_servers.ts`.
 */
import type { ProviderConfig } from "../domain/config.ts";
import { type NodeRecord, serverIdOf } from "../domain/node.ts";
import type { Observation } from "../domain/observation.ts";
import type { Server } from "../domain/server.ts";
import { floatingIpNodeId } from "../domain/server_marks.ts";
import { keypairImageId, markedImageId } from "../domain/image_marks.ts";
import { externalIdOf, type ProviderImage } from "../domain/provider_image.ts";
import { MINUTE } from "../domain/time.ts";
import type { Leak } from "./action.ts";
import { knownNode, type KnownNodes } from "./find_unknown_servers.ts";

/** Younger servers may belong to a request whose answer is still to come. */
const YOUNGEST = 2 * MINUTE;
const SIGHTINGS = 2;

export interface LeakInput extends KnownNodes {
  readonly provider: ProviderConfig;
  readonly seen: Observation;
  readonly installation: string;
  /** The providers' images, by id. */
  readonly images: ReadonlyMap<number, ProviderImage>;
  /** Names of the project's keypairs; null: they were not listed. */
  readonly keypairs: readonly string[] | null;
  /** Deletions at most in one pass. */
  readonly most: number;
}

export function planLeaks(input: LeakInput): readonly Leak[] {
  return [
    ...leakedServers(input),
    ...leakedFloatingIps(input),
    ...leakedImages(input),
    ...leakedKeypairs(input),
  ].slice(0, input.most);
}

function* leakedServers({ provider, seen, nodes, ended }: LeakInput): Iterable<Leak> {
  for (const nodeId of seen.inventory.nodeIds()) {
    const node = knownNode(nodeId, provider.name, { nodes, ended });
    if (node === null) continue;
    for (const server of seen.inventory.serversOfNode(nodeId)) {
      if (!isSettled(server, seen)) continue;
      const leak = { type: "server", provider: provider.name, id: server.id } as const;
      if (!nodes.has(nodeId)) yield { ...leak, reason: `node ${nodeId} has ended` };
      else if (isSecond(node, server)) {
        yield { ...leak, reason: `node ${nodeId} has another server, ${serverIdOf(node)}` };
      }
    }
  }
}

function isSecond(node: NodeRecord, server: Server): boolean {
  const known = serverIdOf(node);
  return known !== null && known !== server.id;
}

function isSettled(server: Server, seen: Observation): boolean {
  const { cloudTime } = seen.inventory;
  const age = cloudTime === null || server.createdAt === null ? 0 : cloudTime - server.createdAt;
  return seen.inventory.sightings(server.id) >= SIGHTINGS && age >= YOUNGEST;
}

function* leakedFloatingIps({ provider, seen, nodes, ended, installation }: LeakInput): Iterable<Leak> {
  for (const ip of seen.floatingIps?.value ?? []) {
    if (!seen.floatingIps?.seenTwice.has(ip.id)) continue;
    const leak = { type: "floating-ip", provider: provider.name, id: ip.id } as const;
    const nodeId = floatingIpNodeId(ip, installation);
    if (nodeId === null) {
      if (!provider.cleanFloatingIps || ip.portId !== null) continue;
      yield { ...leak, reason: "unattached, and clean-floating-ips is set" };
    } else if (!nodes.has(nodeId) && knownNode(nodeId, provider.name, { nodes, ended }) !== null) {
      yield { ...leak, reason: `node ${nodeId} has ended` };
    }
  }
}

/** What a request made whose image had been given up, or made once more. Records of images outlive them by a day. */
function* leakedImages({ provider, seen, installation, images }: LeakInput): Iterable<Leak> {
  for (const found of seen.images?.value ?? []) {
    if (!seen.images?.before?.ids.has(found.id)) continue;
    const imageId = markedImageId(found, { installation, provider: provider.name });
    const image = images.get(imageId ?? -1);
    if (image === undefined || image.hostname !== found.name || image.provider !== provider.name) continue;
    const leak = { type: "image", provider: provider.name, id: found.id } as const;
    const known = externalIdOf(image);
    if (image.state.phase === "gone") yield { ...leak, reason: `image ${image.id} is deleted` };
    else if (known !== null && known !== found.id) {
      yield { ...leak, reason: `image ${image.id} has another image, ${known}` };
    }
  }
}

function* leakedKeypairs({ provider, installation, images, keypairs }: LeakInput): Iterable<Leak> {
  for (const name of keypairs ?? []) {
    const image = images.get(keypairImageId(name, installation) ?? -1);
    if (image === undefined || image.provider !== provider.name || image.keypair !== null) continue;
    if (image.state.phase === "keypair") continue;
    const leak = { type: "keypair", provider: provider.name, id: name } as const;
    yield { ...leak, reason: `image ${image.id} needs no keypair any more` };
  }
}
