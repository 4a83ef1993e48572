/**
 * Python's plain values as they are written: strings, numbers, None, names with dots, tuples, lists and dictionaries of
 * them. No more is needed of the arguments in a logging.conf, which Python itself evaluates.
 */

export type PythonValue = string | number | boolean | null | PythonName | readonly PythonValue[] | PythonDict;

/** A name that stands for something in Python: `sys.stdout`. */
interface PythonName {
  readonly name: string;
}

/** By key. */
type PythonDict = ReadonlyMap<PythonValue, PythonValue>;

const TOKEN =
  /\s*(?:([uUbBrR]{0,2})('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|([A-Za-z_][\w.]*)|([()[\]{},:]))/gy;

type Token =
  | { readonly type: "value"; readonly value: PythonValue; readonly isText: boolean }
  | { readonly type: "mark"; readonly mark: string };

/** undefined: it is something else. */
export function readPythonLiteral(text: string): PythonValue | undefined {
  const tokens = tokensOf(text);
  if (tokens === null) return undefined;
  const reader = new LiteralReader(tokens);
  const value = reader.value();
  return reader.isAtEnd ? value : undefined;
}

function tokensOf(text: string): Token[] | null {
  const trimmed = text.trim();
  const matches = [...trimmed.matchAll(TOKEN)];
  if (matches.map(([all]) => all).join("") !== trimmed) return null;
  return matches.map(([, prefix = "", quoted, number, name, mark]): Token => {
    if (mark !== undefined) return { type: "mark", mark };
    if (quoted !== undefined) return { type: "value", value: unquoted(quoted, prefix), isText: true };
    const value = number !== undefined ? Number(number) : named(name!);
    return { type: "value", value, isText: false };
  });
}

function named(name: string): PythonValue {
  const constants: Readonly<Record<string, PythonValue>> = { None: null, True: true, False: false };
  return Object.hasOwn(constants, name) ? constants[name]! : { name };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function unquoted(quoted: string, prefix: string): string {
  const inner = quoted.slice(1, -1);
  return /r/i.test(prefix) ? inner : inner.replace(/\\(.)/gs, (_, escaped) => ESCAPES[escaped] ?? escaped);
}

class LiteralReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  value(): PythonValue | undefined {
    const token = this.#tokens[this.#at++];
    if (token === undefined) return undefined;
    if (token.type === "value") return token.isText ? this.#joined(token.value as string) : token.value;
    if (token.mark === "(") return this.#sequence(")");
    if (token.mark === "[") return this.#sequence("]");
    return token.mark === "{" ? this.#dictionary() : undefined;
  }

  /** Strings side by side are one. */
  #joined(text: string): string {
    const next = this.#tokens[this.#at];
    if (next?.type !== "value" || !next.isText) return text;
    this.#at++;
    return this.#joined(text + (next.value as string));
  }

  #sequence(end: string): PythonValue[] | undefined {
    const values: PythonValue[] = [];
    while (!this.#takes(end)) {
      const value = this.value();
      if (value === undefined || !(this.#takes(",") || this.#isNext(end))) return undefined;
      values.push(value);
    }
    return values;
  }

  #dictionary(): PythonDict | undefined {
    const entries = new Map<PythonValue, PythonValue>();
    while (!this.#takes("}")) {
      const key = this.value();
      const value = this.#takes(":") ? this.value() : undefined;
      if (key === undefined || value === undefined || !(this.#takes(",") || this.#isNext("}"))) {
        return undefined;
      }
      entries.set(key, value);
    }
    return entries;
  }

  #isNext(mark: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.type === "mark" && token.mark === mark;
  }

  #takes(mark: string): boolean {
    if (!this.#isNext(mark)) return false;
    this.#at++;
    return true;
  }
}
