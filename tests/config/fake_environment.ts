/** A machine with the given files, variables and nothing else. */
import assert from "node:assert/strict";
import type { Environment } from "../../src/config/environment.ts";
import { type LoadedConfig, parseConfig } from "../../src/config/parse_config.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { ConfigError } from "../../src/config/config_error.ts";
import { editorFaults } from "./editor_schema.ts";

export interface FakeMachine {
  /** By absolute path; `null`: there, but not to be read. */
  readonly files?: Readonly<Record<string, string | Uint8Array | null>>;
  /** Permission bits by path; 0700 where not given. */
  readonly modes?: Readonly<Record<string, number>>;
  readonly env?: Readonly<Record<string, string>>;
}

const HOME = "/home/ci";
const CWD = "/work-dir";

export function fakeEnvironment({ files = {}, modes = {}, env = {} }: FakeMachine = {}): Environment {
  return {
    readFile(path, { limit }) {
      const content = files[path];
      if (content === null) return Promise.reject(new Deno.errors.PermissionDenied("no"));
      if (content === undefined) return Promise.reject(new Deno.errors.NotFound("no"));
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      return Promise.resolve(bytes.subarray(0, limit));
    },
    stat: (path) => Promise.resolve(path in files ? { isFile: true, mode: modes[path] ?? 0o700 } : null),
    env: (name) => env[name],
    envWithPrefix: (prefix) =>
      Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith(prefix))),
    home: () => HOME,
    cwd: () => CWD,
  };
}

/** A private key that works, for tests alone. */
export const GOOD_KEY = (await generateKey()).private;

/** A cloud named `my-cloud`, and the private keys that the tests' files name. */
export const usualFiles = {
  "/etc/openstack/clouds.yaml": `clouds:
  my-cloud:
    auth: {auth_url: https://k.example.org:5000, username: u, password: hunter2, project_name: x}
    region_name: RegionOne
`,
  "/etc/nodepool/id_rsa": GOOD_KEY,
  "/var/lib/jenkins/.ssh/id_rsa": GOOD_KEY,
};

/** Parses a text on a machine with the usual files; what is valid is so for editors, too. */
export async function parse(text: string, machine: FakeMachine = {}): Promise<LoadedConfig> {
  const loaded = await parseAlone(text, machine);
  assert.deepEqual(editorFaults(text), [], "editors find no fault in what is valid");
  return loaded;
}

/** The same, for schemas that a test changes. */
export function parseAlone(text: string, machine: FakeMachine = {}): Promise<LoadedConfig> {
  const environment = fakeEnvironment({ ...machine, files: { ...usualFiles, ...machine.files } });
  return parseConfig(text, { file: "nodepool.yaml", environment });
}

/** The lines of the ConfigError that parsing throws; empty where it throws none. */
export async function faultsOf(text: string, machine: FakeMachine = {}): Promise<string[]> {
  try {
    await parse(text, machine);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n");
  }
}
