/**
 * Things on a cloud that carry our marks and belong to no record any more. Concluded only from complete listings,
 * only of what has been seen in two of them, never of what is young (a request may be ahead of our records), never of
 * what is marked with a node that this state never had there (see `find_unknown_servers.ts`), and never of what a
 * living record names, whatever its marks say.
 */
import { claimantOf, type LivingRecords } from "../domain/claims.ts";
import type { ProviderConfig } from "../domain/config.ts";
import type { Apart } from "../domain/defect.ts";
import { type NodeRecord, serverIdOf } from "../domain/node.ts";
import { type FloatingIpSightings, type Observation, unchangedFor } from "../domain/observation.ts";
import type { CloudImage, FloatingIp, Server } from "../domain/server.ts";
import { floatingIpNodeId } from "../domain/server_marks.ts";
import { keypairImageId, markedImageId } from "../domain/image_marks.ts";
import { externalIdOf } from "../domain/provider_image.ts";
import { type Milliseconds, MINUTE } from "../domain/time.ts";
import type { Leak } from "./action.ts";
import { knownNode, type KnownNodes } from "./find_unknown_servers.ts";

/** Younger servers may belong to a request whose answer is still to come. */
const YOUNGEST = 2 * MINUTE;
const SIGHTINGS = 2;
/** Somebody who makes a floating IP, or takes it off a port, may be about to attach it. */
const FLOATING_IP_SETTLE = MINUTE;
const OTHERS_SETTLE = 5 * MINUTE;

export interface LeakInput extends KnownNodes, LivingRecords {
  readonly provider: ProviderConfig;
  readonly seen: Observation;
  readonly installation: string;
  /** Names of the project's keypairs; null: they were not listed. */
  readonly keypairs: readonly string[] | null;
  /** Whether its deletion was asked for a short while ago, and not refused. */
  readonly isAsked: (leak: { readonly kind: Leak["type"]; readonly id: string }) => boolean;
  /** Deletions at most in one pass. */
  readonly most: number;
  /** Each thing is judged apart: one that breaks is left alone, and keeps none of the others. */
  readonly apart: Apart;
}

export function planLeaks(input: LeakInput): readonly Leak[] {
  const { seen, keypairs } = input;
  const found = [
    ...judged(input, seen.inventory.nodeIds(), leakedServers),
    ...judged(input, seen.floatingIps?.value ?? [], leakedFloatingIp),
    ...judged(input, seen.images?.value ?? [], leakedImage),
    ...judged(input, keypairs ?? [], leakedKeypair),
  ];
  return found.slice(0, input.most);
}

/** Of some things, each judged apart, those that are leaks. */
function judged<Thing extends number | string | { readonly id: string }>(
  input: LeakInput,
  things: Iterable<Thing>,
  judge: (thing: Thing, input: LeakInput) => Iterable<Leak>,
): Leak[] {
  return [...things].flatMap((thing) => {
    const id: number | string = typeof thing === "object" ? thing.id : thing;
    const of = { kind: "leak", id } as const;
    return input.apart.for(of, () => [...judge(thing, input)].filter((leak) => isOpen(leak, input)), []);
  });
}

function isOpen(leak: Leak, input: LeakInput): boolean {
  return !isClaimed(leak, input) && !input.isAsked({ kind: leak.type, id: leak.id });
}

function isClaimed({ type: kind, provider, id, name }: Leak, living: LeakInput): boolean {
  const address = kind === "floating-ip" ? name : null;
  return claimantOf({ kind, provider, id, address }, living, null) !== null;
}

function* leakedServers(nodeId: number, { provider, seen, nodes, ended }: LeakInput): Iterable<Leak> {
  const node = knownNode(nodeId, provider.name, { nodes, ended });
  if (node === null) return;
  for (const server of seen.inventory.serversOfNode(nodeId)) {
    if (!isSettled(server, seen)) continue;
    const leak = leakOf("server", server, provider);
    if (!nodes.has(nodeId)) {
      if (!wasLostInUse(node)) yield { ...leak, reason: `node ${nodeId} has ended` };
    } else if (isSecond(node, server)) {
      yield { ...leak, reason: `node ${nodeId} has a different server, ${serverIdOf(node)}` };
    }
  }
}

/**
 * Whether the cloud called its server gone while it was not the pool's to end: one that is back may be in use still. A
 * subnode does not tell what its node was.
 */
function wasLostInUse({ deletedBy, result, timings, role }: NodeRecord): boolean {
  const isBeyondUs = timings.used !== undefined || timings.hold !== undefined || role === "subnode";
  return deletedBy === "cloud" && result === "lost" && isBeyondUs;
}

function isSecond(node: NodeRecord, server: Server): boolean {
  const known = serverIdOf(node);
  return known !== null && known !== server.id;
}

function isSettled(server: Server, seen: Observation): boolean {
  if (server.status === "UNKNOWN") return false;
  const { cloudTime } = seen.inventory;
  const age = cloudTime === null || server.createdAt === null ? 0 : cloudTime - server.createdAt;
  return seen.inventory.sightings(server.id) >= SIGHTINGS && age >= YOUNGEST;
}

function* leakedFloatingIp(
  ip: FloatingIp,
  { provider, seen, nodes, ended, installation }: LeakInput,
): Iterable<Leak> {
  const unchanged = unchangedFor(seen.floatingIps, ip.id);
  const leak = leakOf("floating-ip", { id: ip.id, name: ip.address }, provider);
  const nodeId = floatingIpNodeId(ip, installation, seen.inventory.lineage);
  if (nodeId === null) {
    if (!provider.cleanFloatingIps || ip.portId !== null || unchanged < OTHERS_SETTLE) return;
    yield { ...leak, reason: "unattached, and clean-floating-ips is set" };
  } else if (!nodes.has(nodeId) && unchanged >= FLOATING_IP_SETTLE) {
    const node = knownNode(nodeId, provider.name, { nodes, ended });
    if (node === null || isTaken(ip, node)) return;
    yield { ...leak, reason: `node ${nodeId} has ended`, portId: ip.portId };
  }
}

/** Things that ended nodes leave behind and somebody may be using: they are reported and left alone. */
export function planLeft(input: LeakInput): readonly Leak[] {
  const { inventory, floatingIps } = input.seen;
  return [
    ...judged(input, inventory.nodeIds(), serversThatAreBack),
    ...judged(input, floatingIps?.value ?? [], floatingIpOfOthers),
  ];
}

function* serversThatAreBack(nodeId: number, { provider, seen, nodes, ended }: LeakInput): Iterable<Leak> {
  const node = knownNode(nodeId, provider.name, { nodes, ended });
  if (node === null || nodes.has(nodeId) || !wasLostInUse(node)) return;
  for (const server of seen.inventory.serversOfNode(nodeId)) {
    if (!isSettled(server, seen)) continue;
    yield { ...leakOf("server", server, provider), reason: `node ${nodeId} has ended` };
  }
}

function* floatingIpOfOthers(
  ip: FloatingIp,
  { provider, seen, nodes, ended, installation }: LeakInput,
): Iterable<Leak> {
  const nodeId = floatingIpNodeId(ip, installation);
  if (ip.portId === null || nodeId === null || nodes.has(nodeId)) return;
  const node = knownNode(nodeId, provider.name, { nodes, ended });
  if (node === null || !isTaken(ip, node) || unchangedFor(seen.floatingIps, ip.id) < FLOATING_IP_SETTLE) {
    return;
  }
  const leak = leakOf("floating-ip", { id: ip.id, name: ip.address }, provider);
  yield { ...leak, reason: `node ${nodeId} has ended`, portId: ip.portId };
}

/** How long until the next listing of floating IPs is to tell whether one is a leak; null: none is to. */
export function leakCheckAge(
  floatingIps: FloatingIpSightings | null,
  { installation, nodes }: Pick<LeakInput, "installation"> & { nodes: { has(nodeId: number): boolean } },
): Milliseconds | null {
  const isLikely = floatingIps?.value.some((ip) => {
    const nodeId = floatingIpNodeId(ip, installation);
    return nodeId !== null && !nodes.has(nodeId) && ip.portId === null &&
      unchangedFor(floatingIps, ip.id) < FLOATING_IP_SETTLE;
  });
  return isLikely ? FLOATING_IP_SETTLE : null;
}

/** Whether somebody has attached it to something else: then it is theirs. */
function isTaken({ id, portId }: FloatingIp, node: NodeRecord): boolean {
  const { floatingIp } = node;
  if (portId !== null && wasLostInUse(node)) return true;
  if (floatingIp?.id === id && floatingIp.isMoved) return true;
  return portId !== null && (floatingIp?.id !== id || floatingIp.portId !== portId);
}

/**
 * Images made by a request whose image had been given up, or made once more. Records of images outlive them by a day.
 */
function* leakedImage(
  found: CloudImage,
  { provider, seen, installation, images }: LeakInput,
): Iterable<Leak> {
  if (!seen.images?.before?.ids.has(found.id)) return;
  const { lineage } = seen.inventory;
  const imageId = markedImageId(found, { installation, provider: provider.name, lineage });
  const image = images.get(imageId ?? -1);
  if (image === undefined || image.hostname !== found.name || image.provider !== provider.name) return;
  const leak = leakOf("image", found, provider);
  const known = externalIdOf(image);
  if (image.state.phase === "gone") yield { ...leak, reason: `image ${image.id} is deleted` };
  else if (known !== null && known !== found.id) {
    yield { ...leak, reason: `image ${image.id} has a different image, ${known}` };
  }
}

function* leakedKeypair(name: string, { provider, installation, images }: LeakInput): Iterable<Leak> {
  const image = images.get(keypairImageId(name, installation) ?? -1);
  if (image === undefined || image.provider !== provider.name || image.keypair !== null) return;
  if (image.state.phase === "keypair") return;
  const leak = leakOf("keypair", { id: name, name }, provider);
  yield { ...leak, reason: `image ${image.id} no longer needs a keypair` };
}

function leakOf(
  type: Leak["type"],
  { id, name }: { readonly id: string; readonly name: string },
  provider: ProviderConfig,
) {
  return { type, provider: provider.name, id, name, portId: null };
}
