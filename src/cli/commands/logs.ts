/** `nodepool logs ID`: a node's console, and the output of its scripts. */
import { Command } from "@commander-js/extra-typings";
import { SECOND } from "../../domain/time.ts";
import { addedText } from "../../lib/added_text.ts";
import type { NodeLogView } from "../../views/node_log.ts";
import type { CliContext } from "../cli_context.ts";
import type { CliIo } from "../cli_io.ts";
import { InterruptedError } from "../cli_error.ts";
import { ExitCode } from "../exit_code.ts";
import { example, helpGroup } from "../help.ts";
import { LastingPool } from "../lasting_pool.ts";
import { countArgument, idArgument } from "../arguments.ts";
import { openPool } from "../open_pool.ts";
import { formatOption } from "../output_options.ts";
import { describeEndedNode } from "../print_outcomes.ts";
import { writeLine } from "../write_line.ts";

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
    .addOption(formatOption(["text", "json"]).conflicts("follow"))
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

type Source = "console" | "script";

/**
 * Prints a node's console and the output of its scripts, the first time whole and then what was added. Both together have
 * headings, as `tail` gives to several files. Notes go to standard error.
 */
class NodeLogPrinter {
  readonly #io: Pick<CliIo, "stdout" | "stderr">;
  readonly #shown: Record<Source, string> = { console: "", script: "" };
  #last: Source | null = null;
  #note: string | null = null;
  #isLineOpen = false;

  constructor(io: Pick<CliIo, "stdout" | "stderr">) {
    this.#io = io;
  }

  get hasPrinted(): boolean {
    return this.#last !== null;
  }

  print(view: NodeLogView): void {
    this.#tell(noteOn(view));
    const texts = { console: view.console.text ?? "", script: view.script?.text ?? "" };
    const hasBoth = texts.console !== "" && texts.script !== "";
    for (const source of ["console", "script"] as const) {
      this.#add(source, texts[source], { withHeading: hasBoth });
    }
  }

  /** Ends a line that has no end yet. */
  finish(): void {
    if (this.#isLineOpen) this.#io.stdout.write("\n");
    this.#isLineOpen = false;
  }

  #tell(note: string | null): void {
    if (note !== null && note !== this.#note) {
      this.finish();
      writeLine(this.#io.stderr, `nodepool: ${note}`);
    }
    this.#note = note;
  }

  #add(source: Source, text: string, { withHeading }: { withHeading: boolean }): void {
    // What is no longer known is no news.
    if (text === "") return;
    const added = addedText(this.#shown[source], text);
    this.#shown[source] = text;
    if (added === "") return;
    if (source !== this.#last && (withHeading || this.#last !== null)) this.#head(source);
    this.#last = source;
    this.#io.stdout.write(added);
    this.#isLineOpen = !added.endsWith("\n");
  }

  #head(source: Source): void {
    this.finish();
    this.#io.stdout.write(`${this.#last === null ? "" : "\n"}==> ${HEADINGS[source]} <==\n`);
  }
}

const HEADINGS: Readonly<Record<Source, string>> = { console: "console", script: "ready script" };

/** null: it is the usual. */
function noteOn({ node, console }: NodeLogView): string | null {
  const { problem, text, read } = console;
  if (node.ended !== null) return `${describeEndedNode(node)}${problem === null ? "" : `; ${problem}`}`;
  if (problem === null) return null;
  const instead = text === null || read !== null ? "" : "; this was kept when something failed";
  return `no console of node ${node.id}: ${problem}${instead}`;
}
