/** Files of builds that are not as they were made: a folder whose disk is not mounted, and a file that is damaged. */
import assert from "node:assert/strict";
import { BuildError } from "../../src/build/builder.ts";
import type { DibImage } from "../../src/domain/dib_image.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { cloudImages, imageConfig, order, readyImages } from "./image_pool.ts";
import { VirtualPool } from "./virtual_pool.ts";

const builds = (virtual: VirtualPool) => virtual.pool.report().dibImages;

Deno.test("while the disk of images-dir is not mounted, builds stay, and what needs their files waits and says why", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig() });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  const [build] = builds(virtual);
  virtual.builder.isMounted = false;
  const lines = await loggedLines(() => virtual.clock.advance(MINUTE));
  const warnings = lines.filter(({ level, category }) => level === "warning" && category.includes("build"));
  assert.equal(warnings.length, 1, "it is logged once");
  void virtual.ask("image-order", { kind: "upload", provider: "simulator", image: "noble" });
  await virtual.clock.advance(3 * HOUR);
  assert.deepEqual(builds(virtual).map(({ id, state }) => [id, state.phase]), [[build!.id, "ready"]]);
  assert.equal(virtual.builder.jobs.length, 1, "nothing is built on the disk below");
  assert.equal(cloudImages(virtual), 1);
  const [waiting] = virtual.pool.report().images.filter(({ state }) => state.phase === "create");
  assert.match(waiting!.waitingOn!.message, /^images-dir \/images lacks the images/);
  virtual.builder.isMounted = true;
  await virtual.until(() => readyImages(virtual).length === 2, HOUR);
  assert.equal(virtual.builder.jobs.length, 1);
});

Deno.test("an images-dir whose look breaks is told of once, and keeps no node from being served", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ prepared: ["debian"] }) });
  await virtual.until(() => readyImages(virtual).length === 2, HOUR);
  virtual.builder.folderProblem = () => {
    throw new TypeError("a defect");
  };
  const lines = await loggedLines(async () => {
    await virtual.acquire("debian");
    await virtual.clock.advance(10 * MINUTE);
  });
  const told = lines.filter(({ level }) => level === "warning" || level === "error");
  assert.deepEqual(told.map(({ message }) => message.join("")), ["cannot look at /images: a defect"]);
  assert.equal(virtual.pool.report().daemon!.tasks.find(({ name }) => name === "tick")!.lastError, null);
});

Deno.test("while the disk of images-dir is not mounted, nothing is built, and no files count as removed", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ built: ["noble", "jammy"] }) });
  await virtual.until(() => readyImages(virtual).length === 2, HOUR);
  virtual.builder.isMounted = false;
  await virtual.clock.advance(MINUTE);
  const [gone] = builds(virtual);
  await virtual.during(virtual.ask("dib-image-delete", { ids: [gone!.id], comment: "deleted by ci" }));
  void virtual.ask("image-order", { kind: "build", provider: null, image: "jammy" });
  await virtual.clock.advance(HOUR);
  const states = builds(virtual).map(({ state, waitingOn }) => [state.phase, waitingOn?.reason ?? null]);
  assert.deepEqual(states.toSorted(), [["build", "worker"], ["delete", "delete"], ["ready", null]]);
  virtual.builder.isMounted = true;
  await virtual.until(
    () => builds(virtual).filter(({ state }) => state.phase === "ready").length === 2,
    HOUR,
  );
  assert.equal(virtual.builder.files.size, 2);
});

Deno.test("where the files of an unmounted images-dir are lost for good, deleting their builds makes it a new one", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig() });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  virtual.builder.files.clear();
  virtual.builder.isMarked = false;
  await virtual.clock.advance(MINUTE);
  const ids = builds(virtual).map(({ id }) => id);
  await virtual.during(virtual.ask("dib-image-delete", { ids, comment: "deleted by ci" }));
  assert.deepEqual((await order(virtual, "update", "noble")).map(({ ok }) => ok), [true, true]);
});

Deno.test("a file that was damaged after its build is found out at the second upload, and built again", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig() });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  const [build] = builds(virtual);
  const files = virtual.builder.files.get(build!.path)!;
  for (const [format, bytes] of files) files.set(format, bytes.toReversed());
  const [first] = await order(virtual, "upload", "noble", "simulator");
  assert.match(first!.message ?? "", /has the MD5 /);
  await virtual.until(() => readyImages(virtual).length === 2, HOUR);
  assert.equal(virtual.builder.jobs.length, 2);
  assert.ok(builds(virtual).every(({ id }) => id !== build!.id));
});

Deno.test("a build whose name another pool took first becomes the next version, and removes nothing", async () => {
  const failure = new BuildError("taken", "/images has files of noble-1 already", "");
  const left = [failure, failure];
  await using virtual = await VirtualPool.start({
    config: imageConfig(),
    build: () => ({ failure: left.pop(), time: MINUTE }),
  });
  const removed: string[] = [];
  const remove = virtual.builder.remove.bind(virtual.builder);
  virtual.builder.remove = (path) => {
    removed.push(path);
    return remove(path);
  };
  const lines = await loggedLines(() => virtual.until(() => readyImages(virtual).length === 1, HOUR));
  const [{ version, path, logFile }] = builds(virtual) as [DibImage];
  const paths = virtual.builder.jobs.map((job) => job.path);
  assert.deepEqual(paths, [version - 2, version - 1, version].map((one) => `/images/noble-${one}`));
  assert.deepEqual([path, logFile], [paths[2], `/logs/noble-${version}.log`]);
  assert.deepEqual(removed, []);
  assert.equal(virtual.pool.report().orders.find(({ provider }) => provider === null)!.failures, 0);
  assert.equal(lines.filter(({ level }) => level === "warning").length, 2);
});
