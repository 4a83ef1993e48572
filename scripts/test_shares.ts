/**
 * Runs test files in a few shares, for deno.json's task `test`. `deno test` gives each file an isolate, which loads and
 * compiles for itself what those of other files have loaded too; here the files of a share have one.
 *
 *   test_shares.ts FOLDER… [--ignore=PATH,…] [--OPTION[=VALUE]…]   the options are those of `deno test`
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const IGNORE = "--ignore=";
const [options, folders] = [true, false].map((is) => Deno.args.filter((word) => word.startsWith("-") === is));
const ignored = options!.filter((word) => word.startsWith(IGNORE))
  .flatMap((word) => word.slice(IGNORE.length).split(","));

function testsBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name, isDirectory }) => ({
    path: join(folder, name),
    isDirectory,
  }))
    .filter(({ path }) => !ignored.includes(path))
    .flatMap(({ path, isDirectory }) =>
      isDirectory ? testsBelow(path) : path.endsWith("_test.ts") ? [path] : []
    );
}

/** A file that does not load is a failed test of its share; the share's other files run. */
function importing(path: string): string {
  const [name, url] = [`${path} loads`, pathToFileURL(path).href].map((text) => JSON.stringify(text));
  return `await import(${url}).catch((error) => Deno.test(${name}, () => { throw error; }));\n`;
}

/** All run at once, two for each processor, since some tests wait. */
const count = Number(Deno.env.get("DENO_JOBS")) || 2 * navigator.hardwareConcurrency;

/** A file's length tells well enough how long its tests take; those that play whole pools take four times as long. */
function weightOf(path: string): number {
  const text = Deno.readTextFileSync(path);
  return text.length * (text.includes("/virtual_pool.ts") ? 4 : 1);
}

/** The heaviest first, each goes to the share that has least. A share runs its files in the order of their names. */
function writeShares(folder: string, paths: readonly string[]): void {
  const files = paths.map((path) => ({ path, weight: weightOf(path) }));
  const shares = Array.from({ length: count }, () => ({ weight: 0, paths: [] as string[] }));
  for (const { path, weight } of files.toSorted((one, other) => other.weight - one.weight)) {
    const least = shares.reduce((found, share) => share.weight < found.weight ? share : found);
    least.weight += weight;
    least.paths.push(path);
  }
  for (const [index, share] of shares.entries()) {
    if (share.paths.length === 0) continue;
    const text = share.paths.toSorted().map(importing).join("");
    Deno.writeTextFileSync(join(folder, `share_${index}_test.ts`), text);
  }
}

// Ctrl-C reaches the runner too, whose end is waited for.
Deno.addSignalListener("SIGINT", () => {});
const shares = await Deno.makeTempDir({ prefix: "nodepool-shares-" });
try {
  writeShares(shares, folders!.flatMap(testsBelow));
  const passedOn = options!.filter((word) => !word.startsWith(IGNORE));
  const args = ["test", "-A", "--no-check", "--parallel", ...passedOn, shares];
  const env = { DENO_JOBS: String(count) };
  const { code } = await new Deno.Command(Deno.execPath(), { args, env }).spawn().status;
  Deno.exitCode = code;
} finally {
  await Deno.remove(shares, { recursive: true });
}
