import assert from "node:assert/strict";
import { CliBench } from "./run.ts";

Deno.test("state adopt takes over what another daemon made, and says what became of it", async () => {
  await using bench = await CliBench.open();
  const { code, stdout } = await bench.run("state", "adopt");
  assert.equal(code, 0);
  assert.match(stdout, /^node 21: noble-cloud-a-9 on cloud-a \(s9, run r2\), held\n/);
  assert.match(stdout, /^node 7: held, /m);
  assert.deepEqual(bench.pool.calls, ["adopt"]);
});

Deno.test("state adopt --dry-run only shows the servers", async () => {
  await using bench = await CliBench.open();
  const { code, stdout } = await bench.run("state", "adopt", "--dry-run");
  assert.deepEqual([code, stdout], [0, "noble-cloud-a-9 on cloud-a (s9, run r2)\n"]);
  assert.deepEqual(bench.pool.calls, ["adopt --dry-run"]);
});

Deno.test("state without a command explains itself and fails", async () => {
  await using bench = await CliBench.open();
  const { code, stderr } = await bench.run("state");
  assert.equal(code, 2);
  assert.match(stderr, /adopt/);
});
