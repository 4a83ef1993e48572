/** Checks what came over the control socket, at either end, and requests in a process that works on the state by itself. */
import * as v from "valibot";
import { VERSION } from "../lib/build_info.ts";
import { fits } from "../lib/fits.ts";
import { ControlError } from "./control_error.ts";

/** `problems`: one line for people, each part that is wrong by its path; null: all is well. */
export function whatIsWrong(
  schema: v.GenericSchema,
  input: unknown,
): { readonly output: unknown; readonly problems: string | null } {
  if (fits(schema, input)) return { output: input, problems: null };
  const result = v.safeParse(schema, input);
  if (result.success) return { output: result.output, problems: null };
  const problems = result.issues.slice(0, MOST).map((issue) => {
    const path = v.getDotPath(issue);
    if (issue.type === "strict_object" && issue.expected === "never") {
      return `nodepool ${VERSION} does not know "${path}" here`;
    }
    const message = issue.message.length > LONGEST ? `${issue.message.slice(0, LONGEST)}…` : issue.message;
    return path === null ? message : `${path}: ${message}`;
  });
  return { output: null, problems: problems.join("; ") };
}

/** Ten rows that are wrong in the same way say no more than one. */
const MOST = 5;
/** A message quotes what stands there, which may be a text of any length. */
const LONGEST = 200;

/** A request to an operation, as the schema makes it. @throws ControlError (400) for what is no request */
export function checkedRequest(schema: v.GenericSchema, request: unknown): unknown {
  const { output, problems } = whatIsWrong(schema, request);
  if (problems !== null) throw new ControlError(400, problems);
  return output;
}
