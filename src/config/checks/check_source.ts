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

  constructor(source: Pick<CheckSource, "root" | "file">) {
    this.#source = source;
  }

  /** Whether the file has something there, be it right or wrong; what is wrong has been reported and is not missing. */
  isGiven(path: YamlPath): boolean {
    const node = nodeAt(this.#source.root, path);
    return node !== null && !(node.kind === "scalar" && node.value === null);
  }

  /** Whether the file has something there that is of another kind. */
  isOtherwise(path: YamlPath, kind: YamlNode["kind"]): boolean {
    return this.isGiven(path) && nodeAt(this.#source.root, path)?.kind !== kind;
  }

  error(path: YamlPath, message: string): void {
    this.errors.push(problemAt(path, { ...this.#place(), message }));
  }

  warning(path: YamlPath, message: string): void {
    this.warnings.push(problemAt(path, { ...this.#place(), message }));
  }

  notice(path: YamlPath, message: string): void {
    this.notices.push(problemAt(path, { ...this.#place(), message }));
  }

  #place(): { root: YamlNode; file: string } {
    return { root: this.#source.root, file: this.#source.file };
  }
}
