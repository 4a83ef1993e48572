/** How a request to the pool fails: it is refused, or gets no answer. */

/**
 * A request to the pool that cannot be met. `status` is HTTP's, so that the socket carries it unchanged: 423 while a command
 * that is no daemon has the state, 503 while a daemon cannot be asked but may be soon, 507 while the state has no room.
 */
export class ControlError extends Error {
  override readonly name = "ControlError";
  constructor(readonly status: 400 | 404 | 409 | 410 | 423 | 503 | 507, message: string) {
    super(message);
  }
}

/** Nothing that is configured has the name. */
export function notConfigured(
  name: string,
  { kind, known }: { kind: "label" | "provider" | "diskimage"; known: readonly { readonly name: string }[] },
): ControlError {
  const names = known.map((one) => one.name).join(", ");
  const which = names === "" ? "none are configured" : `the ${kind}s are ${names}`;
  return new ControlError(404, `there is no ${kind} ${name}; ${which}`);
}

/** The daemon's end, or its beginning, came between a question and its answer; whether it was heard is not known. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  constructor(socketPath: string, options?: ErrorOptions) {
    super(`the daemon at ${socketPath} did not answer; check that it is running`, options);
  }
}

/** Whether a daemon could not be asked, since it is not there, is stopping, or no longer leads: another may be, soon. */
export function isAway(error: unknown): boolean {
  return error instanceof NoAnswerError || (error instanceof ControlError && error.status === 503);
}

/** The daemon cannot write its state now, as while a disk or etcd is full; nothing was done. */
export function isUnwritable(error: unknown): boolean {
  return error instanceof ControlError && error.status === 507;
}
