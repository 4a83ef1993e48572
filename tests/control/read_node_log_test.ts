import assert from "node:assert/strict";
import { operations } from "../../src/control/operations.ts";
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { Evidence, NodeRecord } from "../../src/domain/node.ts";
import { ControlError } from "../../src/control/control_error.ts";
import type { NodeLogView } from "../../src/views/node_log.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { NOW, sampleNode, sampleReport } from "../views/sample_pool.ts";

const evidence: Evidence = {
  at: NOW,
  error: "no login",
  kind: "ssh",
  requestId: null,
  fault: null,
  console: "kept: kernel panic",
};

interface Situation {
  readonly fields?: Partial<NodeRecord>;
  readonly isGone?: boolean;
  /** What the cloud shows, or fails with. */
  readonly shows?: string | Error;
  readonly running?: string | null;
}

async function logOf({ fields = {}, isGone = false, shows = "", running = null }: Situation) {
  const node = sampleNode({ id: 7, ...fields });
  const { ledger, clock } = await ledgerWith(...isGone ? [] : [node]);
  const asked: unknown[] = [];
  const pool = {
    ledger: isGone
      ? { nodes: ledger.nodes, getHistory: () => Promise.resolve({ node, endedAt: NOW }) }
      : ledger,
    clock,
    report: () => sampleReport({ nodes: isGone ? [] : [node] }),
    daemon: { scriptOutput: () => running },
    readConsole: (options: object) => {
      asked.push(options);
      return shows instanceof Error ? Promise.reject(shows) : Promise.resolve(shows);
    },
  };
  const { signal } = new AbortController();
  const { run } = operations["node-log"];
  const view = await run(pool as never, { id: 7, lines: 50 }, { signal }) as NodeLogView;
  return { ...view, asked, signal };
}

Deno.test("the console of a living node is what its cloud shows now, without what a terminal would act on", async () => {
  const shows = "\x1b[0;32mOK\x1b[0m booted\r\n\x1b]0;title\x07\x1b(Blogin: \x08\x00";
  const { console, script, asked, signal, at } = await logOf({ shows, fields: { evidence } });
  assert.deepEqual(console, { text: "OK booted\nlogin: ", read: at, problem: null });
  assert.deepEqual([script, asked], [null, [{
    provider: "cloud-a",
    serverId: "server-7",
    lines: 50,
    signal,
  }]]);
});

Deno.test("where the cloud has no console, or does not answer, it says so and shows what was kept", async () => {
  const failure = new CloudError("unavailable", "read the console of server s7: connection refused");
  const removed = new ControlError(404, "there is no provider cloud-a");
  const cases: [string | Error, RegExp][] = [
    [
      "",
      /^cloud-a has no console output of it: the server has written nothing yet, or the cloud keeps none$/,
    ],
    [failure, /^cloud-a: read the console of server s7: connection refused/],
    [removed, /^cloud-a: there is no provider cloud-a$/],
  ];
  for (const [shows, problem] of cases) {
    for (const [kept, text] of [[evidence, "kept: kernel panic"], [null, null]] as const) {
      const { console } = await logOf({ shows, fields: { evidence: kept } });
      assert.deepEqual([console.text, console.read], [text, null]);
      assert.match(console.problem!, problem);
    }
  }
});

Deno.test("that a node's server is gone before its record is no trouble with its console", async () => {
  const notFound = new CloudError("notFound", "read the console of server s7: 404 Not Found");
  const silent = new CloudError("timeout", "read the console of server s7: no answer");
  const state = {
    phase: "delete-server",
    serverId: "s7",
    lostAt: null,
    askedAt: NOW,
    acceptedAt: NOW,
  } as const;
  for (const shows of ["", notFound]) {
    const { console } = await logOf({ shows, fields: { state, evidence } });
    assert.deepEqual([console.text, console.problem], [
      "kept: kernel panic",
      "it is being deleted, and its server no longer has a console",
    ]);
  }
  assert.match((await logOf({ shows: silent, fields: { state } })).console.problem!, /no answer/);
  assert.match((await logOf({ shows: notFound })).console.problem!, /404/, "it is not being deleted");
});

Deno.test("a node without a server is not asked for", async () => {
  const { console, asked } = await logOf({
    fields: { state: { phase: "create", sentAt: null, lostAt: null } },
  });
  assert.deepEqual([console.text, console.problem, asked], [null, "it has no server yet", []]);
});

Deno.test("of a node that is gone, what was kept is shown, and no cloud is asked", async () => {
  const gone = await logOf({ isGone: true, fields: { evidence } });
  assert.deepEqual([gone.console, gone.node.ended === null, gone.asked], [
    { text: "kept: kernel panic", read: null, problem: null },
    false,
    [],
  ]);
  const { console } = await logOf({ isGone: true });
  assert.match(console.problem!, /^its console was not kept/);
});

Deno.test("the output of a script is what runs now, else what is kept of one that failed", async () => {
  const failed = { ...evidence, kind: "script", console: "E: no space left" };
  const cases: [Situation, NodeLogView["script"]][] = [
    [{ running: "unpacking…" }, { text: "unpacking…", running: true }],
    [{ running: "again", fields: { evidence: failed } }, { text: "again", running: true }],
    [{ fields: { evidence: failed } }, { text: "E: no space left", running: false }],
    [{ fields: { evidence: failed }, isGone: true }, { text: "E: no space left", running: false }],
    [{ fields: { evidence } }, null],
  ];
  for (const [situation, script] of cases) assert.deepEqual((await logOf(situation)).script, script);
  const { console } = await logOf({ fields: { evidence: failed }, isGone: true });
  assert.equal(console.text, null, "it is no console");
});
