/**
 * The demonstration that scripts/demo runs: each step does something, shows it with nodepool's own commands and checks
 * that it is so.
 */

import { runCi } from "./ci.ts";
import { DemoFiles } from "./files.ts";
import { checkBootedFromCurrent, rotateImage, showFirstImage } from "./images.ts";
import { check, heading } from "./narrate.ts";
import { DemoPool } from "./pool.ts";
import { freePort, present } from "./present.ts";

const TIME_LIMIT = 170_000;

const CLOUDS = 2;
/** min-ready of the two labels, together. */
const READY = 3;

async function countIn(pool: DemoPool, state: string): Promise<number> {
  return (await pool.nodes()).filter((node) => node.state === state).length;
}

const untilReady = (pool: DemoPool) =>
  pool.until(`${READY} nodes are ready, and none is being built or deleted`, async () => {
    const states = (await pool.nodes()).map(({ state }) => state);
    const isUnderWay = states.includes("building") || states.includes("delete");
    return states.filter((state) => state === "ready").length >= READY && !isUnderWay;
  });

async function acquire(pool: DemoPool, job: string): Promise<number> {
  const out = await pool.show("acquire", "debian-small", "--job", job);
  const id = Number(out.match(/^node: +(\d+)$/m)?.[1]);
  check(id > 0, "acquire named the node");
  return id;
}

async function fillPool(pool: DemoPool): Promise<void> {
  heading("Two clouds, simulated");
  console.log(await pool.startSimulator());
  console.log(await Deno.readTextFile(pool.files.config));

  heading("The daemon starts with nothing: it builds an image, and boots what does not need it");
  await pool.startDaemon();
  await pool.until("nodes are being built", async () => (await pool.nodes()).length > 0);
  await pool.show("list", "-o", "wide");

  heading("The image is built, and uploaded to both clouds; nodes are booted from it at once");
  await showFirstImage(pool, CLOUDS);
  await untilReady(pool);
  await checkBootedFromCurrent(pool);

  heading("Every one has been logged in to; now they are ready");
  await pool.show("list");
  await pool.show("label-list");
  await pool.show("provider-list");
}

async function useNode(pool: DemoPool): Promise<void> {
  heading("A job takes a node; the pool fills up again");
  const id = await acquire(pool, "unit-tests");
  await pool.show("list");
  await untilReady(pool);

  heading("Its job passed: it is given back, and deleted");
  await pool.show("release", String(id), "--result", "SUCCESS", "--job", "unit-tests");
  await pool.until("it is gone", async () => (await pool.nodes()).every((node) => node.id !== id));
  await pool.show("list");
}

async function showStatusEndpoint(url: string): Promise<void> {
  heading("The same lists over HTTP, for people, scripts and load balancers");
  for (const path of ["/node-list", "/label-list", "/healthz"]) {
    console.log(`$ curl ${url}${path}`);
    const response = await fetch(`${url}${path}`, { headers: { accept: "*/*" } });
    console.log((await response.text()).trimEnd());
    check(response.ok, `${path} answers 200`);
  }
}

async function killAndRestart(pool: DemoPool, held: number): Promise<void> {
  heading("kill -9 of the daemon while it boots a node");
  await acquire(pool, "unit-tests");
  await pool.until("a node is being built", async () => await countIn(pool, "building") > 0);
  const before = await pool.nodes();
  await pool.killDaemon("SIGKILL");
  console.log("killed; the lists come from the state file now:");
  await pool.show("list");

  heading("Started again, it continues where it left off");
  await pool.startDaemon();
  await untilReady(pool);
  await pool.show("list");
  const after = new Map((await pool.nodes()).map((node) => [node.id, node.state]));
  for (const { id } of before) check(after.has(id), `node ${id} is still there`);
  check(after.get(held) === "hold", "the held node is still held");
  const created = (await pool.clouds()).reduce((sum, { servers }) => sum + servers.created, 0);
  const ids = Math.max(...after.keys());
  console.log(
    `\n${ids} nodes so far, ${created} servers created on the clouds: none lost, none booted twice`,
  );
  check(created === ids, "every node was booted once");
}

async function emptyPool(pool: DemoPool): Promise<void> {
  heading("The configuration asks for nothing any more, and the nodes are deleted");
  await pool.files.writeConfig({ minReady: 0 });
  await pool.until("the daemon has read it", async () => {
    const { out } = await pool.run("label-list", "-o", "json");
    return JSON.parse(out).labels.every((label: { min_ready: number }) => label.min_ready === 0);
  });
  const ids = (await pool.nodes()).map(({ id }) => String(id));
  await pool.show("delete", ...ids, "--now");
  await pool.until("no node is left", async () => (await pool.nodes()).length === 0);
  await pool.show("list");
  await pool.show("alien-list");
  const standing = (await pool.clouds()).reduce((sum, { servers }) => sum + servers.standing, 0);
  console.log(`\n${standing} servers left on the clouds`);
  check(standing === 0, "no server is left on the clouds");
  const { code } = await pool.killDaemon("SIGTERM");
  check(code === 0, `the daemon ended well (exit code ${code})`);
}

async function demonstrate(pool: DemoPool): Promise<void> {
  await pool.files.writeShared();
  await pool.files.writeConfig({ minReady: 2 });
  await fillPool(pool);
  await useNode(pool);
  await rotateImage(pool);
  const held = await runCi(pool);
  await untilReady(pool);
  await checkBootedFromCurrent(pool);
  await showStatusEndpoint(pool.statusUrl);
  await killAndRestart(pool, held);
  await emptyPool(pool);
}

await present({
  limit: TIME_LIMIT,
  async show({ nodepool, folder, signal }) {
    const files = new DemoFiles(folder, { status: freePort(), ssh: freePort() });
    await using pool = new DemoPool(nodepool, files, signal);
    await demonstrate(pool);
  },
});
