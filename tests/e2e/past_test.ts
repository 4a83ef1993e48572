/** What has been: the history of nodes and the events of the pool, over a daemon that is killed and without any. */
import assert from "node:assert/strict";
import { RunningPool } from "./running_pool.ts";

const CONFIG = `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
labels:
  - {name: small, image: debian, min-ready: 1, providers: [{name: east}]}
providers:
  - name: east
    cloud: east
    max-servers: 3
    rate: 0
    images: [{name: debian, base-image: debian-12, min-ram: 512, username: debian, private-key: FOLDER/key,
              connection-port: SSH_PORT}]
`;

const ready = async (pool: RunningPool) => await pool.count("ready") === 1;

/** Events as they come over HTTP. */
async function follow(pool: RunningPool, headers: Record<string, string> = {}) {
  const ending = new AbortController();
  const response = await pool.fetch("/events", { headers, signal: ending.signal });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const heard = { ids: [] as number[], kinds: [] as string[], end: () => ending.abort() };
  void (async () => {
    let text = "";
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const frames = text.split("\n\n");
      text = frames.pop()!;
      for (const [, data] of frames.join("\n").matchAll(/^data: (.*)$/gm)) {
        heard.ids.push(JSON.parse(data!).id);
        heard.kinds.push(JSON.parse(data!).kind);
      }
    }
  })().catch(() => {});
  return heard;
}

Deno.test("what became of a node is told by one command, after kill -9 and without a daemon; events miss nothing", async (t) => {
  await using pool = await RunningPool.start({
    config: CONFIG,
    clouds: [{ name: "east", bootTime: 100, deleteTime: 50 }],
  });
  pool.startDaemon();
  await pool.until(() => ready(pool));
  const first = await follow(pool);
  const acquired = JSON.parse(
    (await pool.run("acquire", "small", "--job", "unit-tests", "-o", "json")).stdout,
  );
  const { id, server_id: server } = acquired.nodes[0];
  await pool.run("release", String(id), "--result", "FAILURE");
  await pool.until(() => first.kinds.includes("node.gone"));
  await pool.until(() => ready(pool));

  await t.step(
    "an id of a node that is gone says since when and why, and never that it is being deleted",
    async () => {
      for (const command of ["hold", "delete", "release"]) {
        const { code, stderr } = await pool.run(command, String(id));
        assert.equal(code, 1, command);
        assert.match(
          stderr,
          /^nodepool: node \d+ has been gone since \d{4}-\S+Z, used: released by unit-tests: FAILURE\n$/,
        );
      }
      const { code, stdout, stderr } = await pool.run("list", String(id));
      assert.equal(code, 1);
      assert.match(stdout, /\| gone +\|/);
      assert.match(stderr, /has been gone since .*`history \d+` shows everything about it/);
    },
  );

  const last = first.ids.at(-1)!;
  first.end();
  assert.equal(await pool.stopDaemon("SIGKILL"), 137);
  const looks = async () => {
    const { history: [past] } = JSON.parse(
      (await pool.run("history", "--job", "unit-tests", "--since", "1d", "-o", "json")).stdout,
    );
    assert.deepEqual([past.id, past.result, past.job_result, past.server_id, past.deleted_by], [
      id,
      "used",
      "FAILURE",
      server,
      "job",
    ]);
    assert.equal(typeof past.waited, "number");
    const { stdout } = await pool.run("history", String(id));
    assert.match(stdout, /^job: +unit-tests: FAILURE$/m);
    assert.match(stdout, /^time line: +create +\S+ +[█▏]/m);
    assert.match(stdout, /^ +delete-server +\S+ +[█▏]/m);
    const { stdout: told } = await pool.run("events", "--kind", "node.gone", "-o", "json");
    assert.deepEqual(JSON.parse(told.split("\n")[0]!).subject.id, id);
  };
  await t.step("without a daemon", looks);

  pool.startDaemon();
  await pool.until(() => ready(pool));
  await t.step("with the next daemon", looks);
  await t.step("whoever connects again with the last id goes on from it", async () => {
    const second = await follow(pool, { "last-event-id": String(last) });
    await pool.until(() => Promise.resolve(second.kinds.includes("daemon.started")));
    second.end();
    assert.deepEqual(second.ids, second.ids.map((_, index) => last + 1 + index));
  });
});

Deno.test("a hundred follow the events at once, besides those who ask for lists, and the daemon stops at once all the same", async () => {
  await using pool = await RunningPool.start({
    config: CONFIG,
    clouds: [{ name: "east", bootTime: 100, deleteTime: 50 }],
  });
  pool.startDaemon();
  await pool.until(() => ready(pool));
  const readers = await Promise.all(Array.from({ length: 100 }, () => follow(pool)));
  assert.match(await (await pool.fetch("/node-list?state=ready")).text(), /\| ready +\|/);
  const [node] = await pool.nodes();
  await pool.run("delete", String(node!.id));
  await pool.until(() => Promise.resolve(readers.every(({ kinds }) => kinds.includes("node.gone"))));
  assert.equal(await pool.stopDaemon(), 0);
});
