/** A bad image and the idle nodes booted from it go; those that somebody has, or looks at, stay. */
import assert from "node:assert/strict";
import { HOUR } from "../../src/domain/time.ts";
import { stateName } from "../../src/domain/node.ts";
import { imageConfig, order, readyImages } from "./image_pool.ts";
import { VirtualPool } from "./virtual_pool.ts";

/** The versions of the images that nodes were booted from, by state. */
function versions(virtual: VirtualPool, state: string): (number | undefined)[] {
  return virtual.pool.report().nodes.filter((node) => stateName(node) === state)
    .map(({ imageVersion }) => imageVersion);
}

Deno.test("image-delete --replace-ready: idle nodes of the bad image are replaced from the previous one, used and held ones stay", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ minReady: 2 }) });
  await virtual.until(() => virtual.count("ready") === 2, HOUR);
  const ask = (ids: readonly number[]) =>
    virtual.ask("image-delete", { ids, comment: "deleted by maria", replaceReady: true });
  const [first] = readyImages(virtual);
  assert.deepEqual(await ask([first!.id]), [{
    id: first!.id,
    ok: false,
    message: "image 1 stays: no other image noble on simulator is ready to replace its nodes from; " +
      "make one with `nodepool image-update simulator noble`",
  }]);
  await order(virtual, "update", "noble");
  const [, second] = readyImages(virtual);
  const [good, bad] = [first!.version, second!.version];
  await virtual.acquire("noble", 2);
  await virtual.until(() => virtual.count("ready") === 2);
  const [inUse] = await virtual.acquire("noble");
  await virtual.until(() => virtual.count("ready") === 2);
  const looked = virtual.pool.report().nodes.find((node) => stateName(node) === "ready")!;
  await virtual.ask("hold", { ids: [looked.id], reason: null, owner: null, duration: null });
  await virtual.until(() => virtual.count("ready") === 2);
  assert.deepEqual(versions(virtual, "ready"), [bad, bad]);
  assert.deepEqual(versions(virtual, "used").toSorted(), [good, good, bad]);

  const idle = virtual.pool.report().nodes.filter((node) => stateName(node) === "ready").map(({ id }) => id);
  assert.deepEqual(await ask([first!.id, second!.id]).then((all) => all.map(({ ok }) => ok)), [false, false]);
  assert.deepEqual(await ask([second!.id]), [{
    id: second!.id,
    ok: true,
    message: `marked for deletion; its idle nodes are replaced: ${idle.join(", ")}`,
  }]);
  await virtual.until(() => virtual.count("ready") === 2 && virtual.count("delete") === 0, HOUR);
  assert.deepEqual(versions(virtual, "ready"), [good, good]);
  assert.deepEqual(versions(virtual, "used").toSorted(), [good, good, bad]);
  assert.deepEqual(versions(virtual, "hold"), [bad]);
  assert.ok(virtual.serverOf(virtual.pool.report().nodes.find(({ id }) => id === inUse!.id)!));
  const { node } = (await virtual.pool.ledger.getHistory(idle[0]!))!;
  assert.deepEqual([node.deletedBy, node.comment, node.result], [
    "user",
    "deleted by maria with its image 2",
    "unused",
  ]);
});

Deno.test("image-delete --replace-ready: nodes still being built from the bad image are replaced too; said again, it goes on", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ minReady: 0 }) });
  await order(virtual, "update", "noble");
  await virtual.until(() => readyImages(virtual).length >= 1, HOUR);
  await order(virtual, "update", "noble");
  const [first, second] = readyImages(virtual);
  const spec = { label: "noble", count: 2, job: null, client: null, deadline: null };
  await virtual.ask("request", spec);
  await virtual.until(() => virtual.count("building") === 2);
  assert.deepEqual(versions(virtual, "building"), [second!.version, second!.version]);
  const ask = () => virtual.ask("image-delete", { ids: [second!.id], comment: "bad", replaceReady: true });
  assert.match((await ask())[0]!.message, /^marked for deletion; its idle nodes are replaced: \d+, \d+$/);
  assert.match((await ask())[0]!.message, /^already being deleted; it has no idle nodes$/);
  await virtual.until(() => virtual.count("used") === 2, HOUR);
  assert.deepEqual(versions(virtual, "used"), [first!.version, first!.version]);
});

Deno.test("image-delete --replace-ready deletes nothing before the state has been found to be right: a copy calls nodes ready that are in use", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1, HOUR);
  await order(virtual, "update", "noble");
  const [first] = readyImages(virtual);
  await virtual.stopPool();
  virtual.simulator.arm({ fault: 39, operation: "server.list", status: 503 });
  await virtual.startPool();
  const ask = () => virtual.ask("image-delete", { ids: [first!.id], comment: "bad", replaceReady: true });
  assert.deepEqual(await ask(), [{
    id: first!.id,
    ok: false,
    message:
      "image 1 stays: simulator has not been listed completely since the daemon's start; try again once it has",
  }]);
  await virtual.clock.advance(10_000);
  assert.match(
    (await ask())[0]!.message,
    /^image 1 stays: .* since the daemon's start \(.*503.*\); try again once it has$/,
  );
  assert.deepEqual([readyImages(virtual).length, virtual.count("ready")], [2, 1]);
});
