/**
 * Whether this process leads the pool: the port. Whatever has an effect outside of the state asks right before it; each
 * transaction of the state compares the token.
 */
import type { Call } from "../lib/call.ts";

/** This process no longer leads. */
export class NotLeadingError extends Error {
  override readonly name = "NotLeadingError";
}

export interface Leadership {
  /** The create revision of the key `leader`: each transaction of the state compares it. */
  readonly token: number;
  /** Whether nobody else can be leading now. */
  readonly isSure: boolean;
  /**
   * Resolves once it is sure: at once, or when etcd answers again. A process that has lost the leadership waits until
   * the signal is aborted, as if the process had been killed there. @throws the signal's reason
   */
  untilSure(call: Call): Promise<void>;
  /** A caller that learns that another leads says so: a transaction that another token refused. */
  lose(why: string): void;
  readonly isLost: boolean;
  /** Resolves, with why, once the leadership is lost for good. */
  readonly lost: Promise<NotLeadingError>;
}
