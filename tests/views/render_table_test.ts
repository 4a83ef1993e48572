import assert from "node:assert/strict";
import fc from "fast-check";
import { displayWidth } from "../../src/lib/display_width.ts";
import { visibleText } from "../../src/lib/visible_text.ts";
import type { Column, ColumnKind } from "../../src/views/tables/column.ts";
import { renderTable } from "../../src/views/tables/render_table.ts";
import { poolLists, viewPool } from "../../src/views/view_pool.ts";
import { sampleReport } from "./sample_pool.ts";

type Row = Readonly<Record<string, string>>;

const kinds: ColumnKind[] = [
  "id",
  "name",
  "count",
  "number",
  "state",
  "age",
  "time",
  "exact",
  "reason",
  "text",
];

const word = fc.oneof(
  fc.stringMatching(/^[!-~]{1,14}$/),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 }).map((text) => text.replaceAll(/\s/g, "_")),
  fc.constantFrom("東京都", "🙂", "e\u0301", "connection", "0"),
);
const words = (most: number) => fc.array(word, { maxLength: most }).map((parts) => parts.join(" "));

const cellOfKind: Readonly<Record<ColumnKind, fc.Arbitrary<string>>> = {
  id: fc.nat(99_999).map(String),
  name: word,
  term: word,
  count: fc.oneof(fc.constantFrom("0", ""), fc.nat(999).map(String)),
  number: fc.nat(99_999).map(String),
  state: fc.constantFrom("ready", "building"),
  age: fc.constantFrom("00:00:05:00", "123:04:05:06"),
  time: fc.constantFrom("2030-01-02T03:04:05.000Z", ""),
  exact: fc.oneof(fc.constant(""), fc.ipV6(), fc.uuid()),
  reason: words(30),
  text: words(3),
};

/** Tables of columns of any kinds, in any order. */
const table = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    spare: fc.option(fc.nat(5), { nil: undefined }),
    share: fc.option(fc.constantFrom("Nodes", "Demand"), { nil: undefined }),
    wide: fc.option(fc.constant(true as const), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 9 },
).chain((shapes) => {
  const columns = shapes.map((shape, index): Column<Row> => ({
    ...shape,
    share: shape.kind === "count" ? shape.share : undefined,
    field: `f${index}`,
    header: `Head${index}`,
  }));
  const row = fc.record(Object.fromEntries(columns.map(({ field, kind }) => [field, cellOfKind[kind!]])));
  return fc.record({ columns: fc.constant(columns), rows: fc.array(row, { maxLength: 5 }) });
});

const options = { width: fc.integer({ min: 1, max: 240 }), wide: fc.boolean() };
/** With less room, nothing can be said at all. */
const NARROWEST = 15;

/** Wide and long words cannot be made narrower. */
function widestWord({ columns, rows }: { columns: readonly Column<Row>[]; rows: readonly Row[] }): number {
  const texts = [...columns.map(({ header }) => header), ...rows.flatMap((row) => Object.values(row))];
  return Math.max(...texts.flatMap((text) => visibleText(text).split(" ")).map(displayWidth));
}

Deno.test("no line of a table is wider than the terminal, unless one word is", () => {
  fc.assert(
    fc.property(table, fc.record(options), (list, { width, wide }) => {
      for (const line of renderTable(list, { width, wide }).trimEnd().split("\n")) {
        assert.equal(displayWidth(line) <= Math.max(width, NARROWEST, widestWord(list) + 4), true, line);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a terminal gets every reason whole, however narrow it is: no word is lost, none cut", () => {
  fc.assert(
    fc.property(table, fc.record(options), (list, { width, wide }) => {
      const words = renderTable(list, { width, wide }).split(/[ \n]+/);
      for (
        const { field } of list.columns.filter(({ kind, wide: isWide }) =>
          kind === "reason" && (wide || !isWide)
        )
      ) {
        for (const row of list.rows) {
          const reason = visibleText(row[field]!).split(/ +/).filter((word) => word !== "");
          assert.equal(follows(words, reason), true, reason.join(" "));
        }
      }
    }),
    { numRuns: 500 },
  );
});

/** Whether the words stand there one after the other. */
function follows(words: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  return words.some((_, at) => wanted.every((word, index) => words[at + index] === word));
}

Deno.test("where output is piped every cell is whole, in a line for each row, without colours", () => {
  fc.assert(fc.property(table, (list) => {
    const lines = renderTable(list, { wide: true }).trimEnd().split("\n");
    assert.equal(new Set(lines.map(displayWidth)).size, 1);
    assert.equal(lines.length, list.rows.length === 0 ? 3 : list.rows.length + 4);
    for (const [index, row] of list.rows.entries()) {
      const cells = list.columns.map(({ field }) => visibleText(row[field]!).trim());
      const shown = lines[index + 3]!;
      let at = 0;
      for (const cell of cells) {
        const found = shown.indexOf(cell, at);
        assert.equal(found >= 0, true, `${cell} in ${shown}`);
        at = found + cell.length;
      }
    }
  }));
});

const columns: readonly Column<Row>[] = [
  { field: "id", header: "ID", kind: "id" },
  { field: "ready", header: "Ready", kind: "count", share: "Nodes" },
  { field: "used", header: "Used", kind: "count", share: "Nodes" },
  { field: "held", header: "Held", kind: "count", share: "Nodes" },
  { field: "deleting", header: "Deleting", kind: "count", share: "Nodes" },
  { field: "why", header: "Why", kind: "reason" },
  { field: "error", header: "Error", kind: "reason" },
];
const why = "alpha: no flavor named g1.gpu-a100";

Deno.test("counts that are 0 everywhere go first, then counts share a column, then reasons go on below their rows", () => {
  const rows = [
    { id: "1", ready: "2", used: "0", held: "0", deleting: "10", why: "", error: "" },
    { id: "2", ready: "0", used: "0", held: "11", deleting: "0", why, error: "connection refused" },
  ];
  const on = (width: number) => renderTable({ columns, rows }, { width });
  assert.match(on(120), /\| ID \| Ready \| Used \| Held \| Deleting \| Why +\| Error +\|/);
  assert.match(on(95), /\| ID \| Ready \| Held \| Deleting \| Why +\| Error +\|/);
  assert.equal(
    on(29),
    `+----+----------------------+
| ID | Nodes                |
+----+----------------------+
|  1 | 2 ready, 10 deleting |
|  2 | 11 held              |
    Why: alpha: no flavor
    named g1.gpu-a100
    Error: connection refused
+----+----------------------+
`,
  );
});

Deno.test("the one reason at the end of short rows goes on under itself", () => {
  const rows = [{ id: "1", why: `${why}, and a lot more that does not fit` }];
  const shown = columns.filter(({ field }) => field === "id" || field === "why");
  assert.equal(
    renderTable({ columns: shown, rows }, { width: 48 }),
    `+----+------------------------------------------
| ID | Why
+----+------------------------------------------
|  1 | alpha: no flavor named g1.gpu-a100, and a
       lot more that does not fit
+----+------------------------------------------
`,
  );
});

Deno.test("on a terminal too narrow for rows each field is a line", () => {
  const rows = [{ id: "1", ready: "2", used: "0", held: "0", deleting: "10", why, error: "" }, {
    id: "2",
    ready: "1",
  }]
    .map((row) => ({ used: "", held: "", deleting: "", why: "", error: "", ...row }));
  assert.equal(
    renderTable({ columns, rows }, { width: 24 }),
    `ID        1
Ready     2
Deleting  10
Why       alpha: no
          flavor named
          g1.gpu-a100

ID        2
Ready     1
`,
  );
});

Deno.test("the details of most use are shown as far as there is room, whatever the width of the others", () => {
  const columns: readonly Column<Row>[] = [
    { field: "id", header: "ID", kind: "id" },
    { field: "uuid", header: "UUID", kind: "exact", spare: 2 },
    { field: "version", header: "Version", kind: "number", spare: 1 },
  ];
  const rows = [{ id: "1", uuid: "0dd80362-4aee-46c6-8757-16f7ae608974", version: "1893456000" }];
  const header = (width: number) => renderTable({ columns, rows }, { width }).split("\n")[1]!.match(/\w+/g);
  assert.deepEqual(header(58), ["ID", "UUID", "Version"]);
  assert.deepEqual(header(57), ["ID", "UUID"]);
  assert.deepEqual(header(44), ["ID", "Version"]);
  assert.deepEqual(header(18), ["ID"]);
});

Deno.test("a text is cut by the columns that it takes, also where these are as many as its characters", () => {
  const columns: Column<Row>[] = [{ field: "id", header: "ID", kind: "id" }, {
    field: "text",
    header: "Text",
  }];
  const rows = [{ id: "1", text: "e\u0301e\u0301日日".repeat(6) }, { id: "2", text: "plain" }];
  const drawn = renderTable({ columns, rows }, { width: 20 });
  assert.ok(drawn.includes("| e\u0301e\u0301日日e\u0301e\u0301日… |\n"), drawn);
});

Deno.test("details such as host names are shown whole, or not at all where others need the room", () => {
  const { columns, rows } = poolLists["node-list"].table;
  const list = { columns, rows: rows(viewPool(sampleReport(), { name: "node-list" })) };
  for (let width = 75; width < 200; width++) {
    const text = renderTable(list, { width });
    assert.equal(text.includes("…"), false, text);
    assert.equal(text.includes("Hostname"), text.includes("jammy-cloud-a-1.example.org"));
    assert.match(text, /disk errors/);
  }
});
