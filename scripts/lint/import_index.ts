/**
 * Who imports and who exports what, over all of the repository, for the rules that look beyond one file: read once by the words of the
 * import lines, in a tenth of a second.
 */
const root = new URL("../../", import.meta.url);

/** A file's place in the repository, wherever that lies: `src/plan/action.ts`, encoded as in URLs. */
export function placeOf({ pathname }: URL): string {
  return pathname.slice(root.pathname.length);
}

const folders = ["src", "tests", "scripts"];

/** The names in braces, over any number of lines, and what they are imported or passed on from. */
const STATIC = /^(?:import|export)\s+(?:type\s+)?([^"';]*?)\s*from\s+"(\.[^"]+)"/gm;
/** Also as a type. What is taken of a whole module is not named there: any word of the file may be it. */
const WHOLE = /import\(\s*"(\.[^"]+)"\s*\)/g;
/** The names that a file of the program declares and uses. */
const DECLARED =
  /^export (?:abstract |async |declare )*(?:class|const|enum|function\*?|interface|let|type) (\w+)/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*$/gm;

interface Index {
  /** The files that import each name of each file, by `PLACE#NAME`. */
  readonly importers: ReadonlyMap<string, ReadonlySet<string>>;
  /** The files of the program that export a thing of that name of their own. */
  readonly exporters: ReadonlyMap<string, ReadonlySet<string>>;
}

function* typescriptBelow(folder: URL): Generator<URL> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* typescriptBelow(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

const wordsOf = (text: string) => new Set(text.match(/\w+/g));

function importedNames(clause: string, text: string): Iterable<string> {
  if (clause.includes("* as")) return wordsOf(text);
  const names = clause.match(/\{([^}]*)\}/)?.[1] ?? "";
  return names.split(",").map((part) => part.trim().replace(/^type\s+/, "").split(/\s+as\s/)[0]!);
}

function makeIndex(): Index {
  const importers = new Map<string, Set<string>>();
  const exporters = new Map<string, Set<string>>();
  const add = (url: URL, { specifier, names }: { specifier: string; names: Iterable<string> }) => {
    const target = placeOf(new URL(specifier, url));
    for (const name of names) put(importers, `${target}#${name}`, url);
  };
  const below = folders.flatMap((folder) => [...typescriptBelow(new URL(`${folder}/`, root))]);
  for (const url of [new URL("mod.ts", root), ...below]) {
    const text = Deno.readTextFileSync(url);
    if (placeOf(url).startsWith("src/")) {
      for (const [, name] of text.matchAll(DECLARED)) put(exporters, name!, url);
    }
    for (const [, clause, specifier] of text.matchAll(STATIC)) {
      add(url, { specifier: specifier!, names: importedNames(clause!, text) });
    }
    for (const [, specifier] of text.matchAll(WHOLE)) {
      add(url, { specifier: specifier!, names: wordsOf(text) });
    }
  }
  return { importers, exporters };
}

function put(index: Map<string, Set<string>>, key: string, url: URL): void {
  index.set(key, (index.get(key) ?? new Set()).add(placeOf(url)));
}

let index: Index | null = null;

/** The files that import the name from the file. */
export function importersOf(place: string, name: string): string[] {
  index ??= makeIndex();
  return [...index.importers.get(`${place}#${name}`) ?? []].filter((importer) => importer !== place);
}

/** Other files of the program that export something else under that name. */
export function namesakesOf(place: string, name: string): string[] {
  index ??= makeIndex();
  return [...index.exporters.get(name) ?? []].filter((exporter) => exporter !== place);
}

/** How often the name stands in the text, comments aside. */
export function countOf(name: string, text: string): number {
  return text.replaceAll(COMMENT, "").split(new RegExp(`\\b${name}\\b`)).length - 1;
}
