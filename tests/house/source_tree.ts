/**
 * What each TypeScript file of the repository exports, imports and reads, found with the parser of `deno lint`, which a
 * test can call: about a second for all of them. The checks of the house's names (beside this file) ask it.
 */

const root = new URL("../../", import.meta.url);
const folders = ["src", "tests", "scripts"];

export interface SourceFile {
  /** From the repository's root, e.g. `src/lib/clock.ts`. */
  path: string;
  exports: Set<string>;
  /** What the file imports by name from another, as `path#name`; `path#*` for a whole module. */
  imports: Set<string>;
  /** How often each identifier stands in the file. */
  identifiers: Map<string, number>;
  /** What classes, interfaces and object types have; `isMethod` for what is there to be called. */
  members: { name: string; isMethod: boolean }[];
  /** Every name that is read off something: `x.name`, `x["name"]`, `{ name } = x`. */
  reads: Set<string>;
}

function* typescriptBelow(folder: URL): Generator<URL> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* typescriptBelow(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

const pathOf = (url: URL) => decodeURIComponent(url.pathname.slice(root.pathname.length));

function nameOf(node: Deno.lint.Node | null): string | null {
  if (node?.type === "Identifier") return node.name;
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : null;
}

function declaredNames(declaration: Deno.lint.ExportNamedDeclaration["declaration"]): (string | null)[] {
  if (declaration === null) return [];
  if (declaration.type === "VariableDeclaration") return declaration.declarations.map(({ id }) => nameOf(id));
  return "id" in declaration ? [nameOf(declaration.id)] : [];
}

function visitorFor(file: SourceFile, url: URL): Deno.lint.LintVisitor {
  const target = (specifier: string) =>
    specifier.startsWith(".") ? pathOf(new URL(specifier, url)) : specifier;
  const importFrom = (specifier: string, name: string | null) =>
    file.imports.add(`${target(specifier)}#${name ?? "*"}`);
  const member = (key: Deno.lint.Node, isMethod: boolean) => {
    const name = nameOf(key);
    if (name !== null) file.members.push({ name, isMethod });
  };
  const read = (name: string | null) => void (name !== null && file.reads.add(name));
  return {
    Identifier: ({ name }) => void file.identifiers.set(name, (file.identifiers.get(name) ?? 0) + 1),
    ImportDeclaration({ source, specifiers }) {
      for (const it of specifiers) {
        importFrom(source.value, it.type === "ImportSpecifier" ? nameOf(it.imported) : null);
      }
    },
    ImportExpression({ source }) {
      const specifier = nameOf(source);
      if (specifier !== null) importFrom(specifier, null);
    },
    TSImportType({ argument, qualifier }) {
      if (argument.type === "TSLiteralType") importFrom(nameOf(argument.literal) ?? "", nameOf(qualifier));
    },
    ExportNamedDeclaration({ source, specifiers, declaration }) {
      for (const name of declaredNames(declaration)) if (name !== null) file.exports.add(name);
      for (const { local, exported } of specifiers) {
        if (source !== null) importFrom(source.value, nameOf(local));
        file.exports.add(nameOf(exported) ?? "");
      }
    },
    ExportAllDeclaration: ({ source }) => void importFrom(source.value, null),
    TSMethodSignature: ({ key }) => member(key, true),
    TSPropertySignature: ({ key, typeAnnotation }) =>
      member(key, typeAnnotation?.typeAnnotation.type === "TSFunctionType"),
    MethodDefinition: ({ key, kind, override }) => override || kind === "constructor" || member(key, true),
    PropertyDefinition: ({ key, value, override }) =>
      override || member(key, value?.type === "ArrowFunctionExpression"),
    MemberExpression: ({ property, computed }) => {
      if (!computed || property.type === "Literal") read(nameOf(property));
    },
    ObjectPattern({ properties }) {
      for (const it of properties) if (it.type === "Property") read(nameOf(it.key));
    },
  };
}

function readSource(url: URL): SourceFile {
  const file: SourceFile = {
    path: pathOf(url),
    exports: new Set(),
    imports: new Set(),
    identifiers: new Map(),
    members: [],
    reads: new Set(),
  };
  const plugin = { name: "house", rules: { read: { create: () => visitorFor(file, url) } } };
  Deno.lint.runPlugin(plugin, url.pathname, Deno.readTextFileSync(url));
  return file;
}

/** All of the repository's own files, those of the tests included. */
export function readSources(): SourceFile[] {
  const urls = folders.flatMap((folder) => [...typescriptBelow(new URL(`${folder}/`, root))]);
  return [new URL("mod.ts", root), ...urls].map(readSource);
}
