/**
 * Has the modules that every command needs become one file of the bundle. A bundler makes a file for each set of modules
 * that the same imports() lead to, which are more than a hundred for a list; each takes Deno time to look at. With a way
 * from whatever is imported later to the command tree, what that needs is one such set. Run by scripts/compile.
 *
 *     deno run --allow-read --allow-write scripts/join_chunks.ts FOLDER     changes the sources there
 */
import { dirname, join, relative } from "node:path";

/** Every command loads it. */
const TREE = "src/cli/program.ts";

/** They come before it, or do without it: `nodepool --version`. */
const EARLIER = ["src/cli/main.ts", "src/cli/system_io.ts", "src/cli/cli_error.ts", "src/lib/build_info.ts"];

function* sourcesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sourcesIn(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

const root = Deno.args[0]!;
const imported = new Set<string>();
for (const source of [join(root, "mod.ts"), ...sourcesIn(join(root, "src"))]) {
  for (const [, target] of Deno.readTextFileSync(source).matchAll(/\bimport\("(\.[^"]+\.ts)"\)/g)) {
    imported.add(relative(root, join(dirname(source), target!)));
  }
}
for (const source of imported) {
  if (source === TREE || EARLIER.includes(source)) continue;
  // Behind the source, whose lines keep their numbers.
  const way = `\nimport ${JSON.stringify(`./${relative(dirname(source), TREE)}`)};\n`;
  Deno.writeTextFileSync(join(root, source), way, { append: true });
}
