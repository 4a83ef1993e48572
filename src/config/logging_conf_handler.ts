/** The output of a handler of Python's logging, by its class and its arguments. `logging_conf.ts` asks. */
import type { LogHandler } from "../lib/log_plan.ts";
import { type PythonName, type PythonValue, readPythonLiteral } from "./python_literal.ts";

interface HandlerTarget {
  readonly to: LogHandler["to"];
  /** The part that has no meaning here, if any. */
  readonly notice?: string;
  /** The part that Python would refuse, or that cannot be understood, if any. */
  readonly error?: string;
}

/** As Python makes it: by the umask. Others may have been let read it. */
const MODE = 0o666;

/** By class: the arguments' names, in their order. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  FileHandler: ["filename", "mode"],
  WatchedFileHandler: ["filename", "mode"],
  RotatingFileHandler: ["filename", "mode", "maxBytes", "backupCount"],
  TimedRotatingFileHandler: ["filename", "when", "interval", "backupCount"],
};

const NOT_ROTATED = "nodepool does not rotate the file: use logrotate";

export function handlerTarget(
  className: string,
  given: { readonly args: string | null; readonly kwargs: string | null },
): HandlerTarget {
  const kind = className.replace(/^logging\./, "").replace(/^handlers\./, "");
  if (kind === "NullHandler") return { to: null };
  if (kind !== "StreamHandler" && !Object.hasOwn(FILES, kind)) {
    return { to: "stderr", notice: `${className} is not supported: its lines go to standard error` };
  }
  const values = argumentsOf(given, FILES[kind] ?? ["stream"]);
  if (values === null) {
    const error = `cannot read the arguments; write plain values, as in ('/var/log/nodepool/debug.log',)`;
    return { to: null, error };
  }
  return kind === "StreamHandler" ? streamTarget(values) : fileTarget(kind, values);
}

type Arguments = ReadonlyMap<string, PythonValue>;

/** null: they are no plain values. */
function argumentsOf(
  { args, kwargs }: { readonly args: string | null; readonly kwargs: string | null },
  names: readonly string[],
): Arguments | null {
  const positional = readPythonLiteral(args || "()");
  const byName = readPythonLiteral(kwargs || "{}");
  if (positional === undefined || !isMapping(byName)) return null;
  const values = Array.isArray(positional) ? positional : [positional];
  const named = values.flatMap((value, index): [string, PythonValue][] =>
    names[index] === undefined ? [] : [[names[index], value]]
  );
  return new Map([...named, ...Object.entries(byName)]);
}

function isMapping(value: PythonValue | undefined): value is { readonly [key: string]: PythonValue } {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !isName(value);
}

function isName(value: PythonValue): value is PythonName {
  return value !== null && typeof value === "object" && "pythonName" in value;
}

function streamTarget(values: Arguments): HandlerTarget {
  const stream = values.get("stream") ?? values.get("strm") ?? null;
  const name = isName(stream) ? stream.pythonName : null;
  if (name === "sys.stdout") return { to: "stdout" };
  if (stream === null || name === "sys.stderr") return { to: "stderr" };
  return { to: "stderr", notice: "that stream is not supported: its lines go to standard error" };
}

function fileTarget(kind: string, values: Arguments): HandlerTarget {
  const file = values.get("filename");
  if (typeof file !== "string" || file === "") {
    return { to: null, error: `${kind} needs a file's name in quotes as its first argument` };
  }
  const isBounded = Number(values.get("maxBytes") ?? 0) > 0;
  const isRotated = kind === "TimedRotatingFileHandler" || isBounded;
  const truncate = !isRotated && String(values.get("mode") ?? "a").startsWith("w");
  return { to: { file, mode: MODE, truncate }, ...(isRotated && { notice: NOT_ROTATED }) };
}
