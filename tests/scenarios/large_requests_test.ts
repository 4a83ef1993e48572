/** Requests for more nodes than there are, or can be, beside requests for few: nobody waits for what cannot come. */
import assert from "node:assert/strict";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

/** Asks and waits until the test ends. @returns the request's id, and its reason for waiting */
async function ask(virtual: VirtualPool, count: number, label = "small") {
  const spec = { label, count, job: null, client: null, deadline: null };
  const { id } = await virtual.during(virtual.ask("request", spec));
  const state = { granted: false };
  const waiting = virtual.ask("request-grant", { id }, { signal: new AbortController().signal });
  waiting.then(() => state.granted = true, () => {});
  const record = () => virtual.pool.report().requests.find((each) => each.id === id);
  return { id, state, why: () => record()?.waitingOn?.message ?? "" };
}

async function refusal(asking: () => Promise<unknown>): Promise<string> {
  try {
    await asking();
  } catch (error) {
    return `${(error as { status?: number }).status} ${(error as Error).message}`;
  }
  return "accepted";
}

Deno.test("a request for more than the configuration can give is refused at once, with the sum", async () => {
  const clouds = [{ name: "east" }, { name: "west" }];
  const config = poolConfig({ minReady: 0, maxServers: 10, clouds: ["east", "west"] });
  await using virtual = await VirtualPool.start({ config, clouds });
  const message = await refusal(() => ask(virtual, 50));
  assert.match(message, /^409 .*50 nodes.* 20 .*east 10, west 10/);
  await virtual.during(virtual.reconfigure(config.replace("name: small", "name: small\n    subnodes: 2")));
  assert.match(await refusal(() => ask(virtual, 7)), /^409 .* 6 .*east 3, west 3/);
  await virtual.during(virtual.reconfigure(config.replace("name: small", "name: small\n    max-servers: 4")));
  assert.match(await refusal(() => ask(virtual, 5)), /^409 .* 4 .*the label's max-servers/);
  await virtual.during(virtual.reconfigure(config.replace("max-servers: 10", "max-servers: -1")));
  assert.match(await refusal(() => ask(virtual, 11)), /^409 .* 10 .*east is retired, west 10/);
  assert.equal(await refusal(() => ask(virtual, 10)), "accepted");
});

Deno.test("nodes that are ready can be had though the configuration would give no more", async () => {
  const config = poolConfig({ minReady: 2, maxServers: 2 });
  await using virtual = await VirtualPool.start({ config });
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.during(virtual.reconfigure(config.replace("max-servers: 2", "max-servers: -1")));
  assert.equal((await virtual.acquire("small", 2)).length, 2);
});

for (
  const [change, reconfigured, quotas] of [
    ["max-servers is lowered", (config: string) => config.replace("max-servers: 20", "max-servers: 10"), {}],
    ["the quota is lower", (config: string) => config, { instances: 10 }],
  ] as const
) {
  Deno.test(`a request that became impossible since ${change} keeps no ready nodes from others, and says so`, async () => {
    const config = poolConfig({ minReady: 0, maxServers: 20 });
    await using virtual = await VirtualPool.start({ config, clouds: [{ name: "simulator", quotas }] });
    await virtual.acquire("small", 7);
    const large = await ask(virtual, 15);
    await virtual.during(virtual.reconfigure(reconfigured(config)));
    await virtual.clock.advance(3 * MINUTE);
    const few = await ask(virtual, 1);
    await virtual.until(() => few.state.granted, 5 * MINUTE);
    assert.equal(large.state.granted, false);
    assert.match(large.why(), /15 nodes.* 10 .*main 10/);
  });
}

Deno.test("a request that gathers nodes for long keeps idle ones from others for ten minutes, and no longer", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0, maxServers: 10 }) });
  const [held] = await virtual.acquire("small");
  await virtual.during(virtual.ask("hold", { ids: [held!.id], reason: null, owner: null, duration: null }));
  const large = await ask(virtual, 10);
  await virtual.until(() => virtual.count("ready") === 9);
  const few = await ask(virtual, 1);
  await virtual.clock.advance(8 * MINUTE);
  assert.equal(few.state.granted, false, "it came later");
  assert.match(few.why(), new RegExp(`reserved for request ${large.id}, until \\d\\d:\\d\\d:\\d\\d`));
  await virtual.clock.advance(3 * MINUTE);
  assert.equal(few.state.granted, true);
  assert.match(large.why(), /max-servers 10\/10/);
});

Deno.test("a large request is met while small ones keep coming", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0, maxServers: 6 }) });
  const large = await ask(virtual, 5);
  const until = virtual.clock.now() + 2 * HOUR;
  while (!large.state.granted && virtual.clock.now() < until) {
    const few = await ask(virtual, 1);
    await virtual.clock.advance(2 * MINUTE);
    if (!few.state.granted) continue;
    const used = virtual.pool.report().nodes.filter((node) => node.requestId === few.id).map(({ id }) => id);
    if (used.length === 0) continue;
    await virtual.during(virtual.ask("release", { ids: used, result: "SUCCESS", job: null }));
  }
  assert.equal(large.state.granted, true);
});

Deno.test("a request that gathers nodes in vain keeps their room from another label for ten minutes, and gives no more than that", async () => {
  const config = poolConfig({ minReady: 0, maxServers: 10, more: ["other"] });
  await using virtual = await VirtualPool.start({ config });
  const [held] = await virtual.acquire("small");
  await virtual.during(virtual.ask("hold", { ids: [held!.id], reason: null, owner: null, duration: null }));
  await ask(virtual, 10);
  await virtual.until(() => virtual.count("ready", "small") === 9);
  const few = await ask(virtual, 2, "other");
  await virtual.clock.advance(8 * MINUTE);
  assert.deepEqual([few.state.granted, virtual.count("ready", "small")], [false, 9]);
  await virtual.until(() => few.state.granted, 7 * MINUTE);
  assert.equal(virtual.count("ready", "small"), 7);
  assert.equal(virtual.simulator.journal.countOf("server.create"), 12, "nothing was launched in vain");
});

Deno.test("two requests that gather nodes in vain do not take each other's by turns", async () => {
  const config = poolConfig({ minReady: 0, maxServers: 10, more: ["other"] });
  await using virtual = await VirtualPool.start({ config });
  const [held] = await virtual.acquire("small");
  await virtual.during(virtual.ask("hold", { ids: [held!.id], reason: null, owner: null, duration: null }));
  const large = await ask(virtual, 10);
  await virtual.until(() => virtual.count("ready", "small") === 9);
  const other = await ask(virtual, 10, "other");
  await virtual.clock.advance(3 * HOUR);
  assert.deepEqual([virtual.count("ready", "small"), virtual.count("ready", "other")], [9, 0]);
  assert.equal(virtual.simulator.journal.countOf("server.create"), 10);
  const few = await ask(virtual, 1, "other");
  await virtual.until(() => few.state.granted, 35 * MINUTE);
  assert.deepEqual([large.state.granted, other.state.granted], [false, false]);
});

Deno.test("a large request is met while small ones of another label keep coming", async () => {
  const config = poolConfig({ minReady: 0, maxServers: 6, more: ["other"] });
  await using virtual = await VirtualPool.start({ config });
  const large = await ask(virtual, 5);
  const waiting = new Set<number>();
  const until = virtual.clock.now() + 2 * HOUR;
  while (!large.state.granted && virtual.clock.now() < until) {
    for (let missing = 4 - waiting.size; missing > 0; missing--) {
      waiting.add((await ask(virtual, 1, "other")).id);
    }
    await virtual.clock.advance(2 * MINUTE);
    const used = virtual.pool.report().nodes.filter(({ label, state }) =>
      label === "other" && state.phase === "used"
    );
    for (const { requestId } of used) waiting.delete(requestId!);
    if (used.length === 0) continue;
    await virtual.during(
      virtual.ask("release", { ids: used.map(({ id }) => id), result: "SUCCESS", job: null }),
    );
  }
  assert.equal(large.state.granted, true);
});
