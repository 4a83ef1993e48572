/** What takes hours, in which a pool does little and must go on as it is, and say little of it. */
import assert from "node:assert/strict";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { VirtualBuilder } from "../../builders/virtual_builder.ts";
import { loggedLines } from "../../lib/logged_lines.ts";
import { imageConfig, readyImages } from "../../scenarios/image_pool.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

Deno.test("a held node outlives everything until it is deleted", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1);
  const [node] = await virtual.acquire("small");
  const hold = { reason: "looking", owner: "me", duration: null };
  await virtual.during(virtual.ask("hold", { ids: [node!.id], ...hold }));
  const [released] = await virtual.during(
    virtual.ask("release", { ids: [node!.id], result: "FAILURE", job: null }),
  );
  assert.equal(released!.ok, true);
  await virtual.clock.advance(30 * HOUR);
  assert.equal(virtual.count("hold"), 1);
  await virtual.during(virtual.ask("delete", { ids: [node!.id], comment: "done" }));
  await virtual.until(() => virtual.count("hold") === 0 && virtual.servers() === 1);
});

Deno.test("nodes stay in use for eight hours at most", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1);
  await virtual.acquire("small");
  await virtual.clock.advance(7.9 * HOUR);
  assert.equal(virtual.count("used"), 1);
  await virtual.clock.advance(0.2 * HOUR);
  assert.equal(virtual.count("used"), 0);
});

Deno.test("where the files of an images-dir stay away for six hours, they count as lost: images are built again", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig() });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  virtual.builder.files.clear();
  virtual.builder.isMarked = false;
  await virtual.clock.advance(MINUTE);
  void virtual.ask("image-order", { kind: "update", provider: null, image: "noble" });
  await virtual.clock.advance(5 * HOUR);
  assert.equal(virtual.builder.jobs.length, 1);
  await virtual.clock.advanceUntil(() => readyImages(virtual).length === 2, {
    within: 2 * HOUR,
    step: SECOND,
  });
  assert.equal(virtual.builder.jobs.length, 2);
});

Deno.test("a builder with an empty folder in the place of a lost one builds once the images built there have been missing for six hours", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig(), builders: true });
  const one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await one.kill();
  await using next = new VirtualBuilder(virtual, { host: "one", id: "new folder" });
  await virtual.during(virtual.ask("image-order", { kind: "build", provider: null, image: "noble" }));
  await virtual.clock.advance(5 * HOUR);
  assert.equal(next.disk.jobs.length, 0);
  await virtual.clock.advanceUntil(() => next.disk.jobs.length > 0, { within: 2 * HOUR, step: SECOND });
});

Deno.test("what breaks again and again while its record changes is in the log now and then, not each time", async () => {
  const virtual = VirtualPool.idle({
    config: imageConfig({ built: [], prepared: ["debian"] }),
    changeDeps: (deps) => ({ ...deps, openLog: () => Promise.reject(new TypeError("a defect")) }),
  });
  await using _virtual = virtual;
  const lines = await loggedLines(async () => {
    await virtual.startPool();
    await virtual.clock.advance(HOUR);
  });
  const told = lines.filter(({ level }) => level === "error").map(({ message }) => message.join(""));
  assert.deepEqual([...new Set(told)], ["defect in run-setup image 1: a defect"]);
  assert.ok(told.length >= 5 && told.length <= 7, `${told.length} times`);
});
