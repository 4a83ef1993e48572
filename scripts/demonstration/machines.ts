/**
 * The demonstration that `scripts/demo --machines` runs: a pool on several machines, which are processes here. Its leader is
 * killed in the middle of launches, a build and an order for nodes, and all of them go on.
 */
import type { DibImageListView } from "../../src/views/image_lists.ts";
import type { MachinesView } from "../../src/views/machines.ts";
import type { StatusView } from "../../src/views/status.ts";
import { DemoFiles } from "./files.ts";
import { DemoEtcd, type MachineFiles } from "./machine_files.ts";
import { check, heading } from "./narrate.ts";
import { DemoPool } from "./pool.ts";
import { freePort, present } from "./present.ts";

const TIME_LIMIT = 170_000;

/** Long enough to be in the middle of. */
const BUILD_SECONDS = 5;

/** min-ready of the two labels, together. */
const READY = 3;

type Machine = DemoPool<MachineFiles>;

interface Machines {
  readonly one: Machine;
  readonly two: Machine;
  readonly builder: Machine;
}

async function machinesOf(machine: Machine): Promise<MachinesView> {
  const { machines } = JSON.parse(await machine.must("status", "-o", "json")) as StatusView;
  check(machines !== null && machines !== undefined, "the state is on etcd");
  return machines!;
}

async function countIn(machine: Machine, ...states: readonly string[]): Promise<number> {
  return (await machine.nodes()).filter(({ state }) => states.includes(state)).length;
}

async function buildsIn(machine: Machine, state: string) {
  const { dib_images: builds } = JSON.parse(
    await machine.must("dib-image-list", "-o", "json"),
  ) as DibImageListView;
  return builds.filter((build) => build.state === state);
}

const untilReady = (machine: Machine) =>
  machine.until(
    `${READY} nodes are ready, and none is being built or deleted`,
    async () =>
      await countIn(machine, "building", "delete") === 0 && await countIn(machine, "ready") >= READY,
  );

async function answers(
  machine: Machine,
  path: string,
): Promise<{ status: number; text: string; to: string }> {
  const response = await fetch(`${machine.statusUrl}${path}`, { redirect: "manual", signal: machine.signal });
  const text = (await response.text()).trimEnd();
  return { status: response.status, text, to: response.headers.get("location") ?? "" };
}

const leads = async (machine: Machine) =>
  await answers(machine, "/readyz").then(({ status }) => status === 200, () => false);

async function curl(machine: Machine, path: string): Promise<void> {
  console.log(`$ curl -i ${machine.statusUrl}${path}`);
  const { status, text, to } = await answers(machine, path);
  console.log(`${status}${text === "" ? "" : ` ${text}`}${to === "" ? "" : `, see ${to}`}`);
}

async function startAll({ one, two, builder }: Machines): Promise<void> {
  heading("The first daemon leads");
  await one.startDaemon("--no-builder");
  await one.until("it leads", () => leads(one));

  heading(
    "The second one, with the same state, stands by; a third process builds images, and does nothing else",
  );
  await two.startDaemon("--no-builder");
  await builder.startDaemon("--builder-only");
  await one.until("all are seen", async () => {
    const { members, builders } = await machinesOf(one);
    return members.length === 2 && builders.length === 1;
  });
  await untilReady(one);
  await one.show("status");

  heading("Commands work on the standby as on the leader; it sends browsers on, and load balancers away");
  await two.show("list");
  await curl(two, "/readyz");
  await curl(two, "/node-list?state=ready");
}

/** In the middle of all. @returns what comes of the command that waits */
async function beginWork({ one, two }: Machines): Promise<{ readonly acquired: ReturnType<Machine["run"]> }> {
  await one.show("acquire", "debian-small", "--job", "unit-tests");
  await one.show("image-build", "debian", "--no-wait");
  // More than are ready.
  const words = ["acquire", "debian-small", "--count", "4", "--job", "integration-tests"];
  console.log(`$ nodepool ${words.join(" ")} &`);
  const acquired = two.run(...words);
  await one.until(
    "a build runs, and nodes are being built",
    async () => (await buildsIn(one, "building")).length > 0 && await countIn(one, "building") > 0,
  );
  return { acquired };
}

async function killLeader(machines: Machines): Promise<void> {
  const { one, two } = machines;
  heading(
    "A job runs, an image is being built, nodes boot, somebody waits for four of them: and the leader is killed",
  );
  const { acquired } = await beginWork(machines);
  await one.killDaemon("SIGKILL");
  const killed = performance.now();
  console.log("kill -9 of the leader; lists come from etcd now:");
  await two.show("list");
  await two.show("dib-image-list");
  const before = await two.nodes();
  await two.until("the standby leads", () => leads(two));
  const seconds = (performance.now() - killed) / 1_000;
  console.log(`The standby leads ${seconds.toFixed(1)} s later.`);
  check(seconds < 15, "within the time of a lease");

  heading("Nodes, the build and the waiting client go on");
  await two.show("list");
  await two.show("dib-image-list");
  const after = new Map((await two.nodes()).map(({ id, state }) => [id, state]));
  for (const { id } of before) check(after.has(id), `node ${id} is still there`);
  const { success, out, err } = await acquired;
  check(success, `the nodes were acquired: ${err}`);
  console.log(`The command that waited has its nodes:\n${out.trimEnd()}\n`);
  await two.until("the image is built", async () => (await buildsIn(two, "ready")).length === 2);
  await two.show("dib-image-list");
}

async function handOver({ one, two }: Machines): Promise<void> {
  heading("The machine comes back and stands by; for an upgrade, the leader hands over at once");
  await one.startDaemon("--no-builder");
  await one.until("it stands by", async () => (await answers(one, "/readyz")).text.includes("behind"));
  await curl(one, "/readyz");
  await two.show("resign");
  await one.until("it leads", () => leads(one));
  await one.show("events", "--since", "10m", "--kind", "machine");
}

async function countUp({ one }: Machines): Promise<void> {
  heading("Was any node launched twice, or left behind?");
  const ids = (await one.nodes()).map(({ id }) => id);
  console.log(`$ nodepool delete ${ids.join(" ")} --now`);
  await one.must("delete", ...ids.map(String), "--now");
  const clouds = async () => (await one.clouds()).map(({ servers }) => servers);
  const standing = async () => (await clouds()).reduce((sum, { standing }) => sum + standing, 0);
  await one.until(
    "no server stands that is not in the list",
    async () => await standing() === (await one.nodes()).length,
  );
  const created = (await clouds()).reduce((sum, servers) => sum + servers.created, 0);
  const highest = Math.max(...ids, ...(await one.nodes()).map(({ id }) => id));
  console.log(`\n${highest} nodes, ${created} servers created: none twice, none left behind`);
  check(created <= highest, "no node was launched twice");
}

async function demonstrate(machines: Machines): Promise<void> {
  await startAll(machines);
  await killLeader(machines);
  await handOver(machines);
  await countUp(machines);
  for (const machine of [machines.builder, machines.one]) await machine.killDaemon("SIGTERM");
}

await present({
  limit: TIME_LIMIT,
  async show({ nodepool, folder, signal }) {
    heading("Three members of etcd, with TLS and users");
    await using etcd = await DemoEtcd.start(folder);
    const shared = new DemoFiles(folder, { status: 0, ssh: freePort() });
    await shared.writeShared({ buildSeconds: BUILD_SECONDS });
    const open = async (name: string) =>
      new DemoPool(nodepool, await etcd.writeMachine(name, shared), signal);
    await using one = await open("one");
    await using two = await open("two");
    await using builder = await open("builder");
    console.log(await Deno.readTextFile(one.files.config));
    console.log(await one.startSimulator());
    await demonstrate({ one, two, builder });
  },
});
