import assert from "node:assert/strict";
import type { Column } from "../../src/views/tables/column.ts";
import { renderCsv } from "../../src/views/tables/render_csv.ts";

interface Row {
  readonly name: string | null;
  readonly size: number;
  readonly all?: readonly string[];
}

const columns: readonly Column<Row>[] = [
  { field: "name", title: "Name", cell: ({ name }: Row) => name ?? "" },
  { field: "size", title: "Size", cell: ({ size }: Row) => String(size) },
  { field: "all", title: "All", cell: ({ all }: Row) => (all ?? []).join(" ") },
] as unknown as readonly Column<Row>[];

/** As the README tells programs to read a text. */
const readBack = (text: string) => text.replace(/^'('*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])/, "$1");

function cellOf(name: string): string {
  const [, cell] = renderCsv({ columns, rows: [{ name, size: 1 }] }).match(
    /^name,size,all\r\n([^]*),1,\r\n$/,
  )!;
  return cell!.startsWith('"') ? cell!.slice(1, -1).replaceAll('""', '"') : cell!;
}

Deno.test("a text that a spreadsheet would run gets an apostrophe, and is had back by taking that away", () => {
  for (
    const text of [
      "=1+1",
      "+1",
      "-1",
      "@SUM(A1)",
      "\t=1",
      "\r=1",
      '=cmd|"/c calc"!A1',
      "'=1",
      "''-",
      "\uff1d1",
    ]
  ) {
    assert.equal(cellOf(text), `'${text}`);
    assert.equal(readBack(cellOf(text)), text);
  }
});

Deno.test("other texts, and numbers, stay as they are", () => {
  for (const text of ["small", "a=b", "1", "'quoted'", "''", "a\n=b", ""]) {
    assert.equal(cellOf(text), text);
    assert.equal(readBack(cellOf(text)), text);
  }
  const rows = [{ name: null, size: -5, all: ["=a", "b"] }];
  assert.equal(renderCsv({ columns, rows }), "name,size,all\r\n,-5,'=a b\r\n");
});
