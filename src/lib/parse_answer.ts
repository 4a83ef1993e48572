/** The body of an answer as data: JSON that fits the schema, or an error that says where it does not. */
import * as v from "valibot";

/**
 * Unknown fields are dropped; only what the schema asks for is looked at.
 * @param refuse makes the error from a message
 */
export function parseAnswer<S extends v.GenericSchema>(
  schema: S,
  response: { readonly body: Uint8Array },
  refuse: (message: string) => Error,
): v.InferOutput<S> {
  return fittingAnswer(schema, parseJson(response, refuse), refuse);
}

/** `parseAnswer` for a body that is data already. */
export function fittingAnswer<S extends v.GenericSchema>(
  schema: S,
  body: unknown,
  refuse: (message: string) => Error,
): v.InferOutput<S> {
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw refuse(
    `the response does not match the documented API: ${path === null ? "" : `${path}: `}${issue.message}`,
  );
}

/** @throws what `refuse` makes, for an empty body and for what is no JSON */
export function parseJson(
  { body }: { readonly body: Uint8Array },
  refuse: (message: string) => Error,
): unknown {
  const text = new TextDecoder().decode(body);
  try {
    return JSON.parse(text);
  } catch {
    throw refuse(text === "" ? "the response is empty" : "the response is not JSON, or was cut off");
  }
}

/** The JSON of a body; null for anything else. */
export function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}
