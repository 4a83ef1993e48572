/**
 * Prints a node's console and the output of its scripts, the first time whole and then what was added. Both together have
 * headings, as `tail` gives to several files. Notes go to standard error.
 */
import { addedText } from "../lib/added_text.ts";
import type { NodeLogView } from "../views/node_log.ts";
import type { CliIo } from "./cli_io.ts";
import { writeLine } from "./write_line.ts";

type Source = "console" | "script";

export class NodeLogPrinter {
  readonly #io: Pick<CliIo, "stdout" | "stderr">;
  readonly #shown: Record<Source, string> = { console: "", script: "" };
  #last: Source | null = null;
  #note: string | null = null;
  #isLineOpen = false;

  constructor(io: Pick<CliIo, "stdout" | "stderr">) {
    this.#io = io;
  }

  /** Whether there was anything. */
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
  const { id, ended, result, comment } = node;
  const { problem, text, read } = console;
  if (ended !== null) {
    const how = [result, comment].filter((part) => part !== null).join(": ");
    return `node ${id} has been gone since ${ended}, ${how}${problem === null ? "" : `; ${problem}`}`;
  }
  if (problem === null) return null;
  const instead = text === null || read !== null ? "" : "; this was kept when something failed";
  return `no console of node ${id}: ${problem}${instead}`;
}
