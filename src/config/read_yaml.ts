/**
 * YAML text to a tree of located values. Reads what PyYAML reads (YAML 1.1 scalars, anchors, merge keys) and
 * refuses, with a place and a reason, what it would swallow: duplicate keys, tags, several documents.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
} from "yaml";
import { ConfigError, type Problem } from "./config_error.ts";
import { fileProblem } from "./read_text.ts";
import type { Position, YamlMapping, YamlNode } from "./yaml_node.ts";
import { plainScalar } from "./yaml_scalar.ts";

/** Aliases of aliases can name billions of values in a few lines; no real file has that many more than characters. */
const MAX_NODES = 200_000;
const MAX_DEPTH = 64;

/** The document, or null if none can be read; `problems` has whatever is wrong with it. */
export function readYaml(
  text: string,
  file: string,
): { root: YamlNode | null; problems: readonly Problem[] } {
  if (text.trim() === "") return { root: null, problems: [fileProblem(file, "is empty")] };
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  } catch (error) {
    // The parser recurses: text nested thousands deep overflows the stack.
    if (!(error instanceof RangeError)) throw error;
    return { root: null, problems: [fileProblem(file, "is nested too deeply")] };
  }
  const problems = syntaxProblems(document, { file, lines });
  if (problems.length > 0) return { root: null, problems };
  if (document.contents === null) {
    return { root: null, problems: [fileProblem(file, "contains only comments")] };
  }
  return new TreeBuilder(document, { file, lines }, text.length + MAX_NODES).build();
}

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
}

function syntaxProblems(document: Document.Parsed, { file, lines }: Source): Problem[] {
  const seen = new Set<number>();
  const all = [...document.errors, ...document.warnings];
  // A tab upsets the parser far below it as well, as does what does not end or is indented too little.
  const tabs = all.filter(({ code }) => code === "TAB_AS_INDENT");
  const last = all.findIndex(({ message }) => UNENDED.test(message) || OUTDENTED.test(message));
  const real = tabs.length > 0 ? tabs : last < 0 ? all : all.slice(0, last + 1);
  return real.filter(({ message }, at) => at === 0 || !AFTERMATH.test(message)).flatMap((error) => {
    const { line, col } = lines.linePos(beginningOf(error, document));
    // One mistake often upsets the parser several times at the same place.
    if (seen.has(line)) return [];
    seen.add(line);
    return [{ ...fileProblem(file, syntaxMessage(error)), line, column: col }];
  });
}

/** Tokens after a mistake: they may be no part of the document, to its end. */
const AFTERMATH = /token in YAML stream/;

/** Quotes and brackets that do not end. */
const UNENDED = /^Missing closing|in block collection must be|^Flow \w+ must end/;

/** A key of a list's item that is not indented as far as the keys above it. */
const OUTDENTED = /^Sequence item without/;

/** Where what does not end begins: its end may be that of the file. */
function beginningOf({ message, pos: [at] }: YAMLError, document: Document.Parsed): number {
  let begin = at;
  if (UNENDED.test(message)) {
    visit(document, {
      Node(_, { range }) {
        if (range?.[1] === at) begin = range[0];
      },
    });
  }
  return begin;
}

/** Text of the file that the library's messages quote: it may be a secret that lacks its quotes. */
const QUOTED = /(?:(?<=\w):|(?<=escape sequence)) .*/s;

function syntaxMessage({ code, message }: YAMLError): string {
  if (code === "TAB_AS_INDENT") return "a tab cannot indent YAML; use spaces";
  if (code === "MULTIPLE_DOCS") return "a second document begins here; put everything into one";
  if (code === "TAG_RESOLVE_FAILED") {
    return "is not plain YAML: a tag has no meaning here; put a text that begins with ! in quotes";
  }
  const clearer = CLEARER.find(([known]) => known.test(message))?.[1];
  const told = clearer ?? message[0]!.toLowerCase() + message.slice(1).replace(QUOTED, "");
  return `is not valid YAML: ${told}`;
}

/** Clearer texts for messages of the library that do not say what to do. */
const CLEARER: readonly (readonly [known: RegExp, clearer: string])[] = [
  [
    /^Nested mappings/,
    "a value with another key in it; put a text with a colon in quotes, or indent the next line as far as this one",
  ],
  [
    /^Implicit (?:map )?keys need/,
    "a line without a key; write `KEY: VALUE` with a blank after the colon",
  ],
  [/at node end$/, "something follows a value; put the whole text in quotes"],
  [/block-seq-ind/, "begin a list on a line of its own, or put the text in quotes"],
  [/^(?:Plain value cannot start|(?:Alias|Anchor) cannot)/, "put a text that begins like this in quotes"],
  [/^Invalid escape/, "invalid escape sequence; write \\\\ for a backslash in double quotes"],
  [/^Missing closing/, "a text in quotes begins here and does not end; add the closing quote"],
  [OUTDENTED, "expected `- ` here; indent a key of the item above as far as that item's first key"],
  [/^Unexpected , in flow/, "a comma without an entry before it; remove it"],
  [UNENDED, "a bracket opens here and is not closed; close it, and indent its lines with spaces"],
];

class TreeBuilder {
  readonly #document: Document.Parsed;
  readonly #source: Source;
  readonly #problems: Problem[] = [];
  readonly #open = new Set<Node>();
  /** How many more nodes there may be. */
  #nodesLeft: number;

  constructor(document: Document.Parsed, source: Source, maxNodes: number) {
    this.#document = document;
    this.#source = source;
    this.#nodesLeft = maxNodes;
  }

  build(): { root: YamlNode | null; problems: readonly Problem[] } {
    try {
      const root = this.#convert(this.#document.contents, { line: 1, column: 1 });
      return { root: this.#problems.length > 0 ? null : root, problems: this.#problems };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { root: null, problems: error.problems };
    }
  }

  #convert(node: Node | null, above: Position): YamlNode {
    const position = node === null ? above : this.#positionOf(node);
    if (--this.#nodesLeft < 0) {
      throw this.#tooMuch("aliases make this file far too large", position);
    }
    if (node === null) return { kind: "scalar", value: null, source: "", ...position };
    if (isScalar(node)) return { ...scalarNode(node), ...position };
    if (isAlias(node)) return this.#convertAlias(node, position);
    return this.#convertCollection(node, position);
  }

  #convertAlias(alias: Node & { source: string }, position: Position): YamlNode {
    const target = (alias as unknown as { resolve(document: Document): Node | undefined }).resolve(
      this.#document,
    );
    if (target === undefined) {
      return this.#fault(
        position,
        "there is no anchor of this name above this line; put a text that begins with * in quotes",
      );
    }
    return this.#convert(target, position);
  }

  #convertCollection(node: Node, position: Position): YamlNode {
    if (this.#open.has(node)) throw this.#tooMuch("an alias here contains itself", position);
    if (this.#open.size >= MAX_DEPTH) throw this.#tooMuch("is nested too deeply", position);
    this.#open.add(node);
    try {
      if (isMap(node)) return this.#mapping(node.items, position);
      if (isSeq(node)) {
        const items = node.items.map((item) => this.#convert(item as Node | null, position));
        return { kind: "list", items, ...position };
      }
      return this.#fault(position, "is neither a mapping, a list nor a value");
    } finally {
      this.#open.delete(node);
    }
  }

  #mapping(pairs: readonly Pair[], position: Position): YamlMapping {
    const entries = new Map<string, { key: Position; node: YamlNode }>();
    const merged: YamlMapping[] = [];
    for (const pair of pairs) {
      const key = this.#keyOf(pair, position);
      if (key === null) continue;
      const node = this.#convert(pair.value as Node | null, key);
      const earlier = entries.get(key.name);
      if (key.name === "<<") merged.push(...this.#mergeSources(node));
      else if (earlier) {
        this.#fault(key, `duplicate key "${key.name}", first in line ${earlier.key.line}`);
      } else entries.set(key.name, { key: { line: key.line, column: key.column }, node });
    }
    for (const source of merged) {
      for (const [name, entry] of source.entries) if (!entries.has(name)) entries.set(name, entry);
    }
    return { kind: "mapping", entries, ...position };
  }

  #mergeSources(node: YamlNode): YamlMapping[] {
    const sources = node.kind === "list" ? node.items : [node];
    return sources.flatMap((source) => {
      if (source.kind === "mapping") return [source];
      this.#fault(source, "`<<` merges only mappings; this is something else");
      return [];
    });
  }

  #keyOf(pair: Pair, above: Position): (Position & { name: string }) | null {
    const key = isAlias(pair.key) ? pair.key.resolve(this.#document) : pair.key;
    if (isScalar(key) && key.source !== undefined) {
      return { name: key.source, ...this.#positionOf(pair.key as Node) };
    }
    this.#fault(
      isScalar(key) || isMap(key) || isSeq(key) ? this.#positionOf(key) : above,
      "a key must be a word",
    );
    return null;
  }

  /** Ends the reading. */
  #tooMuch(message: string, { line, column }: Position): ConfigError {
    return new ConfigError([{ ...fileProblem(this.#source.file, message), line, column }]);
  }

  #fault({ line, column }: Position, message: string): YamlNode {
    this.#problems.push({ ...fileProblem(this.#source.file, message), line, column });
    return { kind: "scalar", value: null, source: "", line, column };
  }

  #positionOf(node: Node): Position {
    const { line, col } = this.#source.lines.linePos(node.range?.[0] ?? 0);
    return { line, column: col };
  }
}

function scalarNode(node: Scalar): Omit<Extract<YamlNode, { kind: "scalar" }>, keyof Position> {
  const source = node.source ?? "";
  const plain = node.type === "PLAIN" && node.tag === undefined;
  if (plain) return { kind: "scalar", value: plainScalar(source), source };
  const tagged = node.tag !== undefined && node.tag !== "tag:yaml.org,2002:str" && isPlainData(node.value);
  return { kind: "scalar", value: tagged ? node.value as string : source, source };
}

function isPlainData(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
