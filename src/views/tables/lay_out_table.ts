/**
 * How a table is laid out on a terminal that is narrower. In this order, until it fits: columns
 * without anything in them go, counts share a column, reasons go on below their rows, spare columns go, addresses go
 * below too, and what is left is cut. A reason is never cut.
 */
import { displayWidth } from "../../lib/display_width.ts";
import { isPlainText, visibleText } from "../../lib/visible_text.ts";
import { longestWord } from "../../lib/wrap_words.ts";
import { type Column, type ColumnKind, standsRight } from "./column.ts";

/** A column with what stands in it, and how wide it is drawn. */
export interface FilledColumn {
  readonly column: Pick<Column<object>, "field" | "header" | "kind" | "spare" | "share">;
  /** Each one line. */
  readonly cells: readonly string[];
  readonly width: number;
  /** Printable ASCII alone: each cell is as wide as it is long, also when it is cut. */
  readonly isPlain: boolean;
  /** As numbers do. */
  readonly standsRight: boolean;
}

export interface TableLayout {
  readonly grid: readonly FilledColumn[];
  /** Right of the grid, open to the right; its lines go on below. */
  readonly last?: FilledColumn;
  /** Below each row. */
  readonly below: readonly FilledColumn[];
}

/** On a terminal this narrow a row cannot be one line: each of its fields is. */
interface RecordLayout {
  readonly records: readonly FilledColumn[];
}

export function layOutTable(
  columns: readonly FilledColumn[],
  available: number,
): TableLayout | RecordLayout {
  let shown = columns;
  for (const shorten of [withoutEmpty, withSharedCounts]) {
    shown = shorten(shown);
    if (totalWidth(shown) <= available) return { grid: shown, below: [] };
  }
  return hangLast(shown, available) ?? putBelow(shown, available) ?? { records: shown };
}

/** With borders and blanks. */
export function totalWidth(columns: readonly FilledColumn[]): number {
  return columns.reduce((sum, { width }) => sum + width + 3, 1);
}

/** As wide as its cells and its header. */
export function filledColumn(column: FilledColumn["column"], texts: readonly string[]): FilledColumn {
  // Of all at once it is known in a fraction of the time.
  const isPlain = isPlainText(column.header + texts.join(""));
  const cells = isPlain ? texts : texts.map(visibleText);
  let width = displayWidth(column.header);
  for (const cell of cells) width = Math.max(width, isPlain ? cell.length : displayWidth(cell));
  return { column, cells, width, isPlain, standsRight: standsRight(column) };
}

function withoutEmpty(columns: readonly FilledColumn[]): readonly FilledColumn[] {
  return columns.filter(({ column: { kind }, cells }) =>
    kind === "id" || kind === "name" || cells.length === 0 ||
    cells.some((text) => text !== "" && !(kind === "count" && text === "0"))
  );
}

function withSharedCounts(columns: readonly FilledColumn[]): readonly FilledColumn[] {
  const groups = Map.groupBy(columns, ({ column }) => column.share);
  return columns.flatMap((one) => {
    const group = groups.get(one.column.share)!;
    const shared = one.column.share === undefined ? null : shareColumn(one.column.share, group);
    if (shared === null || totalWidth([shared]) >= totalWidth(group)) return [one];
    return one === group[0] ? [shared] : [];
  });
}

/** `2 ready, 1 used`. */
function shareColumn(header: string, group: readonly FilledColumn[]): FilledColumn {
  const words = group.map(({ column }) => column.header.toLowerCase());
  const cells = group[0]!.cells.map((_, row) =>
    group.flatMap(({ cells }, index) => {
      const text = cells[row]!;
      return text === "" || text === "0" ? [] : [`${text} ${words[index]}`];
    }).join(", ")
  );
  return filledColumn({ field: group[0]!.column.field, header, kind: "exact" }, cells);
}

/** With less room than that, and less than half of the terminal's, lines below the row are easier to read. */
const ROOM_TO_HANG = 40;

function hangLast(columns: readonly FilledColumn[], available: number): TableLayout | null {
  const [last, grid] = [columns.at(-1), columns.slice(0, -1)];
  const room = available - totalWidth(grid) - 1;
  const isOnlyReason = last?.column.kind === "reason" && !grid.some(({ column }) => column.kind === "reason");
  if (!isOnlyReason || grid.length === 0 || room < Math.min(ROOM_TO_HANG, available / 2)) return null;
  if (last.cells.some((text) => longestWord(text) > room)) return null;
  return { grid, last: { ...last, width: room }, below: [] };
}

function putBelow(columns: readonly FilledColumn[], available: number): TableLayout | null {
  const isReason = ({ column }: FilledColumn) => column.kind === "reason";
  const isExact = ({ column }: FilledColumn) => column.kind === "exact";
  const [reasons, others] = [columns.filter(isReason), columns.filter((one) => !isReason(one))];
  if (others.length === 0) return null;
  const kept = withoutSpares(others, available);
  if (widthAtLeast(kept, NARROWEST) <= available) return { grid: cut(kept, available), below: reasons };
  const grid = kept.filter((one) => !isExact(one));
  if (grid.length === 0 || widthAtLeast(grid, NARROWEST) > available) return null;
  return { grid: cut(grid, available), below: [...kept.filter(isExact), ...reasons] };
}

/** With as many as there is room for, those of most use first. */
function withoutSpares(columns: readonly FilledColumn[], available: number): readonly FilledColumn[] {
  const left = new Set(columns.filter(({ column }) => column.spare !== undefined));
  const kept = () => columns.filter((one) => !left.has(one));
  for (const one of [...left].sort((a, b) => b.column.spare! - a.column.spare!)) {
    left.delete(one);
    if (widthAtLeast(kept(), COMFORTABLE) > available) left.add(one);
  }
  return kept();
}

/** Rather than have others narrower than that, columns are left out; narrower than the second, they say nothing. */
const COMFORTABLE = 16;
const NARROWEST = 8;

/** With what may be cut no wider than `least`. */
function widthAtLeast(columns: readonly FilledColumn[], least: number): number {
  return totalWidth(
    columns.map((one) => isCuttable(one) ? { ...one, width: Math.min(one.width, least) } : one),
  );
}

const CUTTABLE: readonly (ColumnKind | undefined)[] = [undefined, "text"];

function isCuttable({ column }: FilledColumn): boolean {
  return CUTTABLE.includes(column.kind);
}

/** Takes from the widest that may be cut, one character at a time. */
function cut(columns: readonly FilledColumn[], available: number): readonly FilledColumn[] {
  const widths = columns.map(({ width }) => width);
  const cuttable = columns.flatMap((one, index) => isCuttable(one) ? [index] : []);
  for (let excess = totalWidth(columns) - available; excess > 0; excess--) {
    const widest = cuttable.reduce(
      (best, index) => widths[index]! > widths[best]! ? index : best,
      cuttable[0]!,
    );
    widths[widest]!--;
  }
  return columns.map((one, index) => ({ ...one, width: widths[index]! }));
}
