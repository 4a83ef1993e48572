/**
 * The text of a configuration to a frozen `Config`, or to one error with everything that is wrong. Called by
 * `loadConfig`, and by callers that have the text without a file.
 */
import type { Config } from "../domain/config.ts";
import { assembleConfig } from "./assemble_config.ts";
import { checkCloudAccess } from "./clouds/check_cloud_access.ts";
import { ConfigError, type Problem } from "./config_error.ts";
import { checkLengths } from "./checks/check_lengths.ts";
import { Findings } from "./checks/check_source.ts";
import { crossCheck } from "./checks/cross_check.ts";
import type { Environment } from "./environment.ts";
import { withExcerpts } from "./excerpt.ts";
import { readYaml } from "./read_yaml.ts";
import { configSection } from "./schema/config_section.ts";
import { holdsSecret } from "./schema/section.ts";
import { withImpliedDiskimages } from "./images_of_file.ts";
import { emptySecrets, type SecureFile } from "./secure_file.ts";
import { validateTree } from "./validate_tree.ts";

export interface LoadedConfig {
  /** Frozen through and through. */
  readonly config: Config;
  /** Settings that are allowed and probably not meant. */
  readonly warnings: readonly Problem[];
  /** Settings that were read and have no effect, by design. */
  readonly notices: readonly Problem[];
  /** Whether the text itself has a password, an API key or a database address in it. */
  readonly holdsSecrets: boolean;
}

export interface ParseOptions {
  /** The name of the text in messages. */
  readonly file: string;
  readonly environment: Environment;
  readonly secrets?: SecureFile;
  /**
   * Whether the file is checked and nothing is run by it: then a machine without any clouds.yaml gets by with a warning
   * (the file may be meant for another), and a key that no machine could use is an error. A running pool has the nodes
   * wait that need the key.
   */
  readonly byItself?: boolean;
  /**
   * The state that the process has open, where the file may name another for the next start: what lies beside the state
   * stays where it is until then.
   */
  readonly openedState?: string | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Each problem with its line of the text. Reads files only where the text refers to them: clouds.yaml and its
 * companions, scripts, private keys.
 * @throws ConfigError with every problem
 */
export async function parseConfig(text: string, options: ParseOptions): Promise<LoadedConfig> {
  const shown = (problems: readonly Problem[]) => withExcerpts(problems, { text, file: options.file });
  try {
    const loaded = await parseText(text, options);
    return { ...loaded, warnings: shown(loaded.warnings), notices: shown(loaded.notices) };
  } catch (error) {
    throw error instanceof ConfigError
      ? new ConfigError(shown(error.problems), { cause: error.cause })
      : error;
  }
}

async function parseText(
  text: string,
  { file, environment, secrets = emptySecrets, byItself = false, openedState, signal }: ParseOptions,
): Promise<LoadedConfig> {
  const { root, problems } = readYaml(text, file);
  if (root === null) throw new ConfigError(problems);
  const validated = validateTree(root, file);
  const draft = withImpliedDiskimages(validated.draft);
  const whole = validated.whole && withImpliedDiskimages(validated.whole);
  const source = { draft, root, file, environment, signal };
  const checked = await crossCheck(source, { secrets, byItself });
  const { access, findings: clouds } = await checkCloudAccess(source, { withoutClouds: byItself });
  const errors = [...validated.problems, ...checked.errors, ...clouds.errors];
  if (errors.length > 0 || whole === null) throw new ConfigError(inFileOrder(errors, file));
  const config = assembleConfig(whole, { access, secrets, environment, openedState });
  const lengths = new Findings(source);
  checkLengths(config, lengths);
  if (lengths.errors.length > 0) throw new ConfigError(inFileOrder(lengths.errors, file));
  return {
    config: deepFreeze(config),
    warnings: inFileOrder([...checked.warnings, ...clouds.warnings], file),
    notices: inFileOrder([...checked.notices, ...clouds.notices], file),
    holdsSecrets: holdsSecret(configSection, whole),
  };
}

/** Top to bottom, as one reads the file; other files' problems follow. */
function inFileOrder(problems: readonly Problem[], file: string): Problem[] {
  const rank = (problem: Problem) => problem.file === file ? problem.line ?? 0 : Number.MAX_SAFE_INTEGER;
  return problems.toSorted((a, b) => rank(a) - rank(b) || (a.column ?? 0) - (b.column ?? 0));
}

/** Freezes plain data with all that is in it, and returns it. */
function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return value;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
  return value;
}
