/** A request refused as the real service would; each service words it in its own JSON (`answer.ts`). */
export class Refusal extends Error {
  override readonly name = "Refusal";

  /** @param options `type` is Neutron's exception name, e.g. `OverQuota` */
  constructor(
    readonly status: number,
    message: string,
    readonly options: { type?: string; headers?: Record<string, string> } = {},
  ) {
    super(message);
  }
}
