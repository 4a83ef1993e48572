/** A request refused as the real service would; each service words it in its own JSON (`answer.ts`). */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";

  /** @param options `type` is Neutron's exception name, e.g. `OverQuota` */
  constructor(
    readonly status: number,
    message: string,
    readonly options: { type?: string; headers?: Record<string, string> } = {},
  ) {
    super(message);
  }
}
