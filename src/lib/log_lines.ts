/** A record of the log as what is written: JSON for machines, text for people, or a line in Python's format. */
import { getTextFormatter, type LogLevel, type LogRecord } from "@logtape/logtape";
import { isoHere } from "./local_times.ts";
import { UNLIMITED } from "./log_category.ts";
import { type PythonFields, pythonLine } from "./python_format.ts";
import { visibleText } from "./visible_text.ts";

/** The line or lines of a record, with their end. */
export type LogLines = (record: LogRecord) => string;

/** Of one value in a line, in characters: what clouds and clients say may be of any length. */
const LONGEST_VALUE = 4_000;

/** Whether the record is of those that somebody asked for, all of which are written. */
export function isUnlimited({ category }: LogRecord): boolean {
  return category[1] === UNLIMITED;
}

/**
 * One line for each record, with its date and zone; what somebody asked for keeps its lines, and the fact `excerpt`
 * follows on its own.
 */
export function textForPeople(): LogLines {
  const formatter = (visible: (text: string) => string) =>
    getTextFormatter({
      timestamp: isoHere,
      category: ".",
      value: (value) => visible(plain(value)),
      format: ({ timestamp, level, category, message, record }) =>
        `${timestamp} [${level}] ${category}: ${message}${idsBehind(message, record.properties)}`,
    });
  const inOneLine = formatter(visibleText);
  const inLines = formatter(visibleLines);
  return (record) => (isUnlimited(record) ? inLines(record) : inOneLine(record)) + excerptOf(record);
}

/** One JSON object: when, how bad, where, the sentence, and the facts in it by name. */
export function jsonLine({ timestamp, level, category, message, properties }: LogRecord): string {
  const time = new Date(timestamp).toISOString();
  const line = { time, level, category: category.join("."), message: sentence(message) };
  // No fact takes the place of what every line has.
  return `${JSON.stringify({ ...line, ...properties, ...line }, (_, value) => shortened(value))}\n`;
}

/** @param format as a `[formatter_…]` section of Python's logging has it */
export function pythonLines({ format, datefmt }: { format: string; datefmt: string | null }): LogLines {
  return (record) => {
    const visible = isUnlimited(record) ? visibleLines : visibleText;
    const told = sentence(record.message);
    const fields = {
      name: record.category.join("."),
      level: PYTHON_LEVELS[record.level],
      message: visible(told) + idsBehind(told, record.properties),
      time: record.timestamp,
      process: Deno.pid,
    };
    return `${pythonLine(format, datefmt, fields)}\n`;
  };
}

const PYTHON_LEVELS: Readonly<Record<LogLevel, PythonFields["level"]>> = {
  trace: "DEBUG",
  debug: "DEBUG",
  info: "INFO",
  warning: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

function sentence(message: LogRecord["message"]): string {
  return message.map((part, index) => index % 2 === 0 ? part : plain(part)).join("");
}

function excerptOf({ properties: { excerpt } }: LogRecord): string {
  return typeof excerpt === "string" ? `${visibleLines(excerpt)}\n` : "";
}

function visibleLines(text: string): string {
  return text.split("\n").map(visibleText).join("\n");
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

/** Ids that people search for, in words, where the sentence does not name them: ` (node 12, req-…)`; else empty. */
function idsBehind(text: string, { node, requestId }: Readonly<Record<string, unknown>>): string {
  const ids = [
    ...(node === undefined || new RegExp(`\\bnode ${node}\\b`).test(text) ? [] : [`node ${node}`]),
    ...(typeof requestId !== "string" || text.includes(requestId) ? [] : [requestId]),
  ];
  return ids.length === 0 ? "" : ` (${ids.join(", ")})`;
}
