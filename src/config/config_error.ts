/** The problems of a configuration, each at its place in a file, and the error that carries them. */

import type { ConfigProblem } from "../domain/config_effects.ts";

/** One thing that is wrong, worth a warning or worth a notice. Never holds a secret. */
export interface Problem extends ConfigProblem {
  /** The value that stands there, and the one expected; null where that is no question of values. */
  readonly found: string | null;
  readonly expected: string | null;
  /** The known name nearest to an unknown one: "did you mean". */
  readonly suggestion: string | null;
  /** The part of the line that is meant: the key that stands there, what follows on that key, or neither of them: the place. */
  readonly marks: "key" | "value" | "place";
}

/** `file:line:column: path: message`, with what is not known left out. */
export function formatProblem(problem: Omit<ConfigProblem, "excerpt">): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== null).join(":");
  return [place, problem.path, problem.message].filter((part) => part !== "").join(": ");
}

/** A configuration that cannot be used; its message lists every problem, one a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join("\n"), options);
    this.problems = problems;
  }
}
