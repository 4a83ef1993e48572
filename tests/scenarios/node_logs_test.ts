/** What there is of a node's console and its scripts, at each time of its life. Virtual time, seeded. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { NodeLogView } from "../../src/views/node_log.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

const log = (virtual: VirtualPool, id: number): Promise<NodeLogView> =>
  virtual.during(virtual.ask("node-log", { id, lines: 100 }));

Deno.test("the output of a ready script that hangs can be read while it runs, and its end where it failed", async () => {
  const label = "ready-script: prepare.sh";
  const config = `script-dir: /scripts\n${poolConfig({ minReady: 1, label })}`;
  const output = "installing\nno space left\n";
  const commands = [{ command: "*/prepare.sh *", output, exitCode: 1, time: 10 * MINUTE }];
  const clouds = [{ ssh: { commands } }];
  await using virtual = await VirtualPool.start({ config, clouds });
  await virtual.until(() => virtual.pool.report().nodes.some(({ state }) => state.phase === "prepare"));
  const { id } = virtual.pool.report().nodes[0]!;
  await virtual.clock.advance(6 * MINUTE);
  const during = await log(virtual, id);
  assert.deepEqual([during.script?.running, during.node.phase], [true, "prepare"]);
  assert.match(during.script!.text, /^installing/);
  assert.match(during.console.text!, /Linux version/);
  await virtual.clock.advance(10 * MINUTE);
  const { script, node, console } = await log(virtual, id);
  assert.deepEqual(script, { text: output.trim(), running: false });
  assert.deepEqual([node.state, node.result, console.text], ["gone", "failed", null]);
});

Deno.test("of a node that never let anybody in, the console is kept after its end", async () => {
  const config = poolConfig({ minReady: 1, provider: "boot-timeout: 60s" });
  await using virtual = await VirtualPool.start({ config, faults: [{ fault: 12, count: 1 }] });
  await virtual.until(() => virtual.count("building") === 1);
  const { id } = virtual.pool.report().nodes[0]!;
  await virtual.clock.advance(30 * SECOND);
  assert.match((await log(virtual, id)).console.text!, /cloud-init: hostname/);
  await virtual.clock.advance(10 * MINUTE);
  const { console, node } = await log(virtual, id);
  assert.deepEqual([node.state, console.read, console.problem], ["gone", null, null]);
  assert.match(console.text!, /cloud-init: hostname/);
});
