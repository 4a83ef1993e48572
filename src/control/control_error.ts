/** A request to the pool that cannot be met. `status` is HTTP's, so that the socket carries it unchanged. */
export class ControlError extends Error {
  override readonly name = "ControlError";
  constructor(readonly status: 400 | 404 | 409 | 410 | 503, message: string) {
    super(message);
  }
}
