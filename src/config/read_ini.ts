/**
 * INI files as Python 2's ConfigParser reads them: `key = value` or `key: value` in sections, indented lines go on with
 * the value above, a blank and `;` begin a comment, the last of several counts, `[DEFAULT]` stands in for every section.
 */

interface IniOption {
  /** As it stands there, `%(key)s` included; `valueOf` fills it in. */
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

export interface IniSection {
  readonly name: string;
  readonly line: number;
  /** By key, in lower case. */
  readonly options: Map<string, IniOption>;
}

export interface IniFault {
  readonly line: number;
  readonly message: string;
}

export interface Ini {
  readonly sections: ReadonlyMap<string, IniSection>;
  /** Lines that are nothing; Python would refuse the file. They quote no value. */
  readonly errors: readonly IniFault[];
  /** Sections and keys that stand there twice. */
  readonly repeats: readonly IniFault[];
}

export const DEFAULT_SECTION = "DEFAULT";

export function readIni(text: string): Ini {
  const reader = new IniReader();
  text.split(/\r?\n/).forEach((line, index) => reader.read(line, index + 1));
  return reader;
}

/** `[DEFAULT]` included, and `%(key)s` filled in; undefined: no such key; null: it names a key that is not there. */
export function valueOf(ini: Ini, section: string, key: string): string | null | undefined {
  const raw = rawValue(ini, section, key);
  if (raw === undefined) return undefined;
  let value: string | null = raw;
  for (let depth = 0; depth < DEEPEST && value?.includes("%("); depth++) {
    value = interpolate(value, (name) => rawValue(ini, section, name));
  }
  return value?.includes("%(") ? null : value;
}

/** Python's own limit. */
const DEEPEST = 10;

function interpolate(value: string, find: (key: string) => string | undefined): string | null {
  let isWhole = true;
  const filled = value.replace(/%%|%\(([^)]*)\)s/g, (_, name: string | undefined) => {
    const found = name === undefined ? "%" : find(name.toLowerCase());
    isWhole &&= found !== undefined;
    return found ?? "";
  });
  return isWhole ? filled : null;
}

function rawValue({ sections }: Ini, section: string, key: string): string | undefined {
  return [section, DEFAULT_SECTION].map((name) => sections.get(name)?.options.get(key)?.value)
    .find((value) => value !== undefined);
}

class IniReader implements Ini {
  readonly sections = new Map<string, IniSection>();
  readonly errors: IniFault[] = [];
  readonly repeats: IniFault[] = [];
  #section: IniSection | null = null;
  #key: string | null = null;

  read(text: string, line: number): void {
    const trimmed = text.trim();
    if (trimmed === "" || trimmed.startsWith("#") || trimmed.startsWith(";")) return;
    const header = trimmed.match(/^\[([^\]]+)\]/)?.[1];
    if (/^\s/.test(text) && this.#key !== null) this.#continue(trimmed);
    else if (header !== undefined) this.#begin(header.trim(), line);
    else this.#option(trimmed, line);
  }

  #begin(name: string, line: number): void {
    this.#key = null;
    const known = this.sections.get(name);
    if (known !== undefined) {
      this.repeats.push({ line, message: `the section [${name}] appears twice; both are used` });
    }
    this.#section = known ?? { name, line, options: new Map() };
    this.sections.set(name, this.#section);
  }

  #option(text: string, line: number): void {
    this.#key = null;
    const [, name, value] = text.match(/^([^:=]+?)\s*[:=]\s*(.*)$/) ?? [];
    if (name === undefined || value === undefined) {
      this.errors.push({ line, message: "expected a [section] or `key = value`" });
    } else if (this.#section === null) {
      this.errors.push({ line, message: "this comes before the first [section]" });
    } else this.#set(this.#section, { key: name.toLowerCase(), value, line });
  }

  #set({ options }: IniSection, { key, value, line }: { key: string; value: string; line: number }): void {
    if (options.has(key)) {
      this.repeats.push({ line, message: `the key "${key}" appears twice; the last one is used` });
    }
    const bare = value.replace(/\s;.*$/, "").trim();
    options.set(key, { value: bare === '""' ? "" : bare, line });
    this.#key = key;
  }

  #continue(text: string): void {
    const { options } = this.#section!;
    const option = options.get(this.#key!)!;
    options.set(this.#key!, { ...option, value: `${option.value}\n${text}` });
  }
}
