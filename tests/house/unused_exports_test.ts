/**
 * Nothing is exported, and no class or interface has a method, that nobody asks for.
 *
 * An export is used where another file of the program (or of `scripts`) imports it. What only tests import is used if
 * its own file uses it too: then it is a part with a test of its own, and the program runs it. A method is used where the
 * program reads its name off anything. That is by name alone: none is found by mistake, but a common name hides one.
 */
import { deepEqual } from "node:assert/strict";
import { readSources, type SourceFile } from "./source_tree.ts";

/** Called by a library or by a name that is computed; the copy of a state is what users make with `cp`. */
const CALLED_FROM_AFAR: Readonly<Record<string, readonly string[]>> = {
  "src/config/config_view.ts": ["toJSON"],
  "src/lib/http/connection_stream.ts": ["setTimeout", "ref", "unref"],
  "src/store/memory_store.ts": ["copy"],
  "src/simulator/fault.ts": ["deletion", "saving", "listing", "imageListing"],
};

const isTest = ({ path }: SourceFile) => path.startsWith("tests/");
const sources = readSources();
const program = sources.filter((file) => !isTest(file));
const tests = sources.filter(isTest);

function importsIt(user: SourceFile, { file, name }: { file: SourceFile; name: string }): boolean {
  if (user === file) return false;
  if (user.imports.has(`${file.path}#${name}`)) return true;
  return user.imports.has(`${file.path}#*`) && user.reads.has(name);
}

Deno.test("every export is used by another file, or by its own file and a test", () => {
  const isUsed = (file: SourceFile, name: string) => {
    const among = (users: SourceFile[]) => users.some((user) => importsIt(user, { file, name }));
    if (isTest(file)) return among(tests);
    return among(program) || ((file.identifiers.get(name) ?? 0) > 1 && among(tests));
  };
  const unused = sources.filter(({ path }) => path !== "mod.ts").flatMap((file) =>
    [...file.exports].filter((name) => !isUsed(file, name)).map((name) => `${file.path}: ${name}`)
  );
  deepEqual(unused, []);
});

Deno.test("every method of a class or an interface is asked for by the program", () => {
  const reads = new Set(program.flatMap((file) => [...file.reads]));
  const unused = program.flatMap(({ path, members }) =>
    members.filter(({ name, isMethod }) => isMethod && !reads.has(name))
      .filter(({ name }) => !CALLED_FROM_AFAR[path]?.includes(name))
      .map(({ name }) => `${path}: ${name}`)
  );
  deepEqual(unused, []);
});
