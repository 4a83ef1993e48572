/** What commands say of what has been: nodes that are gone, and events. */
import assert from "node:assert/strict";
import { NOW, sampleNode } from "../views/sample_pool.ts";
import { CliBench } from "./run.ts";

const PAST = {
  node: sampleNode({
    id: 90,
    state: { phase: "delete-address" },
    label: "noble",
    job: "unit-tests",
    result: "failed",
    evidence: {
      at: NOW,
      error: "no login at 10.0.0.9",
      kind: "ssh",
      requestId: null,
      fault: null,
      console: "panic",
    },
    timings: { create: NOW - 100_000, boot: NOW - 90_000, "delete-server": NOW - 70_000 },
  }),
  endedAt: NOW - 60_000,
};

Deno.test("history shows who had a node, how it went, for how long and why", async () => {
  await using bench = await CliBench.open();
  bench.pool.history = PAST;
  const { code, stdout } = await bench.run("history", "--job", "unit-tests");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /\| 90 \|.*\| unit-tests +\| failed: ssh +\| 00:00:00:40 +\| 00:00:01:00 +\| no login at 10\.0\.0\.9 +\|/,
  );
  assert.deepEqual(JSON.parse((await bench.run("history", "-o", "json")).stdout).history[0].times, {
    building: 30,
    delete: 10,
  });
  assert.equal((await bench.run("history", "--result", "used", "-o", "name")).stdout, "");
  assert.equal((await bench.run("history", "--result", "failed", "-o", "name")).stdout, "90\n");
});

Deno.test("history of one node has its time line as a bar, its error and its console", async () => {
  await using bench = await CliBench.open();
  bench.pool.history = PAST;
  const { stdout } = await bench.run("history", "90");
  assert.match(stdout, /^state: +gone for 00:00:01:00$/m);
  assert.match(stdout, /^time line: +create +10s {2}█{9}$/m);
  assert.match(stdout, /^ +boot +20s {11}█{17}$/m);
  assert.match(stdout, /^last error: +no login at 10\.0\.0\.9/m);
  assert.match(stdout, /^console:\n +panic$/m);
});

Deno.test("list of a node that is gone shows it as gone, says since when and why, and fails", async () => {
  await using bench = await CliBench.open();
  bench.pool.history = PAST;
  const { code, stdout, stderr } = await bench.run("list", "90", "-o", "json");
  assert.deepEqual([code, JSON.parse(stdout).nodes[0].state], [1, "gone"]);
  assert.match(
    stderr,
    /^nodepool: node 90 has been gone since 2030-01-02T03:03:05\.000Z, failed: no login at 10\.0\.0\.9; `history 90`/,
  );
});

for (
  const [argv, says] of [
    [["history", "--since", "yesterday"], /Expected how long ago \(2h, 1d\) or a time/],
    [["history", "90", "--job", "x"], /give an id or filters, not both/],
    [["events", "--since", "noon"], /Expected how long ago/],
  ] as const
) {
  Deno.test(`${argv.join(" ")} is refused with what is expected`, async () => {
    await using bench = await CliBench.open();
    const { code, stderr } = await bench.run(...argv);
    assert.equal(code, 2);
    assert.match(stderr, says);
  });
}

function frame(id: number, kind: string, message: string): string {
  const event = { version: 1, id, time: "2030-01-02T03:04:05.000Z", kind, subject: {}, labels: {}, message };
  return `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
}

Deno.test("events prints one a line, however they are cut on their way, and only the kinds that are asked for", async () => {
  await using bench = await CliBench.open();
  const text = `retry: 2000\nid: 4\n\n${frame(5, "node.ready", "node 7 is ready")}: heartbeat\n\n` +
    frame(6, "nodes.other", "not a node") + frame(7, "node.gone", "node 7 is gone\u001b[2J");
  bench.pool.events = text.match(/[^]{1,17}/g)!;
  const { stdout } = await bench.run("events", "--kind", "node");
  assert.deepEqual(stdout.split("\n").map((line) => line.replace(/ +/g, " ")), [
    "2030-01-02T03:04:05.000Z node.ready node 7 is ready",
    "2030-01-02T03:04:05.000Z node.gone node 7 is gone\\u001b[2J",
    "",
  ]);
  assert.ok(!stdout.includes("\u001b"));
  bench.columns = 80;
  const json = await bench.run("events", "--kind", "node.gone", "-o", "json");
  const { id, time } = JSON.parse(json.stdout);
  assert.deepEqual([id, time], [7, "2030-01-02T03:04:05.000Z"], "JSON is the same on a terminal");
  assert.match(bench.pool.calls[0]!, new RegExp(`^events .*"since":${NOW - 3_600_000}`));
});

Deno.test("show and history print a node on a terminal alike: in its width, with times of its zone", async () => {
  await using bench = await CliBench.open();
  bench.columns = 50;
  const [shown, past] = [await bench.run("show", "1"), await bench.run("history", "1")];
  assert.equal(shown.stdout, past.stdout);
  assert.doesNotMatch(shown.stdout, /T\d\d:\d\d/);
});

Deno.test("events --follow needs the daemon", async () => {
  await using bench = await CliBench.open({ daemon: false });
  assert.equal((await bench.run("events", "--follow")).code, 3);
});
