/** The daemon's end, or its beginning, came between a question and its answer; whether it was heard is not known. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  constructor(socketPath: string, options?: ErrorOptions) {
    super(`the daemon at ${socketPath} did not answer; check that it is running`, options);
  }
}
