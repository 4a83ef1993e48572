/** A request that cannot be answered; the text is for the client. */
export class SiteError extends Error {
  override readonly name = "SiteError";
  constructor(readonly status: 400 | 404 | 405 | 410, message: string) {
    super(message);
  }
}
