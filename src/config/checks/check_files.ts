/** Scripts and keys that the file names. Their absence is a warning: the file may be meant for another machine. */
import { expandHome } from "../environment.ts";
import type { YamlPath } from "../yaml_node.ts";
import type { CheckSource, Findings } from "./check_source.ts";

export async function checkFiles(source: CheckSource, findings: Findings): Promise<void> {
  const directory = source.draft["script-dir"];
  const scripts = scriptsOf(source);
  if (directory === undefined && scripts.length > 0) {
    findings.warning(scripts[0]!.path, "scripts are named, but no script-dir that they stand in");
  }
  const named = directory === undefined ? [] : scripts.map(({ path, name }) => ({
    path,
    file: `${directory.replace(/\/$/, "")}/${name}`,
    what: "script",
  }));
  const seen = new Set<string>();
  for (const { path, file, what } of [...named, ...keysOf(source)]) {
    if (seen.has(file)) continue;
    seen.add(file);
    const facts = await source.environment.stat(expandHome(file, source.environment), {
      signal: source.signal,
    });
    if (facts === null) findings.warning(path, `there is no ${what} ${file} on this machine`);
  }
}

interface NamedFile {
  readonly path: YamlPath;
  readonly file: string;
  readonly what: string;
}

/** A script may have arguments: its name ends at the first blank. */
function scriptsOf({ draft }: CheckSource): { path: YamlPath; name: string }[] {
  const labels = (draft.labels ?? []).map((label, index) => ({
    path: ["labels", index, "ready-script"],
    name: label["ready-script"],
  }));
  const images = (draft.providers ?? []).flatMap(({ images = [] }, provider) =>
    images.flatMap((image, index) =>
      (["setup", "check-script"] as const).map((key) => ({
        path: ["providers", provider, "images", index, key],
        name: image[key],
      }))
    )
  );
  return [...labels, ...images].flatMap(({ path, name }) =>
    name === undefined ? [] : [{ path, name: name.trim().split(/\s+/)[0]! }]
  );
}

function keysOf({ draft }: CheckSource): NamedFile[] {
  return (draft.providers ?? []).flatMap(({ images = [] }, provider) =>
    images.flatMap((image, index) => {
      const file = image["private-key"];
      const path = ["providers", provider, "images", index, "private-key"];
      return file === undefined ? [] : [{ path, file, what: "private key" }];
    })
  );
}
