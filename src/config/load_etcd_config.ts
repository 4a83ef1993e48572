/**
 * How the etcd of a pool is reached, from the configuration without the rest of it: a command that only asks who leads the
 * pool does not care whether the file is broken elsewhere, and need not read every cloud.
 */
import type { EtcdConfig } from "../domain/etcd_config.ts";
import { Findings } from "./checks/check_source.ts";
import { checkStatePlace } from "./checks/check_state_place.ts";
import { ConfigError } from "./config_error.ts";
import { defaultSecurePath, denoEnvironment } from "./deno_environment.ts";
import { expandHome } from "./environment.ts";
import { keysAlone } from "./first_level.ts";
import { readText } from "./read_text.ts";
import { readYaml } from "./read_yaml.ts";
import { etcdConfig } from "./schema/etcd_section.ts";
import { readSecureFile } from "./secure_file.ts";
import { problemAt, validateTree } from "./validate_tree.ts";
import type { YamlMapping } from "./yaml_node.ts";

interface EtcdFiles {
  readonly configFile: string;
  /** null: not given; the default one is read, if there is one. */
  readonly secureFile: string | null;
  /** Taken in place of the key `state`: another one that the same user, password and certificates lead to. */
  readonly state?: string;
}

/** Of a configuration whose state is in etcd, or of the state that is named. @throws ConfigError */
export async function loadEtcdConfig(
  { configFile: file, secureFile, state }: EtcdFiles,
): Promise<EtcdConfig> {
  const environment = denoEnvironment;
  const secrets = await readSecureFile(secureFile ?? await defaultSecurePath(), { environment });
  const part = readPart(await readText(file, { environment }), file);
  const { whole, draft: given, problems: faults } = validateTree(part, file);
  const draft = state === undefined ? given : { ...given, state };
  const findings = new Findings({ root: part, file });
  await checkStatePlace({ draft, root: part, file, environment }, { secrets, findings });
  if (whole === null || findings.errors.length > 0) throw new ConfigError([...faults, ...findings.errors]);
  const config = etcdConfig(whole.etcd, {
    state: state ?? whole.state,
    expand: (path) => expandHome(path, environment),
    password: secrets.etcdPassword,
  });
  if (config !== null) return config;
  throw new ConfigError([problemAt(["state"], { root: part, file, message: "its state is now a file" })]);
}

const KEYS = ["state", "etcd"];

/** Of a file that is no YAML as a whole, from the lines of these keys alone. @throws ConfigError */
function readPart(text: string, file: string): YamlMapping {
  const { root: whole, problems } = readYaml(text, file);
  const lines = whole === null ? keysAlone(text, KEYS) : null;
  const root = lines === null ? whole : readYaml(lines, file).root;
  if (root?.kind !== "mapping") throw new ConfigError(problems);
  return { ...root, entries: new Map([...root.entries].filter(([key]) => KEYS.includes(key))) };
}
