/** A request that cannot be answered; the text is for whoever made it. */
export class SiteError extends Error {
  override readonly name = "SiteError";
  constructor(readonly status: 400 | 404 | 405 | 410, message: string) {
    super(message);
  }
}
