import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { type NodeLogView, viewNodeLog } from "../../src/views/node_log.ts";
import { viewNodeDetails } from "../../src/views/node_details.ts";
import { eventually } from "../eventually.ts";
import { CliBench } from "./run.ts";

const ENDED = "2030-01-02T03:04:05.000Z";

/** What the daemon tells of node 4. */
function log(
  bench: CliBench,
  {
    text = null,
    problem = null,
    script = null,
    ended = null,
    comment = null,
    read = "2030-01-02T03:04:05.000Z",
  }: {
    text?: string | null;
    problem?: string | null;
    script?: string | null;
    ended?: string | null;
    comment?: string | null;
    read?: string | null;
  },
): NodeLogView {
  const view = viewNodeLog(viewNodeDetails(bench.pool.current, 4)!, {
    console: { text, read, problem },
    script: script === null ? null : { text: script, running: true },
  });
  return { ...view, node: { ...view.node, ended, result: ended === null ? null : "failed", comment } };
}

/** From now on. */
function tell(bench: CliBench, view: NodeLogView): void {
  bench.pool.logs.splice(0, bench.pool.logs.length, view);
}

Deno.test("logs prints the console, and nothing else to standard output", async () => {
  await using bench = await CliBench.open();
  tell(bench, log(bench, { text: "booting\nlogin:" }));
  assert.deepEqual(await bench.run("logs", "4", "--lines", "20"), {
    code: 0,
    stdout: "booting\nlogin:\n",
    stderr: "",
  });
  assert.deepEqual(bench.pool.calls, ["log 4 20"]);
});

Deno.test("logs gives console and script headings where there are both", async () => {
  await using bench = await CliBench.open();
  tell(bench, log(bench, { text: "login:", script: "installing\n" }));
  const { stdout } = await bench.run("logs", "4");
  assert.equal(stdout, "==> console <==\nlogin:\n\n==> ready script <==\ninstalling\n");
  tell(bench, log(bench, { script: "installing\n", problem: "main keeps none" }));
  assert.deepEqual(await bench.run("logs", "4"), {
    code: 0,
    stdout: "installing\n",
    stderr: "nodepool: no console of node 4: main keeps none\n",
  });
});

Deno.test("logs of a node without any says why and fails; of one that is gone, since when and what became of it", async () => {
  await using bench = await CliBench.open();
  tell(bench, log(bench, { problem: "it has no server yet" }));
  assert.deepEqual(await bench.run("logs", "4"), {
    code: 1,
    stdout: "",
    stderr: "nodepool: no console of node 4: it has no server yet\n",
  });
  tell(bench, log(bench, { text: "panic", ended: ENDED, comment: "no login", read: null }));
  assert.deepEqual(await bench.run("logs", "4"), {
    code: 0,
    stdout: "panic\n",
    stderr: `nodepool: node 4 has been gone since ${ENDED}, failed: no login\n`,
  });
  tell(bench, log(bench, { text: "panic", problem: "cloud-b: timeout", read: null }));
  assert.equal(
    (await bench.run("logs", "4")).stderr,
    "nodepool: no console of node 4: cloud-b: timeout; this was kept when something failed\n",
  );
});

Deno.test("logs -o json is the whole document", async () => {
  await using bench = await CliBench.open();
  const view = log(bench, { text: "booting" });
  tell(bench, view);
  assert.deepEqual(JSON.parse((await bench.run("logs", "4", "-o", "json")).stdout), view);
  assert.equal((await bench.run("logs", "4", "-o", "json", "--follow")).code, 2);
});

Deno.test("logs --follow prints each line once, whatever the cloud cuts off, and ends with the node", async () => {
  await using bench = await CliBench.open();
  const shown = [
    log(bench, { problem: "it has no server yet" }),
    log(bench, { problem: "it has no server yet" }),
    log(bench, { text: "one\ntwo\nlog" }),
    log(bench, { text: "two\nlogin:" }),
    log(bench, { text: "two\nlogin:", script: "install" }),
    log(bench, { text: "login:", script: "install\ndone\n" }),
    log(bench, { problem: "cloud-b: timeout", script: null }),
    log(bench, { text: "rebooted\n" }),
    log(bench, { ended: ENDED, comment: "released" }),
  ];
  bench.pool.logs.push(...shown);
  const running = bench.run("logs", "4", "--follow");
  for (let look = 0; look < shown.length - 1; look++) {
    await eventually(() => bench.pool.calls.length === look + 1 && bench.clock.sleeping > 0);
    await bench.clock.advance(2 * SECOND);
  }
  const { code, stdout, stderr } = await running;
  assert.deepEqual([code, stdout], [
    0,
    "one\ntwo\nlogin:\n\n==> ready script <==\ninstall\ndone\n\n==> console <==\nrebooted\n",
  ]);
  assert.deepEqual(stderr.trimEnd().split("\n"), [
    "nodepool: no console of node 4: it has no server yet",
    "nodepool: no console of node 4: cloud-b: timeout",
    `nodepool: node 4 has been gone since ${ENDED}, failed: released`,
  ]);
});

Deno.test("logs --follow ends well with Ctrl-C, and needs the daemon", async () => {
  await using bench = await CliBench.open();
  tell(bench, log(bench, { text: "login:" }));
  const running = bench.run("logs", "4", "--follow");
  await eventually(() => bench.stdout !== "");
  bench.interrupt();
  assert.deepEqual(await running, { code: 0, stdout: "login:\n", stderr: "" });
  await bench.stopDaemon();
  assert.equal((await bench.run("logs", "4", "--follow")).code, 3);
});
