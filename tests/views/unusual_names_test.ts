/** Names and messages that no terminal shows as they are: every text form has them visibly, and every table stays straight. */
import assert from "node:assert/strict";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { displayWidth } from "../../src/lib/display_width.ts";
import { renderConfigPlan, viewConfigPlan } from "../../src/views/config_plan.ts";
import { renderExplanation } from "../../src/views/explain/render_explanation.ts";
import { viewExplanation } from "../../src/views/explain/view_explanation.ts";
import { listFormats } from "../../src/site/negotiate.ts";
import { poolLists, type PoolViewName, viewPool } from "../../src/views/view_pool.ts";
import { renderTable } from "../../src/views/tables/render_table.ts";
import { openSite } from "../site/open_site.ts";
import { sampleReport } from "./sample_pool.ts";

/** Turns the direction of writing, begins an instruction to a terminal, moves the cursor. */
const CONTROLS = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

const unusual: Readonly<Record<string, string>> = {
  "cloud-a": "東京\u202ea\u009b31m",
  "cloud-b": "e\u0301🙂\u2066b",
  noble: "מוכן\u200f",
  jammy: "👩‍🚀\u2028jammy",
  maria: "m\u061caria\u001b[2J",
  refused: "ref\r\nused\u0007",
};

/** A browser shows other controls as nothing, and lets the other marks turn no text but their own. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/u;

/** The same with unusual names in all of its texts. */
function renamed<Value>(value: Value): Value {
  if (typeof value === "string") {
    return Object.entries(unusual).reduce(
      (text, [old, now]) => text.replaceAll(old, now),
      value as string,
    ) as Value;
  }
  if (Array.isArray(value)) return value.map(renamed) as Value;
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renamed(one)])) as Value;
}

const report: PoolReport = renamed(sampleReport());
const names = Object.keys(poolLists) as PoolViewName[];

Deno.test("lists of unusual names are straight tables without control or direction characters", () => {
  for (const name of names) {
    const { columns, rows } = poolLists[name].table;
    for (const width of [null, 200, 120, 80, 40, 20]) {
      for (const wide of [false, true]) {
        const text = renderTable({ columns, rows: rows(viewPool(report, { name }) as never) }, {
          width,
          wide,
        });
        assert.doesNotMatch(text, CONTROLS, `${name} ${width}`);
        const bordered = text.split("\n").filter((line) => /^[+|].*[+|]$/.test(line)).map(displayWidth);
        assert.ok(new Set(bordered).size <= 1, text);
      }
    }
  }
});

Deno.test("explanations of unusual names have their facts below each other, without control characters", () => {
  for (
    const name of [...Object.values(unusual).slice(0, 4), "1", "3", "4", "5", "6", "7", "8", "request:8"]
  ) {
    const view = viewExplanation(report, name);
    assert.ok(view !== null, name);
    for (const width of [null, 80]) assert.doesNotMatch(renderExplanation(view, { width }), CONTROLS, name);
  }
  const text = renderExplanation(viewExplanation(report, unusual["noble"]!)!, { width: 80 });
  const facts = text.split("\n").filter((line) => /^(nodes|wanted) /.test(line));
  assert.deepEqual(facts.map((line) => displayWidth(line.match(/^.*? {2,}/)![0])), [14, 14]);
});

Deno.test("a plan of unusual names has no control characters", () => {
  const plan = viewConfigPlan({
    problems: [],
    changes: [`label ${unusual["noble"]} is added`],
    atNextStart: [],
    warnings: [`provider ${unusual["cloud-a"]} is gone`],
    effects: {
      labels: [],
      providers: [{ name: unusual["cloud-b"]!, kind: "removed", maxServers: 10, nodes: 2, images: 0 }],
      requests: [],
      images: { deleted: [], built: [unusual["jammy"]!], made: [] },
    },
  }, { file: "new.yaml", report });
  assert.doesNotMatch(renderConfigPlan(plan), CONTROLS);
});

Deno.test("the status endpoint sends no control characters in any text but CSV", async () => {
  const site = openSite(report);
  const addresses = [
    ...names.flatMap((name) =>
      listFormats.filter((format) => format !== "csv").map((format) => `/${name}?format=${format}`)
    ),
    ...["text", "json", "html"].flatMap((format) => [
      ...["1", "3", "4", "5", "6"].map((id) => `/nodes/${id}?format=${format}`),
      ...Object.values(unusual).map((name) => `/explain/${encodeURIComponent(name)}?format=${format}`),
      `/explain/%1b[2J?format=${format}`,
    ]),
    ...[
      "/",
      "/readyz?strict",
      "/history",
      "/%1b%5b2J%07",
      "/node-list?%1b[2J=1",
      "/node-list?state=%e2%80%ae",
    ],
  ];
  for (const address of addresses) {
    for (const accept of ["*/*", "text/html"]) {
      const response = await site.get(address, { accept });
      const isPage = response.headers.get("content-type")!.startsWith("text/html");
      const text = (await response.text()).replaceAll(/"[^"]*"/g, "");
      assert.doesNotMatch(text, isPage ? TURNING : CONTROLS, `${address} ${accept}`);
    }
  }
});
