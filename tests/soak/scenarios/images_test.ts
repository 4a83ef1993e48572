/** The life of images on simulated clouds in virtual time: made, used, rotated, rolled back, and cleaned up. */
import assert from "node:assert/strict";
import { BuildError } from "../../../src/build/builder.ts";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { cloudImages, imageConfig, imagesOf, order, readyImages } from "../../scenarios/image_pool.ts";
import { VirtualPool } from "../../scenarios/virtual_pool.ts";

const failedBuild = new BuildError("exit", "disk-image-create ended with exit code 1", "E: no such package");

/** Everything of the pool's that is left: images on clouds, keypairs, servers, files of builds. */
function leftovers(virtual: VirtualPool) {
  const keypairs = [...virtual.simulator.clouds.values()].reduce(
    (sum, cloud) => sum + cloud.keypairs.size,
    0,
  );
  return {
    images: cloudImages(virtual),
    keypairs,
    servers: virtual.servers(),
    files: virtual.builder.files.size,
  };
}

const NOTHING = { images: 0, keypairs: 0, servers: 0, files: 0 };

Deno.test("from nothing to ready nodes of an image that is built and one that is prepared", async () => {
  const config = imageConfig({ prepared: ["ready-made"], minReady: 2 });
  await using virtual = await VirtualPool.start({ config });
  await virtual.until(() => virtual.count("ready") === 4, HOUR);
  const [built] = readyImages(virtual, "simulator", "noble");
  const [prepared] = readyImages(virtual, "simulator", "ready-made");
  assert.deepEqual([built?.source.type, prepared?.source.type], ["upload", "snapshot"]);
  for (const node of virtual.pool.report().nodes) {
    const image = node.label === "noble" ? built : prepared;
    assert.ok(image?.state.phase === "ready");
    assert.equal(virtual.serverOf(node).imageId, image.state.externalId);
  }
  await virtual.until(() => leftovers(virtual).servers === 4 && leftovers(virtual).keypairs === 0);
});

Deno.test("a prepared image is set up as the manual says, and its server and keypair go", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ built: [], prepared: ["made"] }) });
  await virtual.until(() => imagesOf(virtual).some(({ state }) => state.phase === "saving"), HOUR);
  const [builder] = virtual.pool.report().nodes;
  assert.ok(builder !== undefined);
  const server = virtual.serverOf(builder);
  assert.deepEqual(JSON.parse(server.metadata["nodepool"] ?? ""), {
    image_name: "made",
    provider_name: "simulator",
    snapshot_image_id: 1,
  });
  assert.deepEqual(JSON.parse(server.metadata["groups"] ?? ""), ["made", "simulator"]);
  assert.match(server.name, /^template-made-\d+$/);
  await virtual.until(() => readyImages(virtual).length === 1);
  await virtual.until(() => leftovers(virtual).servers === 0 && leftovers(virtual).keypairs === 0);
});

Deno.test("an update makes a new image, servers are booted from it at once, and the old ones go after 8 hours", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1, HOUR);
  const [first] = readyImages(virtual);
  assert.deepEqual((await order(virtual, "update", "noble")).map(({ ok }) => ok), [true, true]);
  await virtual.clock.advance(SECOND);
  assert.deepEqual((await order(virtual, "update", "noble")).map(({ ok }) => ok), [true, true]);
  const [, second, third] = readyImages(virtual);
  assert.ok(first && second && third?.state.phase === "ready");
  const [node] = await virtual.acquire("noble");
  await virtual.until(() => virtual.count("ready") === 1);
  const [fresh] = virtual.pool.report().nodes.filter(({ state }) => state.phase === "ready");
  assert.ok(node && fresh);
  assert.equal(virtual.serverOf(fresh).imageId, third.state.externalId);
  await virtual.clock.advance(8 * HOUR + 10 * MINUTE);
  assert.deepEqual(readyImages(virtual).map(({ id }) => id), [second.id, third.id]);
  assert.equal(virtual.builder.files.size, 2);
});

Deno.test("deleting a bad image by hand makes the previous one current, with no other step", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig() });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await order(virtual, "update", "noble");
  const [good, bad] = readyImages(virtual);
  assert.ok(good?.state.phase === "ready" && bad !== undefined);
  await virtual.during(virtual.ask("image-delete", { ids: [bad.id], comment: "deleted by ci" }));
  const [node] = await virtual.acquire("noble");
  assert.equal(virtual.serverOf(node!).imageId, good.state.externalId);
  await virtual.clock.advance(3 * HOUR);
  assert.deepEqual(imagesOf(virtual).map(({ id }) => id), [good.id]);
  assert.equal(cloudImages(virtual), 1);
});

Deno.test("deleting a bad build by hand leaves what was uploaded of it, and builds nothing anew", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig() });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  const [build] = virtual.pool.report().dibImages;
  await virtual.during(virtual.ask("dib-image-delete", { ids: [build!.id], comment: "deleted by ci" }));
  await virtual.clock.advance(3 * HOUR);
  assert.deepEqual(virtual.pool.report().dibImages, []);
  assert.deepEqual([virtual.builder.files.size, readyImages(virtual).length], [0, 1]);
});

Deno.test("a build that fails is tried again with growing pauses, and whoever waits is told why", async () => {
  let failures = 0;
  const build = () => failures++ < 3 ? { time: MINUTE, failure: failedBuild } : { time: MINUTE };
  await using virtual = await VirtualPool.start({ config: imageConfig(), build });
  const [outcome] = await order(virtual, "build", "noble");
  assert.deepEqual([outcome?.ok, outcome?.message], [false, failedBuild.message]);
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  const starts = virtual.builder.jobs.map(({ path }) => Number(path.match(/\d+$/)));
  const pauses = starts.slice(1).map((start, index) => start - starts[index]!);
  assert.ok(pauses[0]! >= 120 && pauses[1]! >= 180 && pauses[2]! >= 300, `pauses ${pauses}`);
  assert.equal(virtual.builder.files.size, 1);
});

const uploadFaults = [
  ["an error 500 without effect", { fault: 1, operation: "image.create", count: 2 }],
  ["an error 500 with the image made", { fault: 2, operation: "image.create", count: 2 }],
  ["an answer that never comes", { fault: 4, operation: "image.create", count: 2 }],
  ["an upload that is cut", { fault: 27, count: 2 }],
  ["an image that is killed", { fault: 29, count: 2 }],
  ["an image in use when it is deleted", { fault: 30, count: 3 }],
  ["a deletion that fails", { fault: 1, operation: "image.delete", count: 3 }],
] as const;

for (const [title, fault] of uploadFaults) {
  Deno.test(`${title} is made good, and leaves nothing in Glance`, async () => {
    await using virtual = await VirtualPool.start({ config: imageConfig(), faults: [fault] });
    await virtual.until(() => readyImages(virtual).length === 1, 2 * HOUR);
    for (let updates = 0; updates < 2; updates++) {
      await order(virtual, "update", "noble");
      await virtual.until(() => imagesOf(virtual).every(({ state }) => state.phase === "ready"), 2 * HOUR);
    }
    assert.ok(readyImages(virtual).length >= 3);
    await virtual.clock.advance(10 * HOUR);
    assert.equal(virtual.simulator.faults[0]!.struck, fault.count);
    assert.deepEqual([cloudImages(virtual), readyImages(virtual).length], [2, 2]);
  });
}

const snapshotFaults = [
  ["a builder that ends in ERROR", { fault: 9, count: 2 }],
  ["a builder that is never built", { fault: 10, count: 1 }],
  ["a builder that never answers", { fault: 12, count: 1 }],
  ["a builder that closes in the middle of a command", { fault: 14, count: 1 }],
  ["a snapshot whose answer is lost", { fault: 4, operation: "server.snapshot", count: 1 }],
  ["a snapshot that is refused", { fault: 1, operation: "server.snapshot", count: 2 }],
  ["a snapshot that is killed", { fault: 29, count: 1 }],
  ["a keypair whose answer is lost", { fault: 4, operation: "keypair.create", count: 1 }],
  ["a keypair that is not deleted at once", { fault: 1, operation: "keypair.delete", count: 2 }],
] as const;

for (const [title, fault] of snapshotFaults) {
  Deno.test(`${title} is made good, and leaves no server, keypair or image`, async () => {
    const config = imageConfig({
      built: [],
      prepared: ["made"],
      provider: "launch-timeout: 300s\n    boot-timeout: 60s\n    api-timeout: 20s",
    });
    await using virtual = await VirtualPool.start({ config, faults: [fault] });
    await virtual.until(() => readyImages(virtual).length === 1, 4 * HOUR);
    await virtual.clock.advance(HOUR);
    assert.ok(virtual.simulator.faults[0]!.struck > 0, "the fault struck");
    assert.deepEqual(leftovers(virtual), { ...NOTHING, images: 1 });
  });
}

Deno.test("an image stuck in saving is given up after 6 hours, and another is made", async () => {
  const faults = [{ fault: 28, count: 1 }];
  await using virtual = await VirtualPool.start({ config: imageConfig(), faults });
  await virtual.clock.advance(5 * HOUR);
  assert.equal(readyImages(virtual).length, 0);
  await virtual.until(() => readyImages(virtual).length === 1, 3 * HOUR);
  await virtual.until(() => cloudImages(virtual) === 1);
});

Deno.test("a fresh image that its check-script refuses is not used, and the previous one stays current", async () => {
  const refusing = { command: "*check.sh*", exitCode: 1, output: "no compiler" };
  await using virtual = await VirtualPool.start({ config: imageConfig({ image: "check-script: check.sh" }) });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  const [good] = readyImages(virtual);
  virtual.simulator.cloud().settings.ssh.commands.push({ time: 0, ...refusing });
  const outcomes = await order(virtual, "update", "noble");
  assert.deepEqual(outcomes.map(({ ok }) => ok), [true, false]);
  assert.match(outcomes[1]!.message, /the script check\.sh ended with exit code 1/);
  await virtual.clock.advance(2 * HOUR);
  assert.deepEqual(readyImages(virtual).map(({ id }) => id), [good!.id]);
  assert.deepEqual([cloudImages(virtual), virtual.servers()], [1, 0]);
});

Deno.test("an image that a launch in flight uses is not deleted under it", async () => {
  await using virtual = await VirtualPool.start({
    config: imageConfig(),
    clouds: [{ bootTime: 5 * MINUTE }],
  });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  const spec = { label: "noble", count: 1, job: null, client: null, deadline: null };
  await virtual.during(virtual.ask("request", spec));
  await virtual.until(() => virtual.count("building") === 1);
  const [image] = readyImages(virtual);
  await virtual.during(virtual.ask("image-delete", { ids: [image!.id], comment: "deleted by ci" }));
  await virtual.clock.advance(MINUTE);
  const [waiting] = virtual.pool.report().images.filter(({ id }) => id === image!.id);
  assert.equal(waiting?.waitingOn?.message, "a server is being booted from it");
  assert.ok(cloudImages(virtual) >= 1);
  await virtual.until(
    () => virtual.pool.report().images.find(({ id }) => id === image!.id)?.state.phase === "gone",
    HOUR,
  );
});

Deno.test("a provider whose max-servers is -1 gets nothing new, keeps what it has, and is then removed", async () => {
  const config = (maxServers: number) =>
    imageConfig({ clouds: ["east", "west"], minReady: 1, maxServers, prepared: ["made"] });
  const retired = config(10).replace(
    "name: west\n    cloud: west\n    max-servers: 10",
    "name: west\n    cloud: west\n    max-servers: -1",
  );
  await using virtual = await VirtualPool.start({
    config: config(10),
    clouds: [{ name: "east" }, { name: "west" }],
  });
  await virtual.until(() => readyImages(virtual).length === 4, 2 * HOUR);
  await virtual.during(virtual.reconfigure(retired));
  await order(virtual, "update", "noble");
  await virtual.clock.advance(HOUR);
  assert.equal(readyImages(virtual, "west").length, 2);
  assert.equal(readyImages(virtual, "east", "noble").length, 2);
  const ids = imagesOf(virtual, "west").map(({ id }) => id);
  await virtual.during(virtual.ask("image-delete", { ids, comment: "deleted by ci" }));
  const west = virtual.pool.report().nodes.filter(({ provider }) => provider === "west");
  for (const { id } of west) await virtual.during(virtual.ask("delete", { ids: [id], comment: "retired" }));
  await virtual.until(() => imagesOf(virtual, "west").length === 0, HOUR);
  assert.equal(virtual.simulator.cloud("west").images.counts().standing, 0);
  await virtual.until(() => virtual.servers("west") === 0);
  await virtual.during(
    virtual.reconfigure(imageConfig({ clouds: ["east"], minReady: 1, prepared: ["made"] })),
  );
  await virtual.clock.advance(HOUR);
  assert.equal(readyImages(virtual, "east", "made").length, 1);
});

Deno.test("an image and a diskimage that the configuration no longer has are cleaned up", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ built: ["noble", "jammy"] }) });
  await virtual.until(() => readyImages(virtual).length === 2, HOUR);
  await virtual.during(virtual.reconfigure(imageConfig({ built: ["noble"] })));
  await virtual.until(() => imagesOf(virtual).length === 1 && virtual.builder.files.size === 1, HOUR);
  assert.equal(cloudImages(virtual), 1);
  assert.deepEqual(imagesOf(virtual).map(({ image }) => image), ["noble"]);
});

Deno.test("an image that is to be made of another diskimage is, at once, and the one before serves until then", async () => {
  const config = imageConfig({ minReady: 1 });
  await using virtual = await VirtualPool.start({ config });
  await virtual.until(() => virtual.count("ready") === 1, HOUR);
  const renamed = config.replace("diskimage: noble", "diskimage: fresh")
    .replace("- name: noble\n    elements", "- name: fresh\n    elements");
  await virtual.during(virtual.reconfigure(renamed));
  await virtual.until(() => readyImages(virtual).length === 2, HOUR);
  const sources = readyImages(virtual).map(({ source }) => source.type === "upload" && source.diskimage);
  assert.deepEqual(sources, ["noble", "fresh"]);
  assert.equal(virtual.count("ready"), 1);
});

Deno.test("foreign images are never touched, also a copy of ours that carries our marks", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1, HOUR);
  const [ours] = readyImages(virtual);
  const book = virtual.simulator.cloud().images;
  const original = ours?.state.phase === "ready" ? book.get(ours.state.externalId) : undefined;
  assert.ok(original !== undefined);
  const copy = book.create({
    id: null,
    fields: { ...original.fields, name: "my-debugging-copy" },
    properties: original.properties,
  });
  await virtual.during(virtual.ask("image-delete", { ids: [ours!.id], comment: "deleted by ci" }));
  await virtual.clock.advance(12 * HOUR);
  assert.equal(book.get(copy.id)?.goneAt, Infinity);
});

Deno.test("a pool that is stopped and started at any time goes on with its images, and leaves nothing behind", async () => {
  const config = imageConfig({ prepared: ["made"], minReady: 1 });
  for (const pause of [SECOND, 7 * SECOND, 61 * SECOND, 64 * SECOND, 67 * SECOND]) {
    await using virtual = await VirtualPool.start({ config });
    for (let restarts = 0; restarts < 6; restarts++) {
      await virtual.clock.advance(pause);
      await virtual.stopPool();
      await virtual.startPool();
    }
    await virtual.until(() => virtual.count("ready") === 2, 2 * HOUR);
    await virtual.clock.advance(HOUR);
    assert.deepEqual(leftovers(virtual), { images: 2, keypairs: 0, servers: 2, files: 1 }, `pause ${pause}`);
  }
});

Deno.test("of five providers one that hangs on its upload delays no other", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const clouds = names.map((name) => ({ name: `cloud-${name}` }));
  const config = imageConfig({ clouds: clouds.map(({ name }) => name) });
  const timeOf = async (faults: NonNullable<ConstructorParameters<typeof Object>[0]>[]) => {
    await using virtual = await VirtualPool.start({ config, clouds, faults, uploadWorkers: 4 });
    const start = virtual.clock.now();
    await virtual.until(
      () => names.slice(1).every((name) => readyImages(virtual, `cloud-${name}`).length === 1),
      HOUR,
    );
    return virtual.clock.now() - start;
  };
  const usual = await timeOf([]);
  const hung = await timeOf([{ fault: 5, operation: "image.upload", cloud: "cloud-a", time: HOUR }]);
  assert.ok(hung <= usual + 10 * SECOND, `${hung} ms with one that hangs, ${usual} ms without`);
});
