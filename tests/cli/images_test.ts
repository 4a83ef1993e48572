/** The commands about images, on a pool that is scripted. */
import assert from "node:assert/strict";
import { ControlError } from "../../src/control/control_error.ts";
import { sampleDibImage, sampleImage } from "../views/sample_images.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { NOW, sampleReport } from "../views/sample_pool.ts";
import { eventually } from "../eventually.ts";
import { CliBench } from "./run.ts";

const ready = { provider: "cloud-a", image: "noble", ok: true, message: "ready" };
const failed = {
  provider: null,
  image: "noble",
  ok: false,
  message: "disk-image-create ended with exit code 1",
};

/** Runs a command until it waits for its order, lets that come to the outcomes, and tells how the command ended. */
async function ordering(outcomes: readonly (typeof ready | typeof failed)[], ...argv: string[]) {
  await using bench = await CliBench.open();
  const running = bench.run(...argv);
  await eventually(() => bench.pool.calls.some((call) => call.startsWith("wait-orders")));
  bench.pool.orders.resolve(outcomes);
  return { ...await running, order: bench.pool.calls[0] };
}

Deno.test("image-update waits until the image is ready", async () => {
  const { code, stdout, order } = await ordering([ready], "image-update", "all", "noble");
  assert.equal(order, 'order {"kind":"update","provider":null,"image":"noble"}');
  assert.deepEqual([code, stdout], [0, "image noble on cloud-a: ready\n"]);
});

Deno.test("image-build that fails says why, and exits 1", async () => {
  const { code, stderr, order } = await ordering([failed], "image-build", "noble");
  assert.equal(order, 'order {"kind":"build","provider":null,"image":"noble"}');
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "nodepool: diskimage noble: disk-image-create ended with exit code 1; the daemon tries again\n",
  );
});

Deno.test("image-upload takes a provider, all, or none", async () => {
  const orders = [];
  for (const names of [["cloud-a", "noble"], ["all", "noble"], ["noble"]]) {
    orders.push((await ordering([ready], "image-upload", ...names)).order);
  }
  const order = (provider: string | null) =>
    `order ${JSON.stringify({ kind: "upload", provider, image: "noble" })}`;
  assert.deepEqual(orders, [order("cloud-a"), order(null), order(null)]);
});

Deno.test("with --no-wait an order is only placed", async () => {
  await using bench = await CliBench.open();
  const { code, stdout } = await bench.run("image-update", "cloud-a", "noble", "--no-wait");
  assert.deepEqual([code, stdout], [0, "diskimage noble: ordered\nimage noble on cloud-a: ordered\n"]);
  assert.equal(bench.pool.calls.length, 1);
});

Deno.test("image-build --follow prints the log of the build that it brought about", async () => {
  await using bench = await CliBench.open();
  bench.pool.current = sampleReport({
    dibImages: [sampleDibImage({ id: 3 }), sampleDibImage({ id: 4, version: sampleReport().now / 1000 })],
  });
  const running = bench.run("image-build", "noble", "--follow");
  await eventually(() => bench.pool.calls.includes("follow 4"));
  bench.pool.orders.resolve([{ ...failed, ok: true, message: "ready" }]);
  const { code, stdout } = await running;
  assert.deepEqual([code, stdout], [0, "+ building\nbuilt\ndiskimage noble: ready\n"]);
});

Deno.test("on a terminal an upload shows how far it is", async () => {
  await using bench = await CliBench.open();
  bench.errorColumns = 80;
  const upload = sampleImage({ id: 5, state: { phase: "upload", externalId: "x", startedAt: 1 } });
  bench.pool.current = sampleReport({ images: [upload], uploads: new Map([[5, { sent: 50, total: 100 }]]) });
  const running = bench.run("image-upload", "cloud-a", "noble");
  await eventually(() => bench.stderr.includes("50%"));
  bench.pool.orders.resolve([ready]);
  const { code, stderr } = await running;
  assert.equal(code, 0);
  assert.match(stderr, /image noble on cloud-a: █{15}░{15} 50%/);
  assert.ok(stderr.endsWith("\x1b[1A\x1b[J"), "the bar is gone at the end");
});

Deno.test("elsewhere an order says at once what it waits for, and says it once", async () => {
  await using bench = await CliBench.open();
  const waitingOn = { reason: "server", message: "quota full: instances 4/4", since: NOW } as const;
  const image = sampleImage({ id: 5, state: { phase: "server", nodeId: null }, waitingOn });
  bench.pool.current = sampleReport({ images: [image] });
  const running = bench.run("image-update", "cloud-a", "noble");
  const obstacle = {
    provider: null,
    kind: "step",
    message: waitingOn.message,
    since: null,
    until: null,
    cure: "time",
    remedy: null,
    manual: null,
  } as const;
  const wait = { what: ["image noble"], obstacles: [obstacle] };
  bench.pool.tell(wait);
  await eventually(() => bench.stderr !== "");
  bench.pool.tell(wait);
  await bench.clock.advance(MINUTE);
  bench.pool.orders.resolve([ready]);
  const { code, stderr } = await running;
  assert.equal(code, 0);
  assert.equal(
    stderr,
    "nodepool: waiting for diskimage noble, image noble on cloud-a: quota full: instances 4/4\n",
  );
});

Deno.test("image-list's State is a state also while data is sent; how far it is stands in a column of its own", async () => {
  await using bench = await CliBench.open();
  const upload = sampleImage({ id: 5, state: { phase: "upload", externalId: "x", startedAt: 1 } });
  bench.pool.current = sampleReport({ images: [upload], uploads: new Map([[5, { sent: 42, total: 100 }]]) });
  const cells = async (...argv: string[]) =>
    (await bench.run("image-list", ...argv)).stdout.split("\n").filter((line) => line.startsWith("|"))
      .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const [header, row] = await cells();
  assert.equal(row![header!.indexOf("State")], "building");
  assert.ok(!header!.includes("Progress"));
  const [wideHeader, wideRow] = await cells("-o", "wide");
  assert.equal(wideRow![wideHeader!.indexOf("State")], "building");
  assert.equal(wideRow![wideHeader!.indexOf("Progress")], "42%");
});

Deno.test("who interrupts the wait is told that the daemon goes on", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("image-build", "noble");
  await eventually(() => bench.pool.calls.some((call) => call.startsWith("wait-orders")));
  bench.interrupt();
  const { code, stderr } = await running;
  assert.deepEqual([code, stderr], [1, "nodepool: no longer waiting; the daemon continues it\n"]);
});

Deno.test("what the pool refuses is told, and nothing is waited for", async () => {
  await using bench = await CliBench.open();
  bench.pool.failure = new ControlError(404, "there is no diskimage nobel; the diskimages are: noble");
  const { code, stderr } = await bench.run("image-build", "nobel");
  assert.deepEqual([code, stderr], [1, "nodepool: there is no diskimage nobel; the diskimages are: noble\n"]);
});

const wrong: readonly (readonly string[])[] = [
  ["image-build"],
  ["image-build", "noble", "--no-wait", "--follow"],
  ["image-upload", "a", "b", "c"],
  ["image-update", "noble"],
  ["image-delete", "noble"],
];

for (const argv of wrong) {
  Deno.test(`${argv.join(" ")} is wrong usage`, async () => {
    await using bench = await CliBench.open();
    const { code } = await bench.run(...argv);
    assert.deepEqual([code, bench.pool.calls], [2, []]);
  });
}

Deno.test("without a daemon an order is worked on by the command itself", async () => {
  for (
    const [argv, command] of [[["image-build"], "image-build"], [
      ["image-update", "all"],
      "image-update",
    ]] as const
  ) {
    await using bench = await CliBench.open({ daemon: false });
    bench.pool.current = { ...sampleReport(), daemon: null };
    const running = bench.run(...argv, "noble");
    await eventually(() => bench.pool.calls.some((call) => call.startsWith("wait-orders")));
    bench.pool.orders.resolve([failed]);
    const { code, stderr } = await running;
    assert.equal(code, 1);
    assert.match(stderr, /exit code 1; the next daemon tries again\n$/);
    const { configFile } = bench;
    const options = { configFile, secureFile: null, logConfigFile: null, command, isTerminal: false };
    assert.deepEqual(bench.wired, [{ name: "foreground", options }]);
  }
});

Deno.test("without a daemon an order that is not waited for is written down", async () => {
  await using bench = await CliBench.open({ daemon: false });
  bench.pool.current = { ...sampleReport(), daemon: null };
  const { code, stderr } = await bench.run("image-build", "noble", "--no-wait");
  assert.deepEqual([code, stderr], [0, "nodepool: no daemon is running; the next one will do it\n"]);
  assert.deepEqual(bench.wired.map(({ name }) => name), ["offline"]);
});

Deno.test("image-delete and dib-image-delete tell of each, with a daemon and without one", async () => {
  for (const daemon of [true, false]) {
    await using bench = await CliBench.open({ daemon });
    const { code, stdout, stderr } = await bench.run("image-delete", "1", "99");
    assert.deepEqual([code, stdout], [1, "image 1: delete-images done\n"]);
    assert.match(stderr, /99/);
    assert.equal((await bench.run("dib-image-delete", "2")).stdout, "dib image 2: delete-dib-images done\n");
    assert.equal(bench.pool.calls[0], 'delete-images 1,99 {"comment":"deleted by maria"}');
  }
});

Deno.test("image-delete --replace-ready asks for its nodes to be replaced, too", async () => {
  await using bench = await CliBench.open();
  await bench.run("image-delete", "1", "--replace-ready");
  assert.deepEqual(bench.pool.calls, ['delete-images 1 {"comment":"deleted by maria","replaceReady":true}']);
});

Deno.test("image-delete --replace-ready needs the daemon, which knows whether nodes are in use", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stdout } = await bench.run("image-delete", "1", "--replace-ready");
  assert.deepEqual([code, stdout, bench.pool.calls, bench.wired], [3, "", [], []]);
});

Deno.test("image-list marks the current image of each provider, and list -o wide says which one a node is from", async () => {
  await using bench = await CliBench.open();
  bench.pool.current = sampleReport({
    images: [
      sampleImage({ id: 1 }),
      sampleImage({ id: 2 }),
      sampleImage({ id: 3, provider: "cloud-b" }),
      sampleImage({ id: 4, image: "jammy" }),
    ],
  });
  const { stdout } = await bench.run("image-list", "--columns", "id,current");
  const rows = stdout.split("\n").slice(3, -2).map((line) => line.match(/\w+/g)!.join(" "));
  assert.deepEqual(rows, ["4 yes", "1", "2 yes", "3 yes"]);
  assert.match((await bench.run("image-list")).stdout, /\| Age +\| Current \|\n/);
  assert.match((await bench.run("list", "-o", "wide")).stdout, /\| noble \| +1893456000 \|/);
});

Deno.test("image-list and dib-image-list show what there is, by filter", async () => {
  await using bench = await CliBench.open();
  bench.pool.current = sampleReport({
    dibImages: [sampleDibImage({ id: 1 }), sampleDibImage({ id: 2, name: "jammy" })],
    images: [
      sampleImage({ id: 1 }),
      sampleImage({ id: 2, state: { phase: "delete", externalId: "x", lostAt: null, acceptedAt: null } }),
      sampleImage({ id: 3, state: { phase: "gone" } }),
    ],
  });
  const images = await bench.run("image-list", "-o", "csv");
  assert.deepEqual(images.stdout.trim().split("\r\n").map((line) => line.split(",")[0]), ["id", "1", "2"]);
  const ready = JSON.parse((await bench.run("image-list", "--state", "ready", "-o", "json")).stdout);
  assert.deepEqual(ready.images.map(({ id, current }: { id: number; current: boolean }) => [id, current]), [[
    1,
    true,
  ]]);
  const builds = await bench.run("dib-image-list", "--image", "jammy");
  assert.match(builds.stdout, /^\| ID \| Image \| Filename +\| +Version \| State \| Age +\|$/m);
  assert.match(builds.stdout, /^\| +2 \| jammy +\| \/images\/jammy-\d+ \|/m);
  assert.doesNotMatch(builds.stdout, /noble/);
});

Deno.test("alien-image-list shows images and warns of providers that could not be asked", async () => {
  await using bench = await CliBench.open();
  bench.pool.alienImages = {
    images: [{ provider: "cloud-a", name: "rescue", imageId: "i9" }],
    warnings: ["cannot query cloud-b: refused"],
  };
  const { code, stdout, stderr } = await bench.run("alien-image-list", "-o", "csv");
  assert.equal(code, 0);
  assert.equal(stdout, "provider,name,image_id\r\ncloud-a,rescue,i9\r\n");
  assert.equal(stderr, "nodepool: warning: cannot query cloud-b: refused\n");
});
