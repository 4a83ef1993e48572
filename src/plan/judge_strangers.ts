/**
 * Judges servers that carry our installation's mark and belong to no node that this state can have had. Either the
 * state was restored from an older copy, or another daemon works on a copy of it, or somebody has written into their
 * metadata. Pure; `ForeignServers` acts on it.
 */
import type { Inventory, Stranger } from "../domain/inventory.ts";
import type { Lineage } from "../domain/lineage.ts";
import type { NodeRecord } from "../domain/node.ts";
import { serverIdOf } from "../domain/node.ts";
import { LARGEST_JUMP } from "../domain/record_id.ts";
import type { FloatingIp } from "../domain/server.ts";
import { floatingIpNodeId } from "../domain/server_marks.ts";

interface StrangersInput {
  readonly inventory: Pick<Inventory, "strangers" | "serversOfNode" | "lineage">;
  /** All of the pool: a server whose marks were edited may be that of a node on another provider. */
  readonly nodes: Iterable<NodeRecord>;
  readonly provider: string;
  readonly nextId: number;
  /** The first id of the present run. */
  readonly firstId: number;
  /** Whether the provider is seen for the first time in this run. */
  readonly isFirstLook: boolean;
  /** Ids of servers that were seen then. */
  readonly seenFirst: ReadonlySet<string>;
}

export interface StrangersVerdict {
  /** Marked with an id that no copy of this state can have given out: nothing is concluded from them. */
  readonly implausible: readonly Stranger[];
  /** Made by another copy of this state, a newer one or another daemon's. */
  readonly foreign: readonly Stranger[];
  /** Of those, the ones that another daemon may be making now. */
  readonly rivals: readonly Stranger[];
  /** Nodes with lower ids may be out of date in this state; 0: it is up to date. */
  readonly staleBelow: number;
  /** No id up to this one may be given out; 0: all may. */
  readonly highestId: number;
}

export const NO_STRANGERS: StrangersVerdict = {
  implausible: [],
  foreign: [],
  rivals: [],
  staleBelow: 0,
  highestId: 0,
};

export function judgeStrangers(input: StrangersInput): StrangersVerdict {
  const { inventory, provider, nextId, firstId, isFirstLook, seenFirst } = input;
  // As it is with nearly all looks.
  if (inventory.strangers.size === 0 && !isFirstLook) return NO_STRANGERS;
  const nodes = [...input.nodes];
  const named = new Set(nodes.map(serverIdOf));
  const strangers = [...inventory.strangers.values()].filter(({ server }) => !named.has(server.id));
  const isPlausible = ({ nodeId }: Stranger) => nodeId !== null && nodeId < nextId + LARGEST_JUMP;
  const foreign = strangers.filter(isPlausible);
  const boundOf = ({ run }: Stranger) => run === null ? null : inventory.lineage.boundOf(run);
  const isRival = (stranger: Stranger) => {
    if (stranger.run === null) return false;
    const isOld = isFirstLook || seenFirst.has(stranger.server.id);
    return !isOld || boundOf(stranger) === null;
  };
  const bounds = foreign.map((stranger) => Math.min(firstId, boundOf(stranger) ?? firstId));
  // A server that this state has not asked for yet: a newer copy has.
  const overtaken = nodes.some((node) =>
    node.provider === provider && node.state.phase === "create" && node.state.sentAt === null &&
    inventory.serversOfNode(node.id).some((server) => !named.has(server.id))
  );
  return {
    implausible: strangers.filter((stranger) => !isPlausible(stranger)),
    foreign,
    rivals: foreign.filter(isRival),
    staleBelow: isFirstLook ? Math.max(0, overtaken ? firstId : 0, ...bounds) : 0,
    highestId: Math.max(0, ...foreign.map(({ nodeId }) => nodeId ?? 0)),
  };
}

/**
 * Floating IPs that another daemon made on a copy of this state, and that nobody uses: the servers that they were for are
 * gone. That daemon may be about to attach them, so they are reported until somebody adopts them.
 */
export function foreignFloatingIps(
  floatingIps: readonly FloatingIp[],
  { installation, lineage, nodes }: { installation: string; lineage: Lineage; nodes: Iterable<NodeRecord> },
): readonly FloatingIp[] {
  const marked = floatingIps.filter((ip) =>
    ip.portId === null && floatingIpNodeId(ip, installation) !== null &&
    floatingIpNodeId(ip, installation, lineage) === null
  );
  if (marked.length === 0) return marked;
  const named = new Set([...nodes].map(({ floatingIp }) => floatingIp?.id));
  return marked.filter(({ id }) => !named.has(id));
}
