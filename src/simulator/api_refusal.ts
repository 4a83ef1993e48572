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

/** Nova's refusal of a body or a query by its schema. */
export function invalidInput(where: string, value: string, why: string): ApiRefusal {
  return new ApiRefusal(400, `Invalid input for ${where}. Value: ${value}. ${why}`);
}
