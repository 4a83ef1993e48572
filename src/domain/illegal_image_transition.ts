/** A change of an image's state that no rule allows; always a defect of the caller, or an outcome that comes too late. */
export class IllegalImageTransitionError extends Error {
  override readonly name = "IllegalImageTransitionError";
  constructor(what: string, phase: string, event: string) {
    super(`${what}: event ${event} is not possible in phase ${phase}`);
  }
}
