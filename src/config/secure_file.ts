/**
 * The secrets file, INI as Python's ConfigParser reads it: `[jenkins "TARGET"]` with url, user, apikey,
 * credentials and test-job; `[etcd]` with password; `[DEFAULT]` has what they share; `[database]` is read and has no effect.
 */
import type { JenkinsConfig } from "../domain/config.ts";
import { ConfigError, type Problem } from "./config_error.ts";
import { nearestName } from "../lib/nearest_name.ts";
import { DEFAULT_SECTION, type Ini, type IniFault, type IniSection, readIni, valueOf } from "./read_ini.ts";
import { fieldName, holdsSecret } from "./schema/section.ts";
import { jenkinsSection } from "./schema/target_section.ts";
import { fileProblem, type Reading, readText } from "./read_text.ts";

export interface SecureFile {
  /** By target: only what the file says. */
  readonly jenkins: ReadonlyMap<string, Partial<JenkinsConfig>>;
  /** Where each target's section begins. */
  readonly lines: ReadonlyMap<string, number>;
  /** Of the user of etcd; null: it says none. */
  readonly etcdPassword: string | null;
  readonly file: string | null;
  readonly notices: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly holdsSecrets: boolean;
}

export const emptySecrets: SecureFile = {
  jenkins: new Map(),
  lines: new Map(),
  etcdPassword: null,
  file: null,
  notices: [],
  warnings: [],
  holdsSecrets: false,
};

/** The configuration's keys that they stand for. Both spellings of the last one stood in files of 2016. */
const JENKINS_KEYS: Readonly<Record<string, string>> = {
  url: "url",
  user: "user",
  apikey: "apikey",
  credentials: "credentials-id",
  "test-job": "test-job",
  "test_job": "test-job",
};

const ETCD_SECTION = "etcd";
const ETCD_KEYS = { password: "password" };

/** @param path null: no secrets are given. @throws ConfigError */
export async function readSecureFile(path: string | null, reading: Reading): Promise<SecureFile> {
  return path === null ? emptySecrets : parseSecureFile(await readText(path, reading), path);
}

/** @throws ConfigError with every problem; it quotes no value */
export function parseSecureFile(text: string, file: string): SecureFile {
  const ini = readIni(text);
  const placed = (faults: readonly IniFault[]) =>
    faults.toSorted((a, b) => a.line - b.line)
      .map(({ line, message }) => ({ ...fileProblem(file, message), line, column: 1 }));
  const errors = [...ini.errors];
  const sections = [...ini.sections.values()];
  const targets = sections.flatMap((section) => {
    const target = targetOf(section);
    if (target === null) return [];
    return [{ target, line: section.line, options: optionsOf(section, { ini, keys: JENKINS_KEYS, errors }) }];
  });
  const etcd = ini.sections.get(ETCD_SECTION);
  const etcdOptions = etcd && optionsOf(etcd, { ini, keys: ETCD_KEYS, errors });
  if (errors.length > 0) throw new ConfigError(placed(errors));
  return {
    jenkins: new Map(targets.map(({ target, options }) => [target, withFieldNames(options)])),
    lines: new Map(targets.map(({ target, line }) => [target, line])),
    etcdPassword: etcdOptions?.password ?? null,
    file,
    notices: placed(databaseNotice(ini)),
    warnings: placed([...ini.repeats, ...sections.flatMap((section) => withoutEffect(section, sections))]),
    // Whatever is not a target's may be one.
    holdsSecrets: targets.some(({ options }) => holdsSecret(jenkinsSection, options)) ||
      sections.some((section) => targetOf(section) === null && section.options.size > 0),
  };
}

function targetOf({ name }: IniSection): string | null {
  return name.match(/^jenkins\s+"(.+)"$/)?.[1] ?? null;
}

type Options = Readonly<Record<string, string>>;

/** The section's values by what its keys stand for; what is wrong with it joins the errors. */
function optionsOf(
  section: IniSection,
  { ini, keys, errors }: { ini: Ini; keys: Options; errors: IniFault[] },
): Options {
  for (const [key, { line }] of section.options) {
    if (Object.hasOwn(keys, key)) continue;
    const known = Object.keys(keys);
    const meant = nearestName(key, known);
    const hint = meant === null ? `known: ${known.join(", ")}` : `did you mean "${meant}"?`;
    errors.push({ line, message: `unknown key "${key}"; ${hint}` });
  }
  const options: Record<string, string> = {};
  for (const [key, meant] of Object.entries(keys)) {
    const value = valueOf(ini, section.name, key);
    const { line } = section.options.get(key) ?? section;
    if (value === null) {
      errors.push({ line, message: `"${key}" refers with %(…)s to a key that does not exist` });
    } else if (value !== undefined) options[meant] = value;
  }
  return options;
}

function withFieldNames(options: Options): Partial<JenkinsConfig> {
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [fieldName(key), value]));
}

const DATABASE_SECTION = "database";

function databaseNotice({ sections }: Ini): IniFault[] {
  const line = sections.get(DATABASE_SECTION)?.line;
  const message = "[database] has no effect: the key `state` says where the state is";
  return line === undefined ? [] : [{ line, message }];
}

/** A further section, and keys of [DEFAULT] that are no target's and that no value refers to. */
function withoutEffect(section: IniSection, sections: readonly IniSection[]): IniFault[] {
  const { name, line } = section;
  if (name === DEFAULT_SECTION) return unusedDefaults(section, sections);
  if ([DATABASE_SECTION, ETCD_SECTION].includes(name) || targetOf(section) !== null) return [];
  const known =
    `known: [jenkins "TARGET"], [${ETCD_SECTION}], [${DATABASE_SECTION}] and [${DEFAULT_SECTION}]`;
  return [{ line, message: `the section [${name}] has no effect; ${known}` }];
}

function unusedDefaults({ options }: IniSection, sections: readonly IniSection[]): IniFault[] {
  const values = sections.flatMap((section) =>
    [...section.options.values()].map(({ value }) => value.toLowerCase())
  );
  return [...options].flatMap(([key, { line }]) =>
    Object.hasOwn(JENKINS_KEYS, key) || Object.hasOwn(ETCD_KEYS, key) ||
      values.some((value) => value.includes(`%(${key})s`))
      ? []
      : [{ line, message: `the key "${key}" of [${DEFAULT_SECTION}] has no effect` }]
  );
}
