/** Clients that are killed, or stopped, while the daemon lives: what they asked for goes to others. */
import assert from "node:assert/strict";
import { AcquireClient, configOf, isUp, requests } from "./acquire_client.ts";
import { RunningPool } from "./running_pool.ts";

Deno.test("a client that dies, or sleeps for too long, keeps no node from others", async (t) => {
  const clouds = [{ bootTime: 3_000, deleteTime: 50 }];
  await using pool = await RunningPool.start({ config: configOf(0), clouds });
  pool.startDaemon();
  await pool.until(() => isUp(pool), { every: 20 });
  const [killed, asleep] = [new AcquireClient(pool), new AcquireClient(pool)];
  await pool.until(async () => (await requests(pool)).length === 2);
  const waiting = new AcquireClient(pool, "--count", "16");
  await pool.until(async () => (await requests(pool)).length === 3);
  // By then they wait for the answer.
  await pool.until(async () =>
    (await pool.nodes()).some(({ state, age }) => state === "building" && age >= 1)
  );
  for (const client of [killed, asleep]) client.kill("SIGSTOP");
  waiting.kill("SIGKILL");
  await waiting.ended();
  await pool.until(async () => (await requests(pool)).filter((state) => state === "granted").length === 2);
  assert.equal(await pool.count("used"), 2);

  await t.step("one that was killed while it waited leaves no request behind", async () => {
    await pool.until(async () => !(await requests(pool)).includes("waiting"));
  });
  await t.step("one that was killed before it read the answer gives its node back", async () => {
    killed.kill("SIGKILL");
    await killed.ended();
    await pool.until(async () => (await requests(pool)).length === 0);
    await pool.until(async () => await pool.count("used") === 0);
  });
  await t.step("one that wakes up too late says that it has no node", async () => {
    asleep.kill("SIGCONT");
    assert.equal(await asleep.ended(), 1);
    assert.match(
      asleep.complaints,
      /^nodepool: request \d+ was withdrawn before its nodes were taken: ask again\n$/,
    );
    const ready = await pool.count("ready");
    await pool.until(async () => await pool.count() === ready);
    assert.equal(pool.simulator.cloud().servers.counts().standing, ready);
  });
});

Deno.test("a client whose daemon hangs ends at the third interrupt, and not at what comes twice by itself", async () => {
  await using pool = await RunningPool.start({ config: configOf(0), clouds: [{ bootTime: 60_000 }] });
  pool.startDaemon();
  await pool.until(() => isUp(pool), { every: 20 });
  const client = new AcquireClient(pool);
  await pool.until(async () => (await requests(pool)).length === 1);
  await pool.until(() => client.stderr.includes("waiting for"), { every: 20 });
  Deno.kill(pool.pid, "SIGSTOP");
  try {
    client.kill("SIGINT");
    // Given twice before it is looked at, one signal is one.
    await pool.until(() => {
      if (!client.complaints.includes("the next interrupt ends it")) client.kill("SIGINT");
      return client.complaints.includes("the next interrupt ends it");
    }, { every: 300 });
    client.kill("SIGINT");
    assert.equal(await client.ended(), 130);
  } finally {
    Deno.kill(pool.pid, "SIGCONT");
  }
});
