/**
 * Sets up LogTape for the process: text for people, JSON lines for machines, to standard error or a file.
 * Called once by the daemon and the simulator; everything else only asks LogTape for its logger.
 */
import {
  configure,
  getLogger,
  getTextFormatter,
  type LogLevel,
  type LogRecord,
  reset,
} from "@logtape/logtape";
import { type Clock, systemClock } from "./clock.ts";
import { LogLimiter } from "./log_limiter.ts";
import { visibleText } from "./visible_text.ts";

export interface LoggingOptions {
  readonly level: LogLevel;
  /** Levels of single categories, e.g. `nodepool.stack_dump`. */
  readonly levels?: Readonly<Record<string, LogLevel>>;
  /** null: text on a terminal, JSON lines otherwise. */
  readonly format: "text" | "json" | null;
  /** Path, appended to; null: standard error. */
  readonly file: string | null;
  readonly clock?: Clock;
}

/** The category under `nodepool` of lines that somebody asked for, all of which are written. */
export const UNLIMITED = "stack_dump";

/** How often what was omitted is looked for. */
const LOOK = 5_000;

/** Of one value in a line, in characters: what clouds and clients say may be of any length. */
const LONGEST_VALUE = 4_000;

/**
 * Sends log records where the options say, until it is disposed of.
 * @throws Deno.errors.* where the file cannot be opened
 */
export async function startLogging(options: LoggingOptions): Promise<AsyncDisposable> {
  const output = options.file === null
    ? Deno.stderr
    : Deno.openSync(options.file, { append: true, create: true, write: true, mode: 0o600 });
  const asText =
    (options.format ?? (options.file === null && Deno.stderr.isTerminal() ? "text" : "json")) === "text";
  const format = asText ? textForPeople() : jsonLine;
  const encoder = new TextEncoder();
  const { clock = systemClock } = options;
  const limiter = new LogLimiter(clock);
  const writeAll = (records: readonly LogRecord[]) => {
    for (const record of records) write(output, encoder.encode(format(record)));
  };
  await configure({
    reset: true,
    sinks: {
      output: (record: LogRecord) => writeAll(isUnlimited(record) ? [record] : limiter.admit(record)),
    },
    loggers: [
      { category: ["nodepool"], sinks: ["output"], lowestLevel: options.level },
      { category: ["logtape", "meta"], sinks: ["output"], lowestLevel: "error" },
      ...Object.entries(options.levels ?? {}).map(([category, lowestLevel]) => ({
        category: category.split("."),
        sinks: ["output"] as "output"[],
        parentSinks: "override" as const,
        lowestLevel,
      })),
    ],
  });
  const stop = new AbortController();
  const telling = (async () => {
    while (await clock.sleep(LOOK, { signal: stop.signal }).then(() => true, () => false)) {
      writeAll(limiter.tell());
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await telling;
      await reset();
      writeAll(limiter.tell({ all: true }));
      if (output !== Deno.stderr) output.close();
    },
  };
}

/** One line for each record; what somebody asked for keeps its lines. */
function textForPeople(): (record: LogRecord) => string {
  const formatter = (visible: (text: string) => string) =>
    getTextFormatter({ timestamp: "date-time", category: ".", value: (value) => visible(plain(value)) });
  const inOneLine = formatter(visibleText);
  const inLines = formatter((text) => text.split("\n").map(visibleText).join("\n"));
  return (record) => isUnlimited(record) ? inLines(record) : inOneLine(record);
}

function isUnlimited({ category }: LogRecord): boolean {
  return category[1] === UNLIMITED;
}

/** One JSON object: when, how bad, where, the sentence, and the facts in it by name. */
function jsonLine({ timestamp, level, category, message, properties }: LogRecord): string {
  const text = message.map((part, index) => index % 2 === 0 ? part : plain(part)).join("");
  const time = new Date(timestamp).toISOString();
  const line = { time, level, category: category.join("."), message: text };
  // No fact takes the place of what every line has.
  return `${JSON.stringify({ ...line, ...properties, ...line }, (_, value) => shortened(value))}\n`;
}

function shortened(value: unknown): unknown {
  if (typeof value !== "string" || value.length <= LONGEST_VALUE) return value;
  return `${value.slice(0, LONGEST_VALUE)}… (${value.length - LONGEST_VALUE} more characters)`;
}

function plain(value: unknown): string {
  return typeof value === "string"
    ? shortened(value) as string
    : Array.isArray(value)
    ? value.map(plain).join(", ")
    : String(value);
}

/** A log that cannot be written (a full disk, a closed pipe) must not stop the pool. */
function write(output: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let written = 0; written < bytes.length;) written += output.writeSync(bytes.subarray(written));
  } catch {
    // Nowhere is left to say it.
  }
}

/** The logger of a category under `nodepool`. */
export function loggerOf(...category: string[]) {
  return getLogger(["nodepool", ...category]);
}
