import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { lockState } from "../../src/store/state_lock.ts";
import { eventually } from "../eventually.ts";
import { CliBench } from "./run.ts";

Deno.test("a command that needs the daemon waits for its socket while the state is in use", async () => {
  await using bench = await CliBench.open({ daemon: false });
  using _lock = await lockState(bench.state, { holder: "nodepool daemon", clock: systemClock });
  const ran = bench.run("image-list", "--watch");
  await eventually(() => bench.clock.sleeping === 1);
  await bench.startDaemon();
  await bench.clock.advance(100);
  await eventually(() => bench.stdout.includes("| ID"));
  bench.interrupt();
  await ran;
});

Deno.test("a command that finds the state in use and no socket says what is wrong", async () => {
  await using bench = await CliBench.open({ daemon: false });
  using _lock = await lockState(bench.state, { holder: "nodepool daemon", clock: systemClock });
  const ran = bench.run("acquire", "noble");
  // Each look at the socket is a real one, however long it takes.
  for (let looks = 0; bench.stderr === "" && looks < 100; looks++) {
    await eventually(() => bench.clock.sleeping === 1 || bench.stderr !== "");
    await bench.clock.advance(100);
  }
  const { code, stderr } = await ran;
  assert.equal(code, 3);
  assert.match(
    stderr,
    /^nodepool: a process has the state, but nothing listens on the control socket .+pool\.kv\.sock: a daemon creates/,
  );
});

Deno.test("a command gives the socket five seconds, however long each look takes", async () => {
  await using bench = await CliBench.open({ daemon: false });
  using _lock = await lockState(bench.state, { holder: "nodepool daemon", clock: systemClock });
  const ran = bench.run("acquire", "noble");
  let looks = 0;
  for (; bench.stderr === "" && looks < 10; looks++) {
    await eventually(() => bench.clock.sleeping === 1 || bench.stderr !== "");
    await bench.clock.advance(2_000);
  }
  assert.equal((await ran).code, 3);
  assert.ok(looks <= 4, `${looks} looks`);
});
