/** The files and streams that a plan names, opened once each, and the lines that they get. `logging.ts` has one. */
import type { LogRecord } from "@logtape/logtape";
import { jsonLine, type LogLines, pythonLines, textForPeople } from "./log_lines.ts";
import { handlersFor, type LogHandler, type LogPlan } from "./log_plan.ts";

/** The log cannot be written: where, why, what to do. */
class LogFileError extends Error {
  override readonly name = "LogFileError";
}

interface Output {
  readonly stream: typeof Deno.stderr | Deno.FsFile;
  readonly lines: LogLines;
}

const encoder = new TextEncoder();

export class LogOutputs implements Disposable {
  readonly #plan: LogPlan;
  readonly #outputs = new Map<LogHandler, Output>();
  /** By category and level. */
  readonly #known = new Map<string, readonly Output[]>();

  /** @throws LogFileError */
  constructor(plan: LogPlan) {
    this.#plan = plan;
    try {
      for (const handler of new Set(plan.loggers.flatMap(({ handlers }) => handlers))) this.#open(handler);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  write(record: LogRecord): void {
    for (const { stream, lines } of this.#outputsOf(record)) write(stream, encoder.encode(lines(record)));
  }

  [Symbol.dispose](): void {
    for (const { stream } of this.#outputs.values()) if (stream instanceof Deno.FsFile) stream.close();
    this.#outputs.clear();
    this.#known.clear();
  }

  #open(handler: LogHandler): void {
    const { to } = handler;
    if (to === null) return;
    const stream = to === "stderr" ? Deno.stderr : to === "stdout" ? Deno.stdout : openFile(to);
    this.#outputs.set(handler, { stream, lines: linesOf(handler, stream) });
  }

  #outputsOf({ category, level }: LogRecord): readonly Output[] {
    const name = category.join(".");
    const key = `${level} ${name}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const outputs = handlersFor(this.#plan, name, level).flatMap((handler) =>
      this.#outputs.get(handler) ?? []
    );
    this.#known.set(key, outputs);
    return outputs;
  }
}

function linesOf({ to, format }: LogHandler, stream: Output["stream"]): LogLines {
  if (format !== null && typeof format === "object") return pythonLines(format);
  const isForPeople = typeof to === "string" && stream.isTerminal();
  return (format ?? (isForPeople ? "text" : "json")) === "text" ? textForPeople() : jsonLine;
}

/** @throws LogFileError */
function openFile({ file, mode, truncate }: { file: string; mode: number; truncate: boolean }): Deno.FsFile {
  try {
    const how = truncate ? { write: true, truncate } : { append: true };
    return Deno.openSync(file, { ...how, create: true, mode });
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such directory; create it, or name another file"
      : error instanceof Deno.errors.PermissionDenied
      ? "permission denied"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new LogFileError(`cannot write the log ${file}: ${why}`);
  }
}

/** A log that cannot be written (a full disk, a closed pipe) must not stop the pool. */
function write(output: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let written = 0; written < bytes.length;) written += output.writeSync(bytes.subarray(written));
  } catch {
    // Nowhere is left to say it.
  }
}
