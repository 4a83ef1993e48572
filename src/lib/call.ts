/** The options of every call that may last: aborted when the caller has left, or the daemon stops. */
export interface Call {
  readonly signal: AbortSignal;
}

/** The signal of a call that nothing ends early. */
export const NEVER: AbortSignal = new AbortController().signal;
