/** Builders on other machines, in virtual time: who builds, what becomes of work when one is lost, or the leader is. */
import assert from "node:assert/strict";
import { BuildError } from "../../src/build/builder.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { cloudImages, imageConfig, imagesOf, readyImages } from "../scenarios/image_pool.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { sampleDibImage } from "../views/sample_images.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { VirtualPool } from "../scenarios/virtual_pool.ts";
import { VirtualBuilder } from "./virtual_builder.ts";

const slow = { time: 10 * MINUTE };

function pool(options: Partial<Parameters<typeof VirtualPool.start>[0]> = {}): Promise<VirtualPool> {
  return VirtualPool.start({ config: imageConfig(), builders: true, ...options });
}

/** The builds in their records: who has them, and in which phase they are. */
function builds(virtual: VirtualPool): string[] {
  return virtual.pool.report().dibImages.map(({ name, builder, state }) =>
    `${name} on ${builder?.host ?? "nobody"}: ${state.phase}`
  );
}

const building = (one: VirtualBuilder) => one.disk.building.size > 0;

function waits(virtual: VirtualPool): (string | undefined)[] {
  return virtual.pool.report().dibImages.map(({ waitingOn }) => waitingOn?.message);
}

Deno.test("an image is built on another machine, uploaded from there, and its files are removed there", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  assert.deepEqual(builds(virtual), ["noble on one: ready"]);
  assert.equal(virtual.builder.jobs.length, 0, "the leader builds nothing");
  const [{ environment, path }] = one.disk.jobs as [typeof one.disk.jobs[0]];
  assert.match(path, /^\/images of one\/noble-\d+$/);
  assert.equal(environment["ELEMENTS_PATH"], "/elements of one");
  await virtual.during(virtual.ask("dib-image-delete", { ids: [1], comment: "" }));
  await virtual.until(() => virtual.pool.report().dibImages.length === 0);
  assert.deepEqual(one.files, []);
  assert.equal(readyImages(virtual).length, 1, "what was uploaded stays");
});

Deno.test("a build whose name is taken in the builder's folder becomes the next version", async () => {
  const left = [new BuildError("taken", "there are files of it already", "")];
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, {
    host: "one",
    build: () => ({ failure: left.pop(), time: MINUTE }),
  });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  const [first, second] = one.disk.jobs.map(({ path }) => Number(path.match(/\d+$/)));
  assert.equal(second, first! + 1);
  assert.deepEqual(one.files, [`noble-${second}`]);
});

Deno.test("with no builder nothing is built, and the build says what it waits for, until one comes", async () => {
  await using virtual = await pool();
  await virtual.clock.advance(5 * MINUTE);
  assert.deepEqual(waits(virtual), [
    "no builder is connected: run `nodepool daemon --builder-only` on a machine that can build images",
  ]);
  await using _one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => readyImages(virtual).length === 1);
});

Deno.test("builders share the work: each image is built once, and each has as many builds as workers", async () => {
  const names = ["a", "b", "c", "d", "e"];
  await using virtual = VirtualPool.idle({ config: imageConfig({ built: names }), builders: true });
  await using one = new VirtualBuilder(virtual, { host: "one", buildWorkers: 2 });
  await using two = new VirtualBuilder(virtual, { host: "two" });
  await virtual.startPool();
  await virtual.until(() => one.disk.building.size === 2 && two.disk.building.size === 1);
  await virtual.until(() => readyImages(virtual).length === names.length, HOUR);
  const built = [...one.disk.jobs, ...two.disk.jobs].map(({ name }) => name).sort();
  assert.deepEqual(built, names);
  assert.ok(two.disk.jobs.length >= 1);
});

Deno.test("a builder that dies half way is replaced: another builds the image, and nothing of the first is used", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one", build: () => slow });
  await virtual.until(() => building(one));
  await using two = new VirtualBuilder(virtual, { host: "two" });
  await virtual.clock.advance(MINUTE);
  assert.equal(two.disk.jobs.length, 0);
  await one.kill();
  await virtual.until(() => building(two), MINUTE);
  const lost = virtual.pool.report().dibImages.find(({ builder }) => builder?.host === "one");
  assert.equal(lost?.comment ?? "builder one was lost", "builder one was lost");
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  assert.deepEqual(builds(virtual), ["noble on two: ready"]);
  one.start();
  await virtual.clock.advance(MINUTE);
  assert.deepEqual(one.files, [], "it comes back, and removes the half-made files");
  assert.equal(one.disk.jobs.length, 1);
});

Deno.test("a builder that is cut off is lost; when it is back with the build, it is told to stop and to remove it", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one", build: () => ({ time: HOUR }) });
  await virtual.until(() => building(one));
  await using two = new VirtualBuilder(virtual, { host: "two" });
  one.isCut = true;
  await virtual.until(() => readyImages(virtual).length === 1, 10 * MINUTE);
  assert.ok(building(one));
  one.isCut = false;
  await virtual.until(() => !building(one) && one.files.length === 0, MINUTE);
  assert.deepEqual(two.files.length, 1);
});

Deno.test("a short cut changes nothing: the build goes on and is used", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one", build: () => slow });
  await using two = new VirtualBuilder(virtual, { host: "two", build: () => slow });
  await virtual.until(() => building(one) || building(two));
  const [busy, idle] = building(one) ? [one, two] : [two, one];
  busy.isCut = true;
  await virtual.clock.advance(12 * SECOND);
  busy.isCut = false;
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  assert.equal(idle.disk.jobs.length, 0);
});

Deno.test("the next leader goes on with the builds under way: no image is built twice", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one", build: () => slow });
  await using two = new VirtualBuilder(virtual, { host: "two", build: () => slow });
  await virtual.until(() => building(one) || building(two));
  await virtual.killPool();
  await virtual.clock.advance(12 * SECOND);
  await virtual.startPool();
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  assert.equal(one.disk.jobs.length + two.disk.jobs.length, 1);
  assert.equal(virtual.pool.report().dibImages[0]?.id, 1);
});

Deno.test("a build that ended while nobody led is taken over by the next leader", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => building(one));
  await virtual.killPool();
  await virtual.clock.advance(30 * MINUTE);
  await virtual.startPool();
  await virtual.until(() => readyImages(virtual).length === 1, 2 * MINUTE);
  assert.equal(one.disk.jobs.length, 1);
});

Deno.test("a build whose builder died with the leader is given to another by the next one", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one", build: () => slow });
  await virtual.until(() => building(one));
  await one.kill();
  await virtual.killPool();
  await using two = new VirtualBuilder(virtual, { host: "two" });
  await virtual.startPool();
  await virtual.clock.advance(5 * SECOND);
  assert.deepEqual(waits(virtual), ["builder one, which builds it, does not answer"]);
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  assert.equal(two.disk.jobs.length, 1);
});

Deno.test("a builder that is restarted begins its build again, and still has its finished images", async () => {
  await using virtual = await pool({ config: imageConfig({ built: ["a", "b"] }) });
  const time = (name: string) => ({ time: name === "a" ? MINUTE : 10 * MINUTE });
  await using one = new VirtualBuilder(virtual, { host: "one", build: ({ name }) => time(name) });
  await virtual.until(() => readyImages(virtual).length === 1 && building(one), HOUR);
  await one.kill();
  one.start();
  await virtual.clock.advance(5 * SECOND);
  const interrupted = virtual.pool.report().dibImages.filter(({ deletedBy }) => deletedBy === "failure");
  assert.deepEqual(interrupted.map(({ comment }) => comment), ["builder one was restarted"]);
  await virtual.until(() => readyImages(virtual).length === 2, HOUR);
  await virtual.until(() => one.files.length === 2, MINUTE);
  assert.deepEqual(one.disk.jobs.map(({ name }) => name), ["a", "b", "b"]);
});

Deno.test("files of a builder that is gone for good are built again elsewhere where an upload still needs them", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await one.kill();
  await using two = new VirtualBuilder(virtual, { host: "two" });
  await virtual.clock.advance(HOUR);
  assert.equal(two.disk.jobs.length, 0, "what was uploaded is not missed");
  const [image] = readyImages(virtual);
  await virtual.during(virtual.ask("image-delete", { ids: [image!.id], comment: "" }));
  await virtual.until(() => two.disk.jobs.length === 1, 5 * MINUTE);
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
});

Deno.test("files of a builder that is silent are waited for: nothing is built again, and the upload says why", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await one.kill();
  await using two = new VirtualBuilder(virtual, { host: "two" });
  const [image] = readyImages(virtual);
  await virtual.during(virtual.ask("image-delete", { ids: [image!.id], comment: "" }));
  await virtual.clock.advance(5 * MINUTE);
  const reasons = imagesOf(virtual).filter(({ state }) => state.phase === "create").map(({ waitingOn }) =>
    waitingOn?.message
  );
  assert.deepEqual(reasons, ["builder one, which has the files of dib image 1, does not answer"]);
  one.start();
  await virtual.until(() => readyImages(virtual).length === 1, 2 * MINUTE);
  assert.equal(two.disk.jobs.length, 0);
});

Deno.test("a leader that dies in the middle of an upload leaves nothing on the cloud, and the next one uploads again", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => imagesOf(virtual).some(({ state }) => state.phase === "upload"), HOUR);
  await virtual.killPool();
  await virtual.startPool();
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await virtual.until(() => cloudImages(virtual) === 1, HOUR);
  assert.equal(one.disk.jobs.length, 1);
});

Deno.test("an upload whose builder dies is begun again by it later, and what it had sent goes from the cloud", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => imagesOf(virtual).some(({ state }) => state.phase === "upload"), HOUR);
  await one.kill();
  await virtual.clock.advance(MINUTE);
  one.start();
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await virtual.until(() => cloudImages(virtual) === 1, HOUR);
  assert.equal(one.disk.jobs.length, 1);
});

Deno.test("a failed build names its builder and is tried again", async () => {
  let failures = 1;
  await using virtual = await pool();
  const failure = new BuildError("exit", "the build of noble failed with exit code 1", "E: no element");
  await using one = new VirtualBuilder(virtual, {
    host: "one",
    build: () => failures-- > 0 ? { time: SECOND, failure } : { time: SECOND },
  });
  await virtual.until(() => virtual.pool.report().orders.some(({ lastError }) => lastError !== null), HOUR);
  const lastError = virtual.pool.report().orders.map((one) => one.lastError).find((error) => error !== null);
  assert.equal(lastError, "on builder one: the build of noble failed with exit code 1");
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await virtual.until(() => one.files.length === 1);
});

Deno.test("a builder that does not know a kind of work says so, and which version it runs", async () => {
  await using virtual = await pool();
  const unknown = (answer: { orders: readonly object[] }) => ({
    ...answer,
    later: true,
    orders: answer.orders.map((given) => ({ ...given, type: "paint" })),
  });
  await using _one = new VirtualBuilder(virtual, { host: "one", changeAnswer: unknown });
  await virtual.until(() => virtual.pool.report().orders.some(({ lastError }) => lastError !== null), HOUR);
  assert.match(
    virtual.pool.report().orders[0]!.lastError!,
    /^on builder one: nodepool test cannot handle paint: install/,
  );
});

Deno.test("a builder that is stopping takes no new build and finishes the one it is at", async () => {
  await using virtual = await pool({ config: imageConfig({ built: ["a", "b"] }) });
  await using one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => building(one));
  one.stopAccepting();
  await virtual.clock.advance(10 * MINUTE);
  assert.equal(readyImages(virtual).length, 1);
  assert.equal(one.disk.jobs.length, 1);
});

Deno.test("a build whose image is deleted is ended on its builder, and its files go", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one", build: () => slow });
  await virtual.until(() => building(one));
  await virtual.during(virtual.ask("dib-image-delete", { ids: [1], comment: "" }));
  const { path } = one.disk.jobs[0]!;
  await virtual.until(() => !one.disk.building.has(path) && !one.disk.files.has(path), MINUTE);
  await virtual.until(() => !virtual.pool.report().dibImages.some(({ id }) => id === 1), 2 * MINUTE);
});

Deno.test("images from before the state was moved to etcd are those of the builder that has their files", async () => {
  const diskimage = { id: 1, name: "noble", version: 1_600_000_000, path: "/images of one/noble-1600000000" };
  const store = createMemoryStore({ clock: new VirtualClock(), random: seededRandom(1) });
  await store.commit({
    dibImages: [1, 2].map((id) => ({
      previous: null,
      next: sampleDibImage({
        ...diskimage,
        id,
        version: diskimage.version + id,
        path: `${diskimage.path}${id}`,
      }),
    })),
  });
  await using virtual = await pool({ store });
  await using one = new VirtualBuilder(virtual, { host: "one" });
  one.disk.files.set(`${diskimage.path}1`, new Map([["qcow2", new Uint8Array(1)]]));
  one.disk.files.set("/images of one/mine-1", new Map());
  await virtual.until(() => builds(virtual).some((text) => text === "noble on one: ready"), MINUTE);
  await virtual.during(virtual.ask("dib-image-delete", { ids: [1], comment: "" }));
  await virtual.until(() => !one.disk.files.has(`${diskimage.path}1`), 5 * MINUTE);
  assert.ok(one.files.includes("mine-1"), "files of somebody else stay");
});

Deno.test("a builder that is started while the disk of its folder is not mounted builds nothing on the one below", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await one.kill();
  const unmounted = new VirtualBuilder(virtual, { host: "one", id: "folder below" });
  await virtual.during(virtual.ask("image-order", { kind: "build", provider: null, image: "noble" }));
  await virtual.clock.advance(5 * MINUTE);
  assert.equal(unmounted.disk.jobs.length, 0);
  const why =
    "images-dir /images of one on one lacks the images built there: mount the disk that it is on, or, if they " +
    "are lost, delete them with `nodepool dib-image-delete`; after six hours without them, they count as lost";
  assert.ok(waits(virtual).includes(why), waits(virtual).join("\n"));
  await unmounted.kill();
  one.start();
  await virtual.until(() => one.disk.jobs.length === 2, MINUTE);
});

Deno.test("a builder whose disk is unmounted while it runs builds nothing on the one below, but in a folder made anew", async () => {
  await using virtual = await pool();
  await using one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await virtual.during(one.findFolder({ id: "folder below", disk: 2 }));
  await virtual.during(virtual.ask("image-order", { kind: "build", provider: null, image: "noble" }));
  await virtual.clock.advance(5 * MINUTE);
  assert.equal(one.disk.jobs.length, 1);
  assert.ok(waits(virtual).some((why) => why?.includes("lacks the images built there")));
  await virtual.during(one.findFolder({ id: "folder of one", disk: 1 }));
  await virtual.until(() => one.disk.jobs.length === 2, MINUTE);
  await virtual.during(one.findFolder({ id: "made anew", disk: 1 }));
  await virtual.during(virtual.ask("image-order", { kind: "build", provider: null, image: "noble" }));
  await virtual.until(() => one.disk.jobs.length === 3, 5 * MINUTE);
});

Deno.test("a builder with an empty folder in the place of a lost one builds once the images built there are deleted", async () => {
  await using virtual = await pool();
  const one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await one.kill();
  await using next = new VirtualBuilder(virtual, { host: "one", id: "new folder" });
  await virtual.during(virtual.ask("image-order", { kind: "build", provider: null, image: "noble" }));
  await virtual.clock.advance(MINUTE);
  assert.equal(next.disk.jobs.length, 0);
  await virtual.during(virtual.ask("dib-image-delete", { ids: [1], comment: "" }));
  await virtual.until(() => next.disk.jobs.length > 0, MINUTE);
});

Deno.test("a builder whose folder belongs to another pool, or is a copy of another's, is refused", async () => {
  await using virtual = await pool();
  await using _one = new VirtualBuilder(virtual, { host: "one" });
  await virtual.clock.advance(SECOND);
  const report = {
    id: "folder of one",
    process: "x",
    host: "copy",
    pid: 1,
    version: "test",
    accepting: true,
    buildWorkers: 1,
    uploadWorkers: 1,
    imagesDir: "/images",
    buildLogDir: "/logs",
    elementsDir: null,
    scriptDir: null,
    installation: null,
    builds: [],
    found: [],
    stuck: [],
    works: [],
    wait: 0,
  };
  await assert.rejects(virtual.ask("builder-sync", report), {
    status: 409,
    message:
      "/images on copy is a copy of the images-dir of the builder on one: remove .nodepool-builder.json from it",
  });
  await assert.rejects(virtual.ask("builder-sync", { ...report, id: "y", installation: "another" }), {
    status: 409,
    message: "/images on copy holds images of another pool: give this builder an images-dir of its own",
  });
});

Deno.test("what waits for a builder says why the only one is refused", async () => {
  await using virtual = await pool();
  await using _one = new VirtualBuilder(virtual, { host: "one", installation: "another" });
  await virtual.clock.advance(MINUTE);
  assert.deepEqual(waits(virtual), [
    "/images of one on one holds images of another pool: give this builder an images-dir of its own",
  ]);
});
