import assert from "node:assert/strict";
import { MINUTE } from "../../src/domain/time.ts";
import { formatAge } from "../../src/views/tables/column.ts";
import { displayWidth } from "../../src/lib/display_width.ts";
import { visibleText } from "../../src/lib/visible_text.ts";
import { renderCsv } from "../../src/views/tables/render_csv.ts";
import { renderTable } from "../../src/views/tables/render_table.ts";
import { alienTable } from "../../src/views/alien_lists.ts";
import { type PoolList, poolLists, type PoolViewName, viewPool } from "../../src/views/view_pool.ts";
import type { ProviderView } from "../../src/views/provider_list.ts";
import { sampleReport } from "./sample_pool.ts";

function tableOf(name: PoolViewName, options: { wide?: boolean; width?: number } = {}): string {
  const { columns, rows } = (poolLists[name] as PoolList).table;
  return renderTable({ columns, rows: rows(viewPool(sampleReport(), { name })) }, options);
}

const golden = {
  "node_list": tableOf("node-list"),
  "node_list_on_110_columns": tableOf("node-list", { width: 110 }),
  "request_list": tableOf("request-list"),
  "job_list_wide": tableOf("job-list", { wide: true }),
  "label_list_wide": tableOf("label-list", { wide: true }),
  "label_list_on_80_columns": tableOf("label-list", { width: 80 }),
  "provider_list": tableOf("provider-list"),
  "provider_list_on_80_columns": tableOf("provider-list", { width: 80 }),
  "status_on_80_columns": tableOf("status", { width: 80 }),
  "status": tableOf("status"),
};

for (const [name, text] of Object.entries(golden)) {
  Deno.test(`the table of golden/${name}.txt`, async () => {
    assert.equal(text, await Deno.readTextFile(new URL(`golden/${name}.txt`, import.meta.url)));
  });
}

Deno.test("a wide table ends with what is waited on, holds, jobs and errors", () => {
  const [, header, , ...rows] = tableOf("node-list", { wide: true }).trim().split("\n");
  const cells = (line: string) => line.split("|").slice(14, -1).map((cell) => cell.trim());
  assert.deepEqual(cells(header!), [
    "Phase",
    "Waiting on",
    "Hold",
    "Job",
    "Request",
    "Role",
    "Image",
    "Image version",
    "Flavor",
    "Last error",
  ]);
  assert.deepEqual(cells(rows[2]!), [
    "boot",
    "active: server is BUILD",
    "",
    "",
    "",
    "node",
    "noble",
    "1893456000",
    "m1.small",
    "",
  ]);
  assert.equal(cells(rows[3]!)[2], "by maria until 2030-01-03T03:04:05.000Z");
  assert.equal(cells(rows[4]!)[9], "login as jenkins: connection refused");
});

Deno.test("an empty list is its header", () => {
  const { columns } = alienTable;
  assert.equal(
    renderTable({ columns, rows: [] }),
    `+----------+----------+-----------+----+
| Provider | Hostname | Server ID | IP |
+----------+----------+-----------+----+
`,
  );
});

Deno.test("every column's field is a key of its rows, so that ?fields= means the same everywhere", () => {
  const report = sampleReport();
  for (const name of ["node-list", "request-list", "job-list", "label-list", "provider-list"] as const) {
    const { columns, rows } = (poolLists[name] as PoolList).table;
    const [row] = rows(viewPool(report, { name }));
    for (const { field } of columns) {
      const [key] = field.split(".");
      assert.equal(Object.hasOwn(row!, key!), true, `${name}: ${field}`);
    }
  }
});

Deno.test("ages are days, hours, minutes and seconds", () => {
  assert.equal(formatAge(0), "00:00:00:00");
  assert.equal(formatAge(86_399), "00:23:59:59");
  assert.equal(formatAge(123 * 86_400 + 61), "123:00:01:01");
});

Deno.test("cells are one line, without control or direction characters, as wide as they look", () => {
  assert.equal(visibleText("plain"), "plain");
  assert.equal(visibleText("two\r\n  lines\tand\x1b[2J"), "two lines and\\u001b[2J");
  assert.equal(visibleText("a\u202eb"), "a\\u202eb");
  assert.equal(
    visibleText("so\u00adft\u200b\u2060\u2062\u180e\u3164\ufeff\ufff9\u{1d173}"),
    "so\\u00adft\\u200b\\u2060\\u2062\\u180e\\u3164\\ufeff\\ufff9\\u{1d173}",
  );
  const joined = "👩\u200d🚀 می\u200cخواهم ❤\ufe0f 🏴\u{e0067}\u{e007f}";
  assert.equal(visibleText(joined), joined);
  assert.equal(displayWidth("plain"), 5);
  assert.equal(displayWidth("東京"), 4);
  assert.equal(displayWidth("e\u0301"), 1);
  // As wcwidth(3) has it.
  assert.equal(displayWidth("a\u200bb\ufeff"), 2);
  assert.equal(displayWidth("\u200c\u2062\u180e\u034f\u{e0041}\u1160\ufff9"), 0);
  assert.equal(displayWidth("\u00ad\u0600\u115f\u3164"), 6);
});

Deno.test("CSV quotes what it must", () => {
  const columns = [
    { field: "name", header: "Name", cell: () => "" },
    { field: "list", header: "List", cell: () => 'a "b", c' },
  ] as const;
  assert.equal(
    renderCsv({ columns, rows: [{ name: "x,y\n", list: [] }, { name: null, list: [] }] }),
    'name,list\r\n"x,y\n","a ""b"", c"\r\n,"a ""b"", c"\r\n',
  );
});

Deno.test("a pause of servers for images is told as such: they belong to no label", () => {
  const { pauses: [pause], ...report } = sampleReport();
  const view = viewPool({ ...report, pauses: [{ ...pause!, label: "" }] }, { name: "provider-list" });
  const { rows, columns } = poolLists["provider-list"].table;
  assert.match(
    renderTable({ columns, rows: rows(view) }),
    /\| servers for images until \S+ after 2 failed launches \|/,
  );
});

Deno.test("a provider's pauses are those that last: one that is over is shown no more, in tables and JSON", () => {
  const { pauses: [pause], ...report } = sampleReport();
  const { rows, columns } = poolLists["provider-list"].table;
  for (const until of [null, report.now - MINUTE, report.now]) {
    const view = viewPool({ ...report, pauses: [{ ...pause!, until }] }, { name: "provider-list" });
    assert.deepEqual(rows(view).flatMap((row) => (row as ProviderView).pauses), []);
    assert.doesNotMatch(renderTable({ columns, rows: rows(view) }), /jammy/);
  }
});
