/** A request to an operation, checked: at the daemon's socket, and in a process that works on the state by itself. */
import type * as v from "valibot";
import { ControlError } from "./control_error.ts";
import { whatIsWrong } from "./what_is_wrong.ts";

/** As the schema makes it. @throws ControlError (400) for what is no request */
export function checkedRequest(schema: v.GenericSchema, request: unknown): unknown {
  const { output, problems } = whatIsWrong(schema, request);
  if (problems !== null) throw new ControlError(400, problems);
  return output;
}
