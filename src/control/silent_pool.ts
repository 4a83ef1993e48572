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

export class SilentPool implements PoolClient {
  readonly hasDaemon = false;
  readonly #error: SilentEtcdError;
  readonly #options: SilentPoolOptions;

  constructor(error: SilentEtcdError, options: SilentPoolOptions) {
    this.#error = error;
    this.#options = options;
  }

  readonly ask: PoolClient["ask"] = async (name) => {
    if (name !== "status") throw this.#error;
    return (await this.#options.statusHere() ?? this.#status()) as never;
  };

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #status(): AnswerOf<"status"> {
    const { pool, clock } = this.#options;
    const { members: etcd, why: problem } = this.#error;
    const now = clock.now();
    const machines = machinesFromOutside({ pool, etcd, problem });
    return viewStatus(unreadReport({ now, wallOffset: clock.wall() - now }, machines));
  }
}
