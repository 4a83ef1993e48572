/** One attempt at making a node's floating IP, and one at deleting it. */
import type { Cloud } from "../cloud/cloud.ts";
import { floatingIpDescription } from "../domain/server_marks.ts";
import type { NodeRecord } from "../domain/node.ts";
import { backoff } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { Outcome } from "./outcome.ts";

interface Attempt {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export async function executeCreateFloatingIp(
  { node, portId, networkId }: { node: NodeRecord; portId: string; networkId: string },
  { cloud, clock, signal, installation }: Attempt & { installation: string },
): Promise<Outcome> {
  try {
    const description = floatingIpDescription(installation, node.id);
    const { id, address } = await cloud.createFloatingIp({ networkId, portId, description }, { signal });
    return { event: { type: "floating-ip", floatingIp: { id, address } } };
  } catch (error) {
    return postponed(node, { reason: "address", error, now: clock.now() });
  }
}

export async function executeDeleteFloatingIp(
  { node, floatingIpId }: { node: NodeRecord; floatingIpId: string },
  { cloud, clock, signal }: Attempt,
): Promise<Outcome> {
  try {
    await cloud.deleteFloatingIp(floatingIpId, { signal });
    return { event: "ended" };
  } catch (error) {
    return postponed(node, { reason: "delete", error, now: clock.now() });
  }
}

function postponed(
  node: NodeRecord,
  { reason, error, now }: { reason: "address" | "delete"; error: unknown; now: number },
): Outcome {
  const until = now + backoff({ failures: node.attempt + 1, base: 1_000, max: 60_000 });
  return { event: { type: "postponed", until, waitingOn: { reason, message: errorChain(error) } } };
}
