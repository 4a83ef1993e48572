/**
 * Python's `%`-formats of log lines, as `%(asctime)s %(levelname)-8s %(name)s: %(message)s`, and the dates in them.
 * What Python knows of a line and this program does not (threads, places in the source) is a dash or 0.
 */
import { offsetText } from "./local_times.ts";

export interface PythonFields {
  readonly name: string;
  readonly level: "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL";
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly process: number;
}

const LEVEL_NUMBERS = { DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50 };

const FIELD = /%%|%\((\w+)\)([-0# +]*)(\d*)(?:\.(\d+))?([a-zA-Z])/g;

/** Fields of the format that say nothing here. */
export function emptyFields(format: string): readonly string[] {
  const names = [...format.matchAll(FIELD)].flatMap(([, name]) => name ?? []);
  return [...new Set(names)].filter((name) => !Object.hasOwn(VALUES, name));
}

/** A line without its end. */
export function pythonLine(format: string, datefmt: string | null, fields: PythonFields): string {
  return format.replace(
    FIELD,
    (_, name?: string, flags = "", width = "", precision?: string, type = "s") => {
      if (name === undefined) return "%";
      const value = Object.hasOwn(VALUES, name) ? VALUES[name]!(fields, datefmt) : type === "s" ? "-" : 0;
      return padded(plain(value, { type, precision }), { flags, width: Number(width) });
    },
  );
}

const VALUES: Readonly<Record<string, (fields: PythonFields, datefmt: string | null) => string | number>> = {
  asctime: ({ time }, datefmt) => datefmt === null ? isoLike(time) : strftime(datefmt, time),
  created: ({ time }) => time / 1000,
  levelname: ({ level }) => level,
  levelno: ({ level }) => LEVEL_NUMBERS[level],
  message: ({ message }) => message,
  msecs: ({ time }) => time % 1000,
  name: ({ name }) => name,
  process: ({ process }) => process,
};

function plain(value: string | number, { type, precision }: { type: string; precision?: string }): string {
  if (type === "f") return Number(value).toFixed(Number(precision ?? 6));
  if (type === "d" || type === "i") return String(Math.trunc(Number(value)));
  const text = String(value);
  return precision === undefined ? text : text.slice(0, Number(precision));
}

function padded(text: string, { flags, width }: { flags: string; width: number }): string {
  if (flags.includes("-")) return text.padEnd(width);
  return text.padStart(width, flags.includes("0") && /^-?[\d.]+$/.test(text) ? "0" : " ");
}

/** Python's own: local time, with milliseconds behind a comma. */
function isoLike(time: number): string {
  return `${strftime("%Y-%m-%d %H:%M:%S", time)},${two(time % 1000, 3)}`;
}

/** In local time; directives that are not known stay as they are. */
function strftime(format: string, time: number): string {
  const date = new Date(time);
  return format.replace(/%([a-zA-Z%])/g, (all, directive: string) => DIRECTIVES[directive]?.(date) ?? all);
}

const DIRECTIVES: Readonly<Record<string, (date: Date) => string>> = {
  "%": () => "%",
  Y: (date) => String(date.getFullYear()),
  y: (date) => two(date.getFullYear() % 100),
  m: (date) => two(date.getMonth() + 1),
  d: (date) => two(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  H: (date) => two(date.getHours()),
  I: (date) => two(date.getHours() % 12 || 12),
  M: (date) => two(date.getMinutes()),
  S: (date) => two(date.getSeconds()),
  p: (date) => date.getHours() < 12 ? "AM" : "PM",
  A: (date) => date.toLocaleDateString("en-US", { weekday: "long" }),
  a: (date) => date.toDateString().slice(0, 3),
  B: (date) => date.toLocaleDateString("en-US", { month: "long" }),
  b: (date) => date.toDateString().slice(4, 7),
  j: (date) =>
    two(
      Math.round(
        (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 0)) /
          86_400_000,
      ),
      3,
    ),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  F: (date) => strftime("%Y-%m-%d", date.getTime()),
  T: (date) => strftime("%H:%M:%S", date.getTime()),
  D: (date) => strftime("%m/%d/%y", date.getTime()),
  c: (date) => strftime("%a %b %e %H:%M:%S %Y", date.getTime()),
  x: (date) => strftime("%m/%d/%y", date.getTime()),
  X: (date) => strftime("%H:%M:%S", date.getTime()),
  z: (date) => offsetText(-date.getTimezoneOffset()).replace(":", ""),
};

function two(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}
