/** The options of every call that may last: aborted when whoever asked has left, or the daemon stops. */
export interface Call {
  readonly signal: AbortSignal;
}
