/**
 * Listings that leave servers out, as clouds with a cell that is down and proxies with an empty answer give them: what
 * lives is neither deleted nor given up, what is really gone is known soon, and asking costs little. Virtual time.
 */
import assert from "node:assert/strict";
import { serverIdOf } from "../../src/domain/node.ts";
import { externalIdOf } from "../../src/domain/provider_image.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import type { JournalRow } from "../../src/simulator/journal.ts";
import { renderExplanation } from "../../src/views/explain/render_explanation.ts";
import { viewExplanation } from "../../src/views/explain/view_explanation.ts";
import { viewNodeDetails } from "../../src/views/node_details.ts";
import { renderNodeText } from "../../src/views/node_facts.ts";
import { viewStatus } from "../../src/views/status.ts";
import { plainColumns } from "../../src/views/tables/column.ts";
import { renderTable } from "../../src/views/tables/render_table.ts";
import { poolLists, viewPool } from "../../src/views/view_pool.ts";
import { imageConfig, imagesOf, order, readyImages } from "./image_pool.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

const SIZE = 6;

/** A pool whose nodes are all in use. */
async function usedPool(size = SIZE): Promise<VirtualPool> {
  const virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0, maxServers: size }) });
  await virtual.acquire("small", size);
  return virtual;
}

function requests(virtual: VirtualPool, operation: string): readonly JournalRow[] {
  return virtual.simulator.journal.rows().filter((row) => row.operation === operation);
}

function assertAllUsed(virtual: VirtualPool, size = SIZE): void {
  assert.equal(virtual.count("used"), size);
  assert.equal(virtual.servers(), size);
  assert.deepEqual(requests(virtual, "server.delete"), []);
}

function problems(virtual: VirtualPool): string {
  return viewStatus(virtual.pool.report()).problems.join("\n");
}

/** The most requests of the kind within any minute. */
function mostInAMinute(rows: readonly JournalRow[]): number {
  return Math.max(
    0,
    ...rows.map(({ at }) => rows.filter((row) => row.at >= at && row.at < at + MINUTE).length),
  );
}

for (
  const [name, rule] of [
    ["is cut short", { fault: 19 }],
    ["is empty", { fault: 19, effect: false }],
    ["is stale", { fault: 20, time: HOUR }],
  ] as const
) {
  for (const time of [3 * MINUTE, 10 * MINUTE]) {
    Deno.test(`nodes in use outlive ${time / MINUTE} minutes of a list that ${name}`, async () => {
      await using virtual = await usedPool();
      virtual.simulator.arm(rule);
      await virtual.clock.advance(time);
      assertAllUsed(virtual);
      virtual.simulator.disarm();
      await virtual.clock.advance(10 * MINUTE);
      assertAllUsed(virtual);
      assert.equal(problems(virtual), "");
    });
  }
}

Deno.test("a list that leaves out servers that live is called doubtful for as long as it does", async () => {
  await using virtual = await usedPool(3);
  virtual.simulator.arm({ fault: 19, effect: false });
  await virtual.clock.advance(2 * MINUTE);
  assert.match(
    problems(virtual),
    /^provider main: its listings are unreliable: they omit 3 servers/,
  );
  assert.equal(virtual.pool.report().providers[0]?.missing?.isDoubtful, true);
  virtual.simulator.disarm();
  await virtual.clock.advance(MINUTE);
  assert.equal(problems(virtual), "");
});

Deno.test("ready nodes stay where the list is empty, and can be taken", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 4 }) });
  await virtual.until(() => virtual.count("ready") === 4);
  virtual.simulator.arm({ fault: 19, effect: false });
  await virtual.clock.advance(5 * MINUTE);
  assert.deepEqual([virtual.count("ready"), virtual.servers()], [4, 4]);
  await virtual.acquire("small");
  assert.deepEqual(requests(virtual, "server.delete"), []);
});

Deno.test("a pool that starts while lists are empty keeps what is in use", async () => {
  await using virtual = await usedPool();
  virtual.simulator.arm({ fault: 19, effect: false });
  await virtual.stopPool();
  await virtual.startPool();
  await virtual.clock.advance(10 * MINUTE);
  assertAllUsed(virtual);
  virtual.simulator.disarm();
  await virtual.clock.advance(2 * MINUTE);
  assertAllUsed(virtual);
  assert.equal(problems(virtual), "");
});

Deno.test("an idle pool asks for no single server", async () => {
  await using virtual = await usedPool();
  await virtual.clock.advance(HOUR);
  assert.deepEqual(requests(virtual, "server.show"), []);
});

Deno.test("servers that vanish now and then cost at most five looks a minute", async () => {
  await using virtual = await usedPool(20);
  for (let round = 0; round < 5; round++) {
    virtual.simulator.arm({ fault: 15, effect: false, count: 4 });
    await virtual.clock.advance(2 * MINUTE);
    virtual.simulator.disarm();
  }
  const looks = requests(virtual, "server.show");
  assert.deepEqual([virtual.count("used"), looks.length], [0, 20]);
  assert.ok(mostInAMinute(looks) <= 5, `${mostInAMinute(looks)} looks in a minute`);
  assert.deepEqual(requests(virtual, "server.delete"), [], "what is gone is not deleted");
});

/** What a user sees of a node. */
function shown(virtual: VirtualPool, id: number): Record<string, string> {
  const report = virtual.pool.report();
  const { columns, rows } = poolLists["node-list"].table;
  const list = renderTable({
    columns: plainColumns({ columns, rows: [] }),
    rows: rows(viewPool(report, { name: "node-list" })),
  });
  return {
    list,
    show: renderNodeText(viewNodeDetails(report, id)!),
    explain: renderExplanation(viewExplanation(report, String(id))!),
    label: renderExplanation(viewExplanation(report, "small")!),
    status: problems(virtual),
  };
}

Deno.test("a held node whose server somebody deleted is kept, and everything says that its server is gone", async () => {
  await using virtual = await usedPool(1);
  const [held] = virtual.pool.report().nodes;
  const [id, serverId] = [held!.id, serverIdOf(held!)!];
  const hold = { reason: "looking", owner: "ada", duration: 30 * HOUR };
  await virtual.during(virtual.ask("hold", { ids: [id], ...hold }));
  const isGone = /no longer on the cloud/;
  virtual.simulator.arm({ fault: 19, effect: false });
  await virtual.clock.advance(5 * MINUTE);
  for (const text of Object.values(shown(virtual, id))) {
    assert.doesNotMatch(text, isGone, "a list proves nothing");
  }
  virtual.simulator.disarm();

  virtual.simulator.arm({ fault: 15, effect: false, count: 1 });
  await virtual.clock.advance(5 * MINUTE);
  for (const restarted of [false, true]) {
    if (restarted) {
      await virtual.stopPool();
      await virtual.startPool();
      await virtual.clock.advance(5 * MINUTE);
    }
    for (const [what, text] of Object.entries(shown(virtual, id))) assert.match(text, isGone, what);
    for (const what of ["explain", "status"]) {
      assert.match(shown(virtual, id)[what]!, RegExp(`nodepool delete ${id}`));
    }
  }
  assert.match(shown(virtual, id)["list"]!, RegExp(`looking; server ${serverId} is no longer on the cloud`));
  assert.equal(virtual.count("hold"), 1);
  await virtual.during(virtual.ask("delete", { ids: [id], comment: "done" }));
  await virtual.until(() => virtual.count("hold") === 0 && virtual.count("delete") === 0);
  assert.doesNotMatch(problems(virtual), isGone);
});

Deno.test("deletions that the changes show cost no look", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0, maxServers: 20 }) });
  const nodes = await virtual.acquire("small", 20);
  const ids = nodes.map(({ id }) => id);
  await virtual.during(virtual.ask("release", { ids, result: "SUCCESS", job: null }));
  await virtual.until(() => virtual.count() === 0);
  assert.deepEqual(requests(virtual, "server.show"), []);
  assert.equal(requests(virtual, "server.delete").length, 20);
});

Deno.test("servers in use are looked up after all others", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 12, maxServers: 12 }) });
  await virtual.until(() => virtual.count("ready") === 12);
  const used = new Set((await virtual.acquire("small", 6)).map(serverIdOf));
  virtual.simulator.arm({ fault: 19, effect: false });
  await virtual.clock.advance(3 * MINUTE);
  const looks = requests(virtual, "server.show");
  const firstUsed = looks.findIndex(({ serverId }) => used.has(serverId));
  assert.equal(firstUsed, 6);
});

Deno.test("what neither the list nor a look shows is not given up", async () => {
  await using virtual = await usedPool();
  virtual.simulator.arm({ fault: 19, effect: false });
  virtual.simulator.arm({ fault: 1, operation: "server.show" });
  await virtual.clock.advance(20 * MINUTE);
  assertAllUsed(virtual);
});

for (const [name, effect] of [["tells of them", true], ["leaves them out", false]] as const) {
  Deno.test(`servers in a cell that is down are kept where the cloud ${name}`, async () => {
    await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 3 }) });
    await virtual.until(() => virtual.count("ready") === 3);
    const used = await virtual.acquire("small", 2);
    await virtual.until(() => virtual.count("ready") === 3);
    virtual.simulator.arm({ fault: 38, effect, time: 20 * MINUTE });
    await virtual.clock.advance(15 * MINUTE);
    assert.deepEqual([virtual.count("used"), virtual.count("ready"), virtual.servers()], [2, 3, 5]);
    assert.deepEqual(requests(virtual, "server.delete"), []);
    await virtual.clock.advance(10 * MINUTE);
    assert.deepEqual([virtual.count("used"), virtual.servers(), problems(virtual)], [2, 5, ""]);
    await virtual.during(
      virtual.ask("release", { ids: used.map(({ id }) => id), result: "SUCCESS", job: null }),
    );
    await virtual.until(() => virtual.count("used") === 0 && virtual.servers() === 3);
  });
}

const noImages = { fault: 19, effect: false, operation: "image.list" } as const;

Deno.test("a snapshot in progress that no list shows becomes an image all the same", async () => {
  const config = imageConfig({ built: [], prepared: ["made"] });
  await using virtual = await VirtualPool.start({ config });
  virtual.simulator.arm(noImages);
  await virtual.until(() => readyImages(virtual, "simulator").length === 1, HOUR);
  assert.deepEqual(requests(virtual, "image.delete"), []);
  assert.equal(requests(virtual, "server.snapshot").length, 1);
});

Deno.test("an image that somebody deleted on the cloud is gone here too, and another is made", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig() });
  await virtual.until(() => readyImages(virtual, "simulator").length === 1, HOUR);
  const [image] = readyImages(virtual, "simulator");
  const id = externalIdOf(image!)!;
  const { images } = virtual.simulator.cloud();
  images.delete(images.get(id)!);
  await virtual.until(() => readyImages(virtual, "simulator").some((one) => one.id !== image!.id), HOUR);
  assert.deepEqual(requests(virtual, "image.delete"), []);
});

Deno.test("a server whose answer got lost is found after a list that left everything out", async () => {
  await using virtual = await usedPool(2);
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: 1, maxServers: 3 })));
  virtual.simulator.arm({ fault: 3, count: 1 });
  virtual.simulator.arm({ fault: 19, effect: false });
  await virtual.clock.advance(5 * MINUTE + SECOND);
  virtual.simulator.disarm();
  await virtual.until(() => virtual.count("ready") === 1);
  assert.equal(requests(virtual, "server.create").length, 3);
  assert.deepEqual(requests(virtual, "server.delete"), []);
});

Deno.test("an image is deleted within seconds, though servers went missing while the pool was down", async () => {
  const config = imageConfig({ built: ["noble"], minReady: 5, maxServers: 5 });
  await using virtual = await VirtualPool.start({ config });
  await virtual.until(() => virtual.count("ready") === 5 && readyImages(virtual).length === 1, HOUR);
  await order(virtual, "update", "noble");
  await virtual.stopPool();
  virtual.simulator.arm({ fault: 15, effect: false, time: 0 });
  virtual.simulator.disarm();
  await virtual.startPool();
  await virtual.clock.advance(5 * SECOND);
  const [older] = readyImages(virtual);
  await virtual.during(virtual.ask("image-delete", { ids: [older!.id], comment: "" }));
  const before = virtual.clock.now();
  await virtual.until(() => !imagesOf(virtual).some(({ id }) => id === older!.id));
  const time = virtual.clock.now() - before;
  assert.equal(requests(virtual, "server.show").length, 5);
  assert.ok(time <= 5 * SECOND, `it took ${time / SECOND} s`);
});
