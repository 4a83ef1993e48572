/** The problems of a configuration, each at its place in a file, and the error that carries them. */

/** One thing that is wrong, worth a warning or worth a notice. Never holds a secret. */
export interface Problem {
  readonly file: string;
  /** From 1; null where the problem has no place in the file (it cannot be read, or a file is missing). */
  readonly line: number | null;
  readonly column: number | null;
  /** Where in the configuration, e.g. `providers[1].images[0].min-ram`; empty for the file as a whole. */
  readonly path: string;
  /** One sentence without its end: what is wrong, and what to do. */
  readonly message: string;
  /** The value that stands there, and the one expected; null where that is no question of values. */
  readonly found: string | null;
  readonly expected: string | null;
  /** The known name nearest to an unknown one: "did you mean". */
  readonly suggestion: string | null;
  /** The part of the line that is meant: the key that stands there, what follows on that key, or neither of them: the place. */
  readonly marks: "key" | "value" | "place";
  /** null: there is no line to show. */
  readonly excerpt: Excerpt | null;
}

/** The line of a problem, without secrets, and the part of it that the problem is about. */
export interface Excerpt {
  readonly text: string;
  /** From 0, in `text`. */
  readonly from: number;
  /** At least 1. */
  readonly length: number;
}

/** `file:line:column: path: message`, with what is not known left out. */
export function formatProblem(
  problem: Pick<Problem, "file" | "line" | "column" | "path" | "message">,
): string {
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
