/** The failures of a request to a Gearman server. */

type GearmanErrorKind =
  /** No server is connected. */
  | "away"
  /** No worker took the job in time; it has been taken back. */
  | "noWorker"
  /** The worker says that it failed. */
  | "failed"
  /** The worker broke on it. */
  | "exception"
  /** There was no answer in time, and a worker may have the job. */
  | "timeout"
  /** The connection ended before the answer came. */
  | "lost"
  /** The server did not accept the request. */
  | "refused"
  /** The worker's answer is not what it should be. */
  | "badAnswer";

/** The message names the function and the server, what was wrong, and what to look at. */
export class GearmanError extends Error {
  override readonly name = "GearmanError";
  constructor(readonly kind: GearmanErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
  }
}
