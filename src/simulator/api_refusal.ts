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

/** What was looked for. @throws ApiRefusal where it is not there; `type` as there */
export function found<T>(
  thing: T | null | undefined,
  message: string,
  { status = 404, type }: { status?: number; type?: string } = {},
): T {
  if (thing === null || thing === undefined) {
    throw new ApiRefusal(status, message, type === undefined ? {} : { type });
  }
  return thing;
}

/** Nova's refusal of a body or a query by its schema. */
export function invalidInput(where: string, value: string, why: string): ApiRefusal {
  return new ApiRefusal(400, `Invalid input for ${where}. Value: ${value}. ${why}`);
}
