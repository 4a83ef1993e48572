/** One attempt at making a node's floating IP, and one at deleting it. */
import type { Cloud } from "../cloud/cloud.ts";
import { CloudError } from "../domain/cloud_error.ts";
import type { NodeRecord } from "../domain/node.ts";
import { backoff } from "../domain/backoff.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Action } from "../plan/action.ts";
import { DeletionRefusedError, type Deletions, isStale } from "./deletions.ts";
import { type AttemptDeps, type Outcome, postponed } from "./outcome.ts";

const log = loggerOf("node");

type FloatingIpWish = Action & { readonly type: "create-floating-ip" };

/**
 * Tries the ways one after the other as long as the cloud says that the port cannot be reached from that network, or
 * that the network is used up.
 */
export async function executeCreateFloatingIp(
  { node, ways, otherwise }: FloatingIpWish,
  { cloud, clock, signal, description }: AttemptDeps & { cloud: Cloud; description: string },
): Promise<Outcome> {
  let refusal: unknown = null;
  for (const way of ways) {
    try {
      const { id, address } = await cloud.createFloatingIp({ ...way, description }, { signal });
      return { event: { type: "floating-ip", floatingIp: { id, address, portId: way.portId } } };
    } catch (error) {
      signal.throwIfAborted();
      if (refusal === null || isNoWay(refusal)) refusal = error;
      if (!isNoWay(error) && !isUsedUp(error)) break;
    }
  }
  if (otherwise !== null && (isNoWay(refusal) || isNotGiven(refusal))) {
    const { id, provider } = node;
    log.info(NO_WAY, { node: id, provider, login: otherwise.login, reason: errorChain(refusal) });
    return { event: { type: "addressed", addresses: otherwise } };
  }
  return { event: postponed(refusal, { clock, signal, reason: "address", pause: pauseOf(node) }) };
}

const NO_WAY = "node {node} on {provider} has no floating IP ({reason}), so logins go to {login}; " +
  "set auto-floating-ip: false to request none";

/** Neutron: 404 where no router leads from the network to the port's subnet, 400 where the two cannot be joined. */
function isNoWay(error: unknown): boolean {
  if (!(error instanceof CloudError) || error.effect !== "none") return false;
  return error.kind === "notFound" || error.kind === "badRequest";
}

/** An external network has no address left; another one may. */
function isUsedUp(error: unknown): boolean {
  return error instanceof CloudError && error.effect === "none" && error.kind === "capacity";
}

/** A policy keeps floating IPs from the project, or the cloud makes none. */
function isNotGiven(error: unknown): boolean {
  if (!(error instanceof CloudError)) return false;
  return (error.status === 403 && error.kind === "unauthorized") || error.status === 501;
}

export async function executeDeleteFloatingIp(
  { node, floatingIpId }: { node: NodeRecord; floatingIpId: string },
  { deletions, clock, signal }: AttemptDeps & { deletions: Deletions },
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
    return { event: postponed(error, { clock, signal, reason: "delete", pause: pauseOf(node) }) };
  }
}

function isMoved(error: unknown): boolean {
  return error instanceof DeletionRefusedError && error.kind === "moved";
}

function pauseOf({ attempt }: NodeRecord): number {
  return backoff({ failures: attempt + 1, base: 1_000, max: 60_000 });
}
