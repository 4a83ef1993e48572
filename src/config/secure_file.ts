/**
 * The secrets file, INI as Python's ConfigParser reads it: `[jenkins "TARGET"]` with url, user, apikey,
 * credentials and test-job; `[database]` is read and has no effect.
 */
import type { JenkinsConfig } from "../domain/config.ts";
import { ConfigError, type Problem } from "./config_error.ts";
import { nearestName } from "./nearest_name.ts";
import { fileProblem } from "./read_text.ts";

export interface SecureFile {
  /** By target: only what the file says. */
  readonly jenkins: ReadonlyMap<string, Partial<JenkinsConfig>>;
  /** Where each target's section begins. */
  readonly lines: ReadonlyMap<string, number>;
  readonly file: string | null;
  readonly notices: readonly Problem[];
  readonly holdsSecrets: boolean;
}

export const emptySecrets: SecureFile = {
  jenkins: new Map(),
  lines: new Map(),
  file: null,
  notices: [],
  holdsSecrets: false,
};

const JENKINS_KEYS: Readonly<Record<string, keyof JenkinsConfig>> = {
  url: "url",
  user: "user",
  apikey: "apiKey",
  credentials: "credentialsId",
  "test-job": "testJob",
};

/** @throws ConfigError with every problem; it quotes no value */
export function parseSecureFile(text: string, file: string): SecureFile {
  const reader = new SecureReader(file);
  text.split(/\r?\n/).forEach((line, index) => reader.read(line, index + 1));
  return reader.finish();
}

type JenkinsOptions = Partial<Record<keyof JenkinsConfig, string>>;

type Section = { kind: "jenkins"; target: string } | { kind: "database" } | { kind: "unknown" } | null;

class SecureReader {
  readonly #file: string;
  readonly #jenkins = new Map<string, JenkinsOptions>();
  readonly #lines = new Map<string, number>();
  readonly #problems: Problem[] = [];
  readonly #notices: Problem[] = [];
  #section: Section = null;
  #last: { options: JenkinsOptions; key: keyof JenkinsConfig } | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  read(line: string, number: number): void {
    const text = line.trim();
    if (text === "" || text.startsWith("#") || text.startsWith(";")) return;
    const header = text.match(/^\[([^\]]*)\]$/);
    if (header) this.#begin(header[1]!.trim(), number);
    else if (/^\s/.test(line) && this.#last !== null) this.#continue(text);
    else this.#option(text, number);
  }

  finish(): SecureFile {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
    return {
      jenkins: this.#jenkins,
      lines: this.#lines,
      file: this.#file,
      notices: this.#notices,
      holdsSecrets: this.#notices.length > 0 ||
        [...this.#jenkins.values()].some(({ apiKey }) => apiKey !== undefined),
    };
  }

  #begin(name: string, number: number): void {
    this.#last = null;
    const target = name.match(/^jenkins\s+"(.+)"$/)?.[1];
    if (target !== undefined) {
      this.#section = { kind: "jenkins", target };
      if (this.#jenkins.has(target)) this.#fault(number, `the section [${name}] stands here twice`);
      this.#jenkins.set(target, this.#jenkins.get(target) ?? {});
      this.#lines.set(target, number);
    } else if (name === "database") {
      this.#section = { kind: "database" };
      const message = "[database] has no effect: the state is a file (key `state`)";
      this.#notices.push({ ...fileProblem(this.#file, message), line: number, column: 1 });
    } else {
      this.#section = { kind: "unknown" };
      this.#fault(number, `unknown section [${name}]; known are [jenkins "TARGET"] and [database]`);
    }
  }

  #option(text: string, number: number): void {
    const match = text.match(/^([^=:\s]+)\s*[=:]\s*(.*)$/);
    this.#last = null;
    if (!match) return this.#fault(number, "expected a [section] or `key = value`");
    if (this.#section === null) return this.#fault(number, "this stands before the first [section]");
    if (this.#section.kind === "jenkins") this.#jenkinsOption(this.#section.target, { match, number });
  }

  #jenkinsOption(target: string, { match, number }: { match: RegExpMatchArray; number: number }): void {
    const name = match[1]!.toLowerCase();
    if (!Object.hasOwn(JENKINS_KEYS, name)) {
      const known = Object.keys(JENKINS_KEYS);
      const meant = nearestName(name, known);
      return this.#fault(
        number,
        `unknown key "${name}"; ${meant ? `did you mean "${meant}"?` : `known are ${known.join(", ")}`}`,
      );
    }
    const key = JENKINS_KEYS[name]!;
    const options = this.#jenkins.get(target)!;
    if (options[key] !== undefined) this.#fault(number, `the key "${name}" stands here twice`);
    options[key] = match[2]!;
    this.#last = { options, key };
  }

  /** An indented line goes on with the value above it. */
  #continue(text: string): void {
    const { options, key } = this.#last!;
    options[key] = `${options[key] ?? ""}\n${text}`;
  }

  #fault(number: number, message: string): void {
    this.#problems.push({ ...fileProblem(this.#file, message), line: number, column: 1 });
  }
}
