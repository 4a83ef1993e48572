/**
 * No class or interface of the program has a method that nothing asks for: used is what the program reads by its name
 * off anything. By name alone none is found by mistake, but a common name hides one. Found with the parser of
 * `deno lint`, which a test can call.
 */
import { deepEqual } from "node:assert/strict";

/** Called by a library or by a name that is computed; the copy of a state is what users make with `cp`. */
const CALLED_FROM_AFAR: Readonly<Record<string, readonly string[]>> = {
  "src/config/config_view.ts": ["toJSON"],
  "src/lib/http/connection_stream.ts": ["setTimeout", "ref", "unref"],
  "src/store/memory_store.ts": ["copy"],
  "src/simulator/fault.ts": ["deletion", "saving", "listing", "imageListing"],
};

const root = new URL("../../", import.meta.url);

interface Names {
  readonly methods: Set<string>;
  /** Every name that is read off something: `x.name`, `x["name"]`, `{ name } = x`. */
  readonly reads: Set<string>;
}

function* typescriptBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* typescriptBelow(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}

function nameOf(node: Deno.lint.Node): string[] {
  if (node.type === "Identifier") return [node.name];
  return node.type === "Literal" && typeof node.value === "string" ? [node.value] : [];
}

function visitorFor({ methods, reads }: Names): Deno.lint.LintVisitor {
  const method = (key: Deno.lint.Node) => nameOf(key).forEach((name) => methods.add(name));
  const read = (key: Deno.lint.Node) => nameOf(key).forEach((name) => reads.add(name));
  return {
    TSMethodSignature: ({ key }) => method(key),
    TSPropertySignature({ key, typeAnnotation }) {
      if (typeAnnotation?.typeAnnotation.type === "TSFunctionType") method(key);
    },
    MethodDefinition({ key, kind, override }) {
      if (!override && kind !== "constructor") method(key);
    },
    PropertyDefinition({ key, value, override }) {
      if (!override && value?.type === "ArrowFunctionExpression") method(key);
    },
    MemberExpression({ property, computed }) {
      if (!computed || property.type === "Literal") read(property);
    },
    ObjectPattern({ properties }) {
      for (const property of properties) if (property.type === "Property") read(property.key);
    },
  };
}

function namesIn(path: string): Names {
  const names: Names = { methods: new Set(), reads: new Set() };
  const plugin = { name: "house", rules: { read: { create: () => visitorFor(names) } } };
  Deno.lint.runPlugin(plugin, `/${path}`, Deno.readTextFileSync(new URL(path, root)));
  return names;
}

Deno.test("every method of a class or an interface is asked for by the program", () => {
  const paths = ["mod.ts", ...typescriptBelow("src/"), ...typescriptBelow("scripts/")];
  const files = paths.map((path) => ({ path, ...namesIn(path) }));
  const reads = new Set(files.flatMap((file) => [...file.reads]));
  const unused = files.flatMap(({ path, methods }) =>
    [...methods]
      .filter((name) => !reads.has(name) && !CALLED_FROM_AFAR[path]?.includes(name))
      .map((name) => `${path}: ${name}`)
  );
  deepEqual(unused, []);
});
