/** A YAML document with merges and aliases resolved, in which every value still knows its place in the text. */

export interface Position {
  readonly line: number;
  readonly column: number;
}

export type YamlNode = YamlMapping | YamlList | YamlScalar;

export interface YamlMapping extends Position {
  readonly kind: "mapping";
  readonly entries: ReadonlyMap<string, { readonly key: Position; readonly node: YamlNode }>;
}

interface YamlList extends Position {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
}

interface YamlScalar extends Position {
  readonly kind: "scalar";
  readonly value: null | boolean | number | string;
  /** As it stands in the file, without quotes. */
  readonly source: string;
}

export type YamlPath = readonly (string | number)[];

/** The value as plain data: mappings without prototype, so that no key (`__proto__`) is special. */
export function plainValue(node: YamlNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainValue);
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, { node: value }] of node.entries) plain[key] = plainValue(value);
  return plain;
}

/** The node at a path; null where the file has nothing there. */
export function nodeAt(root: YamlNode, path: YamlPath): YamlNode | null {
  let node: YamlNode | null = root;
  for (const step of path) node = node === null ? null : childAt(node, step);
  return node;
}

function childAt(node: YamlNode, step: string | number): YamlNode | null {
  if (node.kind === "mapping") return node.entries.get(String(step))?.node ?? null;
  if (node.kind === "list") return typeof step === "number" ? node.items[step] ?? null : null;
  return null;
}

/** Where a path stands: the key of its last step, or the nearest place above that the file has. */
export function positionAt(root: YamlNode, path: YamlPath): Position {
  let position: Position = root;
  let node: YamlNode | null = root;
  for (const step of path) {
    const entry: { key: Position } | undefined = node.kind === "mapping"
      ? node.entries.get(String(step))
      : undefined;
    node = childAt(node, step);
    if (node === null) break;
    position = entry?.key ?? node;
  }
  return position;
}

/** `providers[1].images[0].min-ram` */
export function formatPath(path: YamlPath): string {
  return path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`).join("").replace(/^\./, "");
}
