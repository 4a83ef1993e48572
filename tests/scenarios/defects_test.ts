/** A defect in planning or doing something for one record of a running pool: what people see of it, and of the others. */
import assert from "node:assert/strict";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { contentTag } from "../../src/views/view_pool.ts";
import { viewReadiness } from "../../src/views/health.ts";
import { viewNodeList } from "../../src/views/node_list.ts";
import { listProblems } from "../../src/views/list_problems.ts";
import { breakPlanning } from "./broken_planning.ts";
import { imageConfig } from "./image_pool.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

Deno.test("a node that breaks the planning is in list, status and the log; the pool is ready and serves the others", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 3, maxServers: 6 }) });
  await virtual.until(() => virtual.count("ready") === 3);
  const [first] = virtual.pool.report().nodes;
  const serverId = "serverId" in first!.state ? first!.state.serverId! : "";
  const tag = () => contentTag(virtual.pool.report(), { name: "node-list", filter: {} });
  const tagBefore = tag();
  {
    using _broken = breakPlanning(new Set([serverId]));
    // What nothing has changed for is not planned again.
    await virtual.reconfigure(poolConfig({ minReady: 3, maxServers: 7 }));
    const taken = await virtual.during(virtual.acquire("small", 2));
    assert.ok(taken.every(({ id }) => id !== first!.id), "it is not handed out");
    await virtual.during(virtual.ask("delete", { ids: taken.map(({ id }) => id), comment: "test" }));
    await virtual.until(() => virtual.count() === 3 && virtual.count("ready") === 3, 5 * MINUTE);
    const report = virtual.pool.report();
    const { nodes } = viewNodeList(report, {});
    assert.deepEqual(
      nodes.flatMap(({ id, waiting_on }) => waiting_on === null ? [] : [[id, waiting_on.reason]]),
      [[
        first!.id,
        "defect",
      ]],
    );
    assert.deepEqual(listProblems(report), [
      `node ${first!.id}: planning failed: a defect; the others are not affected`,
    ]);
    assert.deepEqual(viewReadiness(report), { ready: true, reasons: [] });
    assert.notEqual(tag(), tagBefore);
  }
  await virtual.during(virtual.ask("delete", { ids: [first!.id], comment: "test" }));
  await virtual.until(() => virtual.count() === 3 && virtual.count("ready") === 3, 5 * MINUTE);
  assert.deepEqual(listProblems(virtual.pool.report()), []);
});

Deno.test("an upload that breaks before it begins is tried again after ever longer pauses, and says why", async () => {
  let opened = 0;
  const virtual = VirtualPool.idle({
    config: imageConfig(),
    changeDeps: (deps) => ({
      ...deps,
      openCloud(provider, through) {
        // The first is the one that the provider is watched through.
        if (opened++ > 0) throw new TypeError("a defect");
        return deps.openCloud(provider, through);
      },
    }),
  });
  await using _virtual = virtual;
  const lines = await loggedLines(async () => {
    await virtual.startPool();
    await virtual.clock.advance(HOUR);
  });
  assert.ok(virtual.simulator.journal.countOf("image.create") <= 10);
  const told = lines.filter(({ level }) => level === "warning").map(({ message }) => message.join(""));
  assert.match(told[0]!, /^image \d+ \(noble on simulator\): delete: a defect$/);
});
