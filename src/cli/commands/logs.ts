/** `nodepool logs ID`: a node's console, and the output of its scripts. */
import { Command, Option } from "@commander-js/extra-typings";
import { SECOND } from "../../domain/time.ts";
import type { CliContext } from "../cli_context.ts";
import { InterruptedError } from "../cli_error.ts";
import { ExitCode } from "../exit_code.ts";
import { example, helpGroup } from "../help.ts";
import { LastingPool } from "../lasting_pool.ts";
import { NodeLogPrinter } from "../node_log_printer.ts";
import { countArgument, idArgument } from "../arguments.ts";
import { openPool } from "../open_pool.ts";

/** More than what clouds keep. */
const ALL_LINES = 100_000;
/** Between two looks: often enough for somebody who watches, and no burden to a cloud. */
const LOOK = 2 * SECOND;

export function logsCommand(context: CliContext) {
  return new Command("logs")
    .helpGroup(helpGroup.nodes)
    .description(
      "show a node's console and the output of its ready script; for a node that is gone, what was kept",
    )
    .argument("<id>", "the node", idArgument)
    .option("-n, --lines <n>", "only the last lines of the console", countArgument, ALL_LINES)
    .option("--follow", "keep printing new output until the node is gone")
    .addOption(
      new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default(
        "text" as const,
      )
        .conflicts("follow"),
    )
    .addHelpText("after", example("nodepool logs 812 --lines 50"))
    .action((id, { lines, follow, output }) =>
      follow === true ? followLog(context, { id, lines }) : printLog(context, { id, lines, output })
    );
}

async function printLog(
  context: CliContext,
  { output, ...request }: { id: number; lines: number; output: "text" | "json" },
): Promise<void> {
  const { io } = context;
  await using pool = await openPool(context);
  const view = await pool.ask("node-log", request);
  if (output === "json") return io.stdout.write(`${JSON.stringify(view, null, 2)}\n`);
  const printer = new NodeLogPrinter(io);
  printer.print(view);
  printer.finish();
  if (!printer.hasPrinted) context.exitCode = ExitCode.failed;
}

/** Needs the daemon: without one, the state would be locked all the time and no daemon could start. */
async function followLog(context: CliContext, request: { id: number; lines: number }): Promise<void> {
  const { io } = context;
  await using daemon = await LastingPool.open(context);
  using interrupts = io.interrupts();
  const { signal } = interrupts;
  const printer = new NodeLogPrinter(io);
  try {
    for (;;) {
      const view = await daemon.ask("node-log", request, { signal });
      printer.print(view);
      if (view.node.ended !== null) return;
      await io.clock.sleep(LOOK, { signal });
    }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  } finally {
    printer.finish();
  }
}
