import assert from "node:assert/strict";
import type { HistoryRecord } from "../../src/domain/node.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { NOW, sampleConfig, sampleNode, sampleReport } from "../views/sample_pool.ts";
import { CliBench } from "./run.ts";

/** Used for two hours since the morning, and gone; another one is ready, a third came to nothing. */
async function benchWithPast(): Promise<CliBench> {
  const bench = await CliBench.open();
  const { providers, ...config } = sampleConfig();
  const prices = { currency: "EUR", perHour: { "m1.small": 0.5 } };
  const begin = NOW - 4 * HOUR;
  const ready = { create: begin, boot: begin, ready: begin + HOUR };
  const asked = { client: "zuul", at: begin + 110 * MINUTE };
  bench.pool.history = {
    node: sampleNode({
      id: 1,
      job: "unit",
      asked,
      timings: { ...ready, used: begin + 2 * HOUR },
      result: "used",
    }),
    endedAt: NOW,
  } satisfies HistoryRecord;
  bench.pool.current = sampleReport({
    config: {
      ...config,
      providers: providers.map((one) => one.name === "cloud-a" ? { ...one, prices } : one),
    },
    nodes: [
      sampleNode({ id: 2, timings: ready }),
      sampleNode({
        id: 3,
        provider: "cloud-b",
        label: "jammy",
        state: { phase: "delete-server", serverId: "s", lostAt: null, askedAt: null, acceptedAt: null },
        result: "failed",
        evidence: { at: NOW, error: "no login", kind: "ssh", requestId: null, fault: null, console: null },
        timings: { create: begin, boot: NOW - HOUR, "delete-server": NOW - HOUR / 2 },
      }),
    ],
    installation: { id: "x", createdAt: NOW - 24 * HOUR },
  });
  return bench;
}

Deno.test("report says what servers were used for, what failed, how long people waited and what it cost", async () => {
  await using bench = await benchWithPast();
  const { code, stdout, stderr } = await bench.run("report");
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `\
+-------+--------+---------+------------+--------+----------+------------+----------+----------+------+------+----------+--------------------+
| Label | Used h | Ready h | Building h | Held h | Failed h | Deleting h | Launches | Failures | Wait | 95 % |     Cost | Failures by reason |
+-------+--------+---------+------------+--------+----------+------------+----------+----------+------+------+----------+--------------------+
| jammy |      0 |       0 |          0 |      0 |     1.00 |          0 |        1 |        1 |      |      |          | 1 ssh              |
| noble |   2.00 |    4.00 |       2.00 |      0 |        0 |          0 |        2 |        0 |  10m |  10m | 4.00 EUR |                    |
| total |   2.00 |    4.00 |       2.00 |      0 |     1.00 |          0 |        3 |        1 |  10m |  10m | 4.00 EUR | 1 ssh              |
+-------+--------+---------+------------+--------+----------+------------+----------+----------+------+------+----------+--------------------+
`,
  );
  assert.match(stderr, /^nodepool: from .*Z to .*Z\n$/);
});

Deno.test("report fits a terminal of 80 columns, and cuts neither an hour nor a reason", async () => {
  await using bench = await benchWithPast();
  bench.columns = 80;
  const { stdout } = await bench.run("report", "--by", "provider");
  assert.ok(stdout.split("\n").every((line) => line.length <= 80), stdout);
  for (const part of ["2.00", "4.00", "1.00", "4.00 EUR", "1 ssh", "10m"]) {
    assert.ok(stdout.includes(part), stdout);
  }
});

Deno.test("the rows of report are labels, providers, jobs, clients or images, and CSV has rows alone", async () => {
  await using bench = await benchWithPast();
  const rows = {
    label: ["jammy", "noble"],
    provider: ["cloud-a", "cloud-b"],
    job: ["unit", ""],
    client: ["zuul", ""],
    image: ["jammy", "noble"],
  };
  for (const [by, names] of Object.entries(rows)) {
    const { stdout } = await bench.run("report", "--by", by, "-o", "csv");
    assert.deepEqual(stdout.trim().split("\r\n").slice(1).map((line) => line.split(",")[0]), names, by);
  }
});

Deno.test("report as JSON has seconds, each wait's place and the sum of all rows", async () => {
  await using bench = await benchWithPast();
  const { stdout } = await bench.run("report", "-o", "json", "--since", "3h");
  const { version, at: _at, rows, total, ...window } = JSON.parse(stdout);
  assert.equal(version, 1);
  assert.deepEqual(window, {
    by: "label",
    since: "2030-01-02T00:04:05.000Z",
    until: "2030-01-02T03:04:05.000Z",
    complete_since: "2030-01-01T03:04:05.000Z",
  });
  assert.equal(rows.length, 2);
  assert.deepEqual(total, {
    name: null,
    launches: 0,
    failures: 1,
    failure_reasons: { ssh: 1 },
    time: 6 * 3_600 + 3_600,
    times: { used: 7_200, ready: 3_600 + 10_800, building: 0, held: 0, failed: 3_600, deleting: 0 },
    waits: { count: 1, median: 600, p95: 600 },
    costs: [{ currency: "EUR", amount: 3 }],
    unpriced: 3_600,
  });
});

Deno.test("report says from when on nothing is forgotten, where it is asked for more", async () => {
  await using bench = await benchWithPast();
  const { stderr } = await bench.run("report", "--since", "2d");
  assert.match(stderr, /nodepool: nodes that ended before .*Z may be forgotten, .*limits\.history/);
});

Deno.test("report takes no time that is none, and no window without anything in it", async () => {
  await using bench = await benchWithPast();
  for (
    const [since, until, says] of [
      ["soon", "1h", /--since.*Expected how long ago/],
      ["1h", "2h", /--until is no later than --since/],
    ] as const
  ) {
    const { code, stdout, stderr } = await bench.run("report", "--since", since, "--until", until);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, says);
  }
});
