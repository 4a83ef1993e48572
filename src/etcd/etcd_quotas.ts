/**
 * How large the database of each member of etcd may become. Its status does not say; its metrics do, which are long: so
 * they are read once an hour. The gateway's `status` tells it; nothing is decided by it.
 */
import type { Send } from "../http/send.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { HOUR, SECOND } from "../domain/time.ts";

/** For one answer. */
const TIMEOUT = 1.5 * SECOND;

/** @returns gives the bytes of a member; null: it does not say. @throws the signal's reason */
export function etcdQuotas({ send, clock }: { readonly send: Send; readonly clock: Clock }) {
  const known = new Map<string, { readonly quota: number | null; readonly readAt: number }>();
  const read = async (endpoint: string, { signal }: Call): Promise<number | null> => {
    using deadline = startDeadline({ clock, timeout: TIMEOUT, signal });
    const { body } = await send({ method: "GET", url: `${endpoint}/metrics`, headers: {} }, deadline);
    const [, value] = new TextDecoder().decode(body).match(/^etcd_server_quota_backend_bytes (\S+)$/m) ?? [];
    return Number(value) > 0 ? Number(value) : null;
  };
  return async (endpoint: string, call: Call): Promise<number | null> => {
    const now = clock.monotonic();
    const before = known.get(endpoint);
    if (before !== undefined && now - before.readAt < HOUR) return before.quota;
    const quota = await read(endpoint, call).catch(() => null);
    call.signal.throwIfAborted();
    known.set(endpoint, { quota, readAt: now });
    return quota;
  };
}
