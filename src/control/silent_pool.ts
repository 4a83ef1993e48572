/** A pool in etcd while etcd does not answer: its status says how that is, and nothing else can be asked. */
import { machinesFromOutside, unreadReport } from "../domain/unread_report.ts";
import type { Clock } from "../lib/clock.ts";
import { viewStatus } from "../views/status.ts";
import type { AnswerOf } from "./operations.ts";
import type { PoolClient } from "./pool_client.ts";
import type { SilentEtcdError } from "./silent_etcd_error.ts";

export interface SilentPoolOptions {
  /** Its name. */
  readonly pool: string;
  readonly clock: Clock;
  /** As a standby of this machine has it; null: no daemon here says. */
  statusHere(): Promise<AnswerOf<"status"> | null>;
}

export function silentPool(
  error: SilentEtcdError,
  { pool, clock, statusHere }: SilentPoolOptions,
): PoolClient {
  const statusFromOutside = (): AnswerOf<"status"> => {
    const now = clock.now();
    const machines = machinesFromOutside({ pool, etcd: error.members, problem: error.why });
    return viewStatus(unreadReport({ now, wallOffset: clock.wall() - now }, machines));
  };
  return {
    hasDaemon: false,
    async ask(name) {
      if (name !== "status") throw error;
      return (await statusHere() ?? statusFromOutside()) as never;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
