/** One attempt at making a node's floating IP, and one at deleting it. */
import type { Cloud } from "../cloud/cloud.ts";
import { pauseAfter } from "../cloud/pause_after.ts";
import type { NodeRecord } from "../domain/node.ts";
import { backoff } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { DeletionRefusedError, type Deletions, isStale } from "./deletions.ts";
import type { Outcome } from "./outcome.ts";

interface Attempt {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export async function executeCreateFloatingIp(
  { node, portId, networkId }: { node: NodeRecord; portId: string; networkId: string },
  { cloud, clock, signal, description }: Attempt & { cloud: Cloud; description: string },
): Promise<Outcome> {
  try {
    const { id, address } = await cloud.createFloatingIp({ networkId, portId, description }, { signal });
    return { event: { type: "floating-ip", floatingIp: { id, address, portId } } };
  } catch (error) {
    return postponed(node, { reason: "address", error, now: clock.now() });
  }
}

export async function executeDeleteFloatingIp(
  { node, floatingIpId }: { node: NodeRecord; floatingIpId: string },
  { deletions, clock, signal }: Attempt & { deletions: Deletions },
): Promise<Outcome> {
  const floatingIp = node.floatingIp ?? { id: floatingIpId, address: "" };
  const name = floatingIp.address;
  const order = { kind: "floating-ip", id: floatingIpId, name, of: { type: "node", node } } as const;
  try {
    await deletions.carryOut(order, { signal });
    return { event: "ended" };
  } catch (error) {
    if (isStale(error)) return { event: null };
    if (isMoved(error)) {
      return { event: { type: "floating-ip", floatingIp: { ...floatingIp, isMoved: true } } };
    }
    return postponed(node, { reason: "delete", error, now: clock.now() });
  }
}

function isMoved(error: unknown): boolean {
  return error instanceof DeletionRefusedError && error.kind === "moved";
}

function postponed(
  node: NodeRecord,
  { reason, error, now }: { reason: "address" | "delete"; error: unknown; now: number },
): Outcome {
  const until = now + pauseAfter(error, backoff({ failures: node.attempt + 1, base: 1_000, max: 60_000 }));
  return { event: { type: "postponed", until, waitingOn: { reason, message: errorChain(error) } } };
}
