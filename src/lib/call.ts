/** The options of every call that may last: aborted when the caller has left, or the daemon stops. */
export interface Call {
  readonly signal: AbortSignal;
}

/** Nobody aborts it. */
export const NEVER: Call = { signal: new AbortController().signal };
