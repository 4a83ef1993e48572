/** The files and streams that a plan names, opened once each, and the lines that they get. `logging.ts` has one. */
import type { LogRecord } from "@logtape/logtape";
import type { Clock } from "./clock.ts";
import type { LogLevels } from "./log_levels.ts";
import { LogFile } from "./log_file.ts";
import { jsonLine, type LogLines, pythonLines, textForPeople } from "./log_lines.ts";
import { handlersFor, type LogHandler, type LogPlan } from "./log_plan.ts";
import { writeWhole } from "./write_whole.ts";

interface Output {
  write(record: LogRecord): void;
  readonly file: LogFile | null;
}

interface OutputOptions {
  readonly clock: Clock;
  /** Those that win over the plan's. */
  readonly levels: LogLevels;
}

export class LogOutputs implements Disposable {
  readonly #plan: LogPlan;
  readonly #options: OutputOptions;
  readonly #outputs = new Map<LogHandler, Output>();

  /** @throws Error where a file cannot be opened */
  constructor(plan: LogPlan, options: OutputOptions) {
    this.#plan = plan;
    this.#options = options;
    try {
      for (const handler of new Set(plan.loggers.flatMap(({ handlers }) => handlers))) this.#open(handler);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether lines of that category and level go anywhere. */
  takes(record: Pick<LogRecord, "category" | "level">): boolean {
    return this.#outputsOf(record).length > 0;
  }

  write(record: LogRecord): void {
    for (const output of this.#outputsOf(record)) output.write(record);
  }

  /** Opens files again that are not in their place any more. */
  reopen(): void {
    for (const { file } of this.#outputs.values()) file?.reopen();
  }

  /** Why lines do not reach their place, one for each file where they do not. */
  get problems(): readonly string[] {
    return [...this.#outputs.values()].flatMap(({ file }) => file?.problem ?? []);
  }

  [Symbol.dispose](): void {
    for (const { file } of this.#outputs.values()) file?.[Symbol.dispose]();
    this.#outputs.clear();
  }

  #open(handler: LogHandler): void {
    const { to } = handler;
    if (to === null) return;
    if (to === "stderr" || to === "stdout") {
      const lines = linesOf(handler, Deno[to].isTerminal());
      this.#outputs.set(handler, { write: (record) => writeTo(Deno[to], lines(record)), file: null });
      return;
    }
    const lines = linesOf(handler, false);
    const file = new LogFile(
      to,
      (count, reason) => lines(lossRecord({ count, reason, timestamp: this.#options.clock.now() })),
    );
    this.#outputs.set(handler, { write: (record) => file.write(lines(record)), file });
  }

  #outputsOf({ category, level }: Pick<LogRecord, "category" | "level">): readonly Output[] {
    const name = category.join(".");
    const handlers = handlersFor(this.#plan, { category: name, level, set: this.#options.levels.of(name) });
    return handlers.flatMap((handler) => this.#outputs.get(handler) ?? []);
  }
}

function linesOf({ format }: LogHandler, isTerminal: boolean): LogLines {
  if (format !== null && typeof format === "object") return pythonLines(format);
  return (format ?? (isTerminal ? "text" : "json")) === "text" ? textForPeople() : jsonLine;
}

function lossRecord(
  { count, reason, timestamp }: { count: number; reason: string; timestamp: number },
): LogRecord {
  const text = `${count} lines could not be written to this log: ${reason}`;
  return {
    category: ["nodepool", "daemon"],
    level: "error",
    timestamp,
    message: [text],
    rawMessage: text,
    properties: { missing: count, reason },
  };
}

/** A stream that cannot be written (a closed pipe) must not stop the pool. */
function writeTo(stream: typeof Deno.stderr, line: string): void {
  try {
    writeWhole(stream, line);
  } catch {
    // Nowhere is left to say it.
  }
}
