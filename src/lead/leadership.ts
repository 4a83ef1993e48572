/**
 * Whether this process leads the pool: the port. Everything that has an effect outside of the state asks `requireSure`
 * right before it; each transaction of the state compares the token.
 */

/** This process no longer leads, or cannot be sure that it does. */
export class NotLeadingError extends Error {
  override readonly name = "NotLeadingError";
}

export interface Leadership {
  /** The create revision of the key `leader`: each transaction of the state compares it. */
  readonly token: number;
  /** Whether nobody else can be leading now. */
  readonly isSure: boolean;
  /** @param what "log in to the node", for the message. @throws NotLeadingError */
  requireSure(what: string): void;
  /** Resolves, with why, once the leadership is lost for good. */
  readonly lost: Promise<NotLeadingError>;
}
