/** Prints the outcome for each node, image or job. */
import type { IdOutcome } from "../control/operation.ts";
import type { NodeLogView } from "../views/node_log.ts";
import type { CliContext } from "./cli_context.ts";
import { ExitCode } from "./exit_code.ts";
import { writeLine } from "./write_line.ts";

/**
 * Prints successes to standard output, failures to standard error; one failure makes the command fail. A node that
 * stays is no failure, but has an exit code of its own.
 */
export function printOutcomes(
  context: CliContext,
  outcomes: readonly IdOutcome[],
  { what = "node" }: { what?: "node" | "image" | "dib image" | "job" } = {},
): void {
  if (outcomes.some(({ stays }) => stays)) context.exitCode = ExitCode.held;
  if (outcomes.some(({ ok }) => !ok)) context.exitCode = ExitCode.failed;
  for (const { id, ok, message } of outcomes) {
    if (ok) writeLine(context.io.stdout, `${what} ${id}: ${message}`);
    else writeLine(context.io.stderr, `nodepool: ${message}`);
  }
}

/** `node 7 has been gone since 2030-01-02T03:04:05.000Z, used: released`. */
export function describeEndedNode({ id, ended, result, comment }: NodeLogView["node"]): string {
  const how = [result, comment].filter((part) => part !== null).join(": ");
  return `node ${id} has been gone since ${ended}, ${how}`;
}
