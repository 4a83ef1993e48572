/**
 * Scripts and keys that the file names. Their absence is a warning: the file may be meant for another machine. A key that
 * no machine could use is an error where the file is checked by itself.
 */
import { readLoginKey } from "../../lib/ssh_key/read_login_key.ts";
import { expandHome } from "../environment.ts";
import type { YamlPath } from "../yaml_node.ts";
import type { CheckSource, Findings } from "./check_source.ts";

/** No key is longer. */
const LARGEST_KEY = 1_000_000;

export async function checkFiles(
  source: CheckSource,
  { findings, byItself }: { findings: Findings; byItself: boolean },
): Promise<void> {
  const directory = source.draft["script-dir"];
  const scripts = scriptsOf(source);
  if (directory === undefined && scripts.length > 0) {
    findings.warning(scripts[0]!.path, "scripts are named, but script-dir is not set");
  }
  const named = directory === undefined ? [] : scripts.map(({ path, file }) => ({
    path,
    file: `${directory.replace(/\/$/, "")}/${file}`,
  }));
  for (const script of onceEach(named)) await checkScript(script, source, findings);
  for (const key of onceEach(filesAt(source.draft, ["private-key"]))) {
    const { warning, error } = await whyUnusable(key.file, source);
    if (warning !== undefined) findings.warning(key.path, warning);
    if (error !== undefined) findings[byItself ? "error" : "warning"](key.path, error);
  }
  for (const folder of source.draft["elements-dir"]?.split(":") ?? []) {
    if (folder === "" || await factsOf(folder, source) !== null) continue;
    findings.warning(["elements-dir"], `there is no directory ${folder} on this machine`);
  }
}

async function checkScript(
  { path, file }: NamedFile,
  source: CheckSource,
  findings: Findings,
): Promise<void> {
  const facts = await factsOf(file, source);
  if (facts === null) findings.warning(path, `there is no script ${file} on this machine`);
  else if (!facts.isFile) findings.warning(path, `${file} is not a file`);
  else if (facts.mode !== null && (facts.mode & 0o111) === 0) {
    findings.warning(path, `the script ${file} is not executable; run chmod +x on it`);
  }
}

/** `error`: what no machine could use. */
async function whyUnusable(
  file: string,
  source: CheckSource,
): Promise<{ warning?: string; error?: string }> {
  const facts = await factsOf(file, source);
  if (facts === null) return { warning: `there is no private key ${file} on this machine` };
  if (!facts.isFile) return { error: `${file} is not a file` };
  try {
    const path = expandHome(file, source.environment);
    const bytes = await source.environment.readFile(path, { limit: LARGEST_KEY, signal: source.signal });
    const read = readLoginKey(new TextDecoder().decode(bytes), path);
    return "problem" in read ? { error: `the private key ${file} ${read.problem}` } : {};
  } catch (error) {
    source.signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    return { warning: `the private key ${file} cannot be read: ${reason}` };
  }
}

function factsOf(file: string, { environment, signal }: CheckSource) {
  return environment.stat(expandHome(file, environment), { signal });
}

function onceEach(files: readonly NamedFile[]): NamedFile[] {
  return [...new Map(files.toReversed().map((named) => [named.file, named])).values()].reverse();
}

interface NamedFile {
  readonly path: YamlPath;
  readonly file: string;
}

/** A script may have arguments: its name ends at the first blank. */
function scriptsOf({ draft }: CheckSource): NamedFile[] {
  return filesAt(draft, ["ready-script", "setup", "check-script"])
    .map(({ path, file }) => ({ path, file: file.trim().split(/\s+/)[0]! }));
}

/** The files that these keys of labels and images name. */
function filesAt(
  { labels = [], providers = [] }: CheckSource["draft"],
  keys: readonly ("ready-script" | "setup" | "check-script" | "private-key")[],
): NamedFile[] {
  const images = providers.flatMap(({ images = [] }, provider) =>
    images.map((of, index) => ({ at: ["providers", provider, "images", index], of }))
  );
  const all: { at: YamlPath; of: { readonly [Key in typeof keys[number]]?: string } }[] = [
    ...labels.map((of, index) => ({ at: ["labels", index], of })),
    ...images,
  ];
  return all.flatMap(({ at, of }) =>
    keys.flatMap((key) => of[key] === undefined ? [] : [{ path: [...at, key], file: of[key] }])
  );
}
