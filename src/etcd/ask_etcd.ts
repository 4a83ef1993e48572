/** Asks etcd, for a limited time: for leases, campaigns, and callers that only want to know who leads. */
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import { EtcdError } from "./etcd.ts";

/** For one request: a member that hangs must not use up the time of a lease. */
const REQUEST_TIMEOUT = 2 * SECOND;

/** @throws EtcdError, the signal's reason */
export async function askEtcd<Answer>(
  ask: (call: Call) => Promise<Answer>,
  { clock, signal, timeout = REQUEST_TIMEOUT }: { clock: Clock; timeout?: Milliseconds } & Call,
): Promise<Answer> {
  const reason = () => new EtcdError("lost", `etcd did not answer within ${timeout / SECOND} s`);
  using deadline = startDeadline({ clock, timeout, signal, reason });
  return await ask(deadline);
}
