/** How a text table is to be drawn, and the colours of its cells. */
import type { ColumnKind } from "./column.ts";
import type { FilledColumn } from "./lay_out_table.ts";

export interface TableOptions {
  /** With the wide columns; wider than the terminal, they get a line each. */
  readonly wide?: boolean;
  /** Columns of the terminal that it must fit; null or not given: as wide as it needs. */
  readonly width?: number | null;
  /** Colours a cell that has been padded already; not given: none. */
  readonly paint?: Painter;
  /** Writes the times in a text as those at the terminal read them; not given: as they are. */
  readonly localTimes?: (text: string) => string;
  /** For each row what has changed since it was last drawn; not given: nothing is marked. */
  readonly marks?: readonly RowMark[];
}

export type Painter = (padded: string, cell: PaintedCell) => string;

interface PaintedCell {
  readonly kind: ColumnKind | undefined;
  readonly text: string;
  readonly isChanged: boolean;
}

/** The fields that have changed; null: it is as it was. */
export type RowMark = ReadonlySet<string> | null;

/** A row that is drawn. */
export interface RowAt {
  readonly row: number;
  readonly options: TableOptions;
}

/** A cell, or a line of it, in its colour. */
export function painted(text: string, { column, cells }: FilledColumn, { row, options }: RowAt): string {
  const { paint, marks } = options;
  if (paint === undefined) return text;
  const isChanged = marks?.[row]?.has(column.field) ?? false;
  return paint(text, { kind: column.kind, text: cells[row]!, isChanged });
}
