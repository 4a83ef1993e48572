import assert from "node:assert/strict";
import type { Hold, NodeRecord } from "../../src/domain/node.ts";
import { DAY, HOUR } from "../../src/domain/time.ts";
import { viewHoldSummary } from "../../src/views/hold_view.ts";
import { nodeTable, viewNodeList } from "../../src/views/node_list.ts";
import { renderTable } from "../../src/views/tables/render_table.ts";
import { statusTable } from "../../src/views/tables/status_table.ts";
import { cellOf } from "../../src/views/tables/column.ts";
import { viewStatus } from "../../src/views/status.ts";
import { NOW, sampleConfig, sampleNode, sampleReport } from "./sample_pool.ts";

function held(id: number, hold: Partial<Hold>, fields: Partial<NodeRecord> = {}): NodeRecord {
  return sampleNode({
    id,
    state: { phase: "hold", serverId: `server-${id}`, lostAt: null },
    hold: { reason: null, owner: null, until: null, ...hold },
    stateSince: NOW - HOUR,
    ...fields,
  });
}

const nodes = [
  held(1, { owner: "maria", reason: "disk errors", until: NOW + 3 * DAY }),
  held(2, { owner: "maria", until: NOW + 20 * HOUR }),
  held(3, { owner: "nodepool", reason: "Automatically held after failing gate" }, { job: "gate" }),
  held(4, { owner: "nodepool", reason: "may be in use", mayBeInUse: true }, { job: "gate" }),
  held(5, {}),
  sampleNode({ id: 6 }),
];

function report(holdMaxAge: number | null, some: readonly NodeRecord[] = nodes) {
  const config = sampleConfig();
  return {
    ...sampleReport(),
    nodes: [...some],
    config: { ...config, limits: { ...config.limits, holdMaxAge } },
  };
}

Deno.test("status sums up who holds nodes, and names the holds that end within a day", () => {
  assert.deepEqual(viewHoldSummary(report(null)), {
    nodes: 5,
    holders: [
      { name: "maria", nodes: 2 },
      { name: "", nodes: 1 },
      { name: "nodepool", nodes: 1 },
      { name: "nodepool for gate", nodes: 1 },
    ],
    ending: [{ id: 2, holder: "maria", reason: null, ends: "2030-01-02T23:04:05.000Z" }],
  });
});

Deno.test("where none ends within a day, the next to end is named; without an end none is", () => {
  const ids = (some: readonly NodeRecord[], maxAge: number | null = null) =>
    viewHoldSummary(report(maxAge, some)).ending.map(({ id }) => id);
  assert.deepEqual([ids([nodes[0]!, nodes[2]!]), ids([nodes[2]!, nodes[3]!])], [[1], []]);
  assert.deepEqual(ids([nodes[0]!, nodes[2]!], 4 * DAY), [1]);
  assert.deepEqual(ids(nodes, 2 * HOUR), [1, 2, 3, 5], "hold-max-age ends all but what may be in use");
});

Deno.test("lists show who holds a node and when the hold ends, by its own time or by hold-max-age", () => {
  const column = nodeTable.columns.find(({ field }) => field === "hold")!;
  const cells = (maxAge: number | null) =>
    viewNodeList(report(maxAge)).nodes.map((row) => cellOf(column, row));
  assert.deepEqual(cells(null), [
    "by maria until 2030-01-05T03:04:05.000Z",
    "by maria until 2030-01-02T23:04:05.000Z",
    "by nodepool for gate",
    "by nodepool",
    "held",
    "",
  ]);
  assert.equal(cells(2 * DAY)[0], "by maria until 2030-01-04T02:04:05.000Z");
});

Deno.test("a list of held nodes alone shows by whom and until when in every form, any other list only where it is wide", () => {
  const headers = (some: readonly NodeRecord[], wide = false) => {
    const rows = nodeTable.rows(viewNodeList(report(null, some)));
    return renderTable({ columns: nodeTable.columns, rows }, { wide }).includes("| Hold ");
  };
  const [one, two] = nodes;
  assert.deepEqual([headers([one!, two!]), headers(nodes), headers([]), headers(nodes, true)], [
    true,
    false,
    false,
    true,
  ]);
});

Deno.test("status shows holds as lines, no more than a glance takes in", () => {
  const many = Array.from(
    { length: 7 },
    (_, index) => held(index + 1, { owner: "ada", until: NOW + HOUR + index }),
  );
  const lines = statusTable.rows(viewStatus(report(null, many)))
    .filter(({ what }) => what === "held" || what === "hold ends").map(({ value }) => value);
  assert.deepEqual([lines.length, lines[0], lines[1], lines.at(-1)], [
    7,
    "7 by ada",
    "2030-01-02T04:04:05.000Z, node 1 of ada",
    "2 more within 24 hours",
  ]);
  assert.ok(statusTable.rows(viewStatus(report(null, []))).every(({ what }) => what !== "held"));
});
