/**
 * Floating IPs with our installation's mark that this state cannot have made and nobody uses: another daemon made them
 * on a copy of it, and the servers that they were for are gone. That daemon may be about to attach them, so they are
 * reported until somebody adopts them. Pure.
 */
import type { Lineage } from "../domain/lineage.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { FloatingIp } from "../domain/server.ts";
import { floatingIpNodeId } from "../domain/server_marks.ts";

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
