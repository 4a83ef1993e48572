/** The input of a cross check, and its findings. */
import type { Problem } from "../config_error.ts";
import type { Environment } from "../environment.ts";
import { type ConfigDraft, problemAt } from "../validate_tree.ts";
import { nodeAt, type YamlNode, type YamlPath } from "../yaml_node.ts";

export interface CheckSource {
  /** Parts that are wrong by themselves are missing here: they have been told. */
  readonly draft: ConfigDraft;
  readonly root: YamlNode;
  readonly file: string;
  readonly environment: Environment;
  readonly signal?: AbortSignal;
}

/** Collects problems by how bad they are, each placed in the file. */
export class Findings {
  readonly errors: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly notices: Problem[] = [];
  readonly #source: Pick<CheckSource, "root" | "file">;
  /** All paths begin there. */
  readonly #top: YamlPath;

  constructor({ root, file }: Pick<CheckSource, "root" | "file">, top: YamlPath = []) {
    this.#source = { root, file };
    this.#top = top;
  }

  /** The same findings, by paths that begin there. */
  at(...path: YamlPath): Findings {
    const { errors, warnings, notices } = this;
    return Object.assign(new Findings(this.#source, [...this.#top, ...path]), { errors, warnings, notices });
  }

  /** Whether the file has something there, right or wrong: what is wrong has been reported and is not missing. */
  isGiven(path: YamlPath): boolean {
    const node = this.#nodeAt(path);
    return node !== null && !(node.kind === "scalar" && node.value === null);
  }

  /** Whether the file has something there that is of another kind. */
  isOtherwise(path: YamlPath, kind: YamlNode["kind"]): boolean {
    return this.isGiven(path) && this.#nodeAt(path)?.kind !== kind;
  }

  error(path: YamlPath, message: string): void {
    this.errors.push(this.#problem(path, message));
  }

  warning(path: YamlPath, message: string): void {
    this.warnings.push(this.#problem(path, message));
  }

  notice(path: YamlPath, message: string): void {
    this.notices.push(this.#problem(path, message));
  }

  #nodeAt(path: YamlPath): YamlNode | null {
    return nodeAt(this.#source.root, [...this.#top, ...path]);
  }

  #problem(path: YamlPath, message: string): Problem {
    return problemAt([...this.#top, ...path], { ...this.#source, message });
  }
}
