/**
 * Python's plain values as they are written: strings, numbers, None, names with dots, tuples, lists and dictionaries of
 * them. No more is needed of the arguments in a logging.conf, which Python itself evaluates.
 */

export type PythonValue =
  | null
  | boolean
  | number
  | string
  | PythonName
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

/** A name that stands for something in Python: `sys.stdout`. */
export interface PythonName {
  readonly pythonName: string;
}

const TOKEN =
  /\s*(?:([uUbBrR]{0,2})('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|([A-Za-z_][\w.]*)|([()[\]{},:]))/gy;

/** undefined: it is something else. */
export function readPythonLiteral(text: string): PythonValue | undefined {
  const trimmed = text.trim();
  const tokens = [...trimmed.matchAll(TOKEN)];
  if (tokens.map(([all]) => all).join("") !== trimmed) return undefined;
  const json: string[] = [];
  for (const token of tokens.map(jsonOf)) {
    const before = json.at(-1);
    // Strings side by side are one, and a comma may stand before the end.
    if (token.startsWith('"') && before?.startsWith('"')) {
      json.push(json.pop()!.slice(0, -1) + token.slice(1));
    } else if (/^[\]}]/.test(token) && before === ",") json.splice(-1, 1, token);
    else json.push(token);
  }
  try {
    return JSON.parse(json.join(" "));
  } catch {
    return undefined;
  }
}

function jsonOf([, prefix = "", quoted, number, name, mark]: RegExpMatchArray): string {
  if (mark !== undefined) return mark.replace("(", "[").replace(")", "]");
  if (quoted !== undefined) return JSON.stringify(unquoted(quoted, prefix));
  if (number !== undefined) return String(Number(number));
  return CONSTANTS.get(name!) ?? JSON.stringify({ pythonName: name });
}

const CONSTANTS = new Map([["None", "null"], ["True", "true"], ["False", "false"]]);

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function unquoted(quoted: string, prefix: string): string {
  const inner = quoted.slice(1, -1);
  return /r/i.test(prefix) ? inner : inner.replace(/\\(.)/gs, (_, escaped) => ESCAPES[escaped] ?? escaped);
}
