/** Builders as processes of their own, with a real etcd: what becomes of images when one of them is killed, or the leader is. */
import assert from "node:assert/strict";
import { processesWith } from "../build/processes.ts";
import { scriptedDiskImageCreate } from "../e2e/scripted_disk_image_create.ts";
import type { DibImageView } from "../../src/views/image_lists.ts";
import { testNeeding } from "../needs.ts";
import { etcdNeeds } from "./etcd_cluster.ts";
import type { Machine } from "./machine.ts";
import { Machines } from "./machines.ts";

/** Seconds that a build takes: long enough to end a process in the middle of it. */
const BUILD = 4;

const config = `
status: {listen: "127.0.0.1:0"}
images-dir: FOLDER/images
build-log-dir: FOLDER/logs
labels:
  - {name: noble, image: noble, min-ready: 0, providers: [{name: main}]}
diskimages:
  - {name: noble, elements: [tiny]}
providers:
  - name: main
    cloud: simulator
    max-servers: 4
    rate: 0
    images:
      - {name: noble, diskimage: noble, min-ram: 512, username: debian, private-key: SHARED/key, connection-port: SSH_PORT}
`;

/** Two machines that may lead, and build nothing, and two that build. */
async function set(): Promise<Machines> {
  const machines = await Machines.set({
    config,
    daemons: ["one", "two"],
    builders: ["b1", "b2"],
    daemonOptions: ["--no-builder"],
  });
  for (const { pool } of machines.builders) {
    await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds: BUILD }));
  }
  return machines;
}

async function builds(machines: Machines): Promise<readonly DibImageView[]> {
  await using pool = await machines.connect();
  return (await pool?.ask("dib-image-list", {}).catch(() => null))?.dib_images ?? [];
}

async function readyImages(machines: Machines): Promise<number> {
  await using pool = await machines.connect();
  const images = (await pool?.ask("image-list", {}).catch(() => null))?.images ?? [];
  return images.filter(({ state }) => state === "ready").length;
}

const isBuilding = async ({ pool }: Machine) => (await processesWith(`${pool.folder}/images/`)).length > 0;

/** The builder that is at work, and the other one. */
async function atWork(machines: Machines): Promise<readonly [Machine, Machine]> {
  const [one, two] = machines.builders as [Machine, Machine];
  await machines.until(async () => await isBuilding(one) || await isBuilding(two));
  return await isBuilding(one) ? [one, two] : [two, one];
}

function filesOf({ pool }: Machine): string[] {
  return [...Deno.readDirSync(`${pool.folder}/images`)].map(({ name }) => name)
    .filter((name) => !name.startsWith(".")).sort();
}

const formats = (name: string) => [`${name}.d`, `${name}.qcow2`];

testNeeding(
  etcdNeeds,
  "a builder that is killed half way is replaced by another, and nothing is left of its build on disks and clouds",
  async () => {
    await using machines = await set();
    for (const machine of machines.all) machine.switchOn();
    const [busy, idle] = await atWork(machines);
    await busy.switchOff("SIGKILL");
    await machines.until(async () => await readyImages(machines) === 1);
    const build = (await builds(machines)).find(({ state }) => state === "ready");
    assert.deepEqual(filesOf(idle), formats(`noble-${build!.version}`));
    busy.switchOn();
    await machines.until(async () => filesOf(busy).length === 0 && (await builds(machines)).length === 1);
    assert.equal(await isBuilding(busy), false);
    assert.equal(machines.simulator.cloud().images.counts().standing, 1);
    // The leader's machine has the log that the builder wrote.
    const leader = await machines.leads(...machines.daemons);
    assert.match(
      await Deno.readTextFile(`${leader.pool.folder}/logs/noble-${build!.version}.log`),
      /^building noble\n(.*\n)*done\n$/m,
    );
  },
);

testNeeding(
  etcdNeeds,
  "a build outlasts its leader: the next one takes it over, and it is not built again",
  async () => {
    await using machines = await set();
    for (const machine of machines.all) machine.switchOn();
    const [busy] = await atWork(machines);
    const leader = await machines.leads(...machines.daemons);
    leader.signal("SIGKILL");
    await machines.until(async () => await readyImages(machines) === 1);
    const all = await builds(machines);
    assert.deepEqual(all.map(({ id, state, builder }) => ({ id, state, isNamed: builder !== null })), [
      { id: 1, state: "ready", isNamed: true },
    ]);
    assert.deepEqual(filesOf(busy), formats(`noble-${all[0]!.version}`));

    // Who waits for one outlasts its leader, too, and reads the log on.
    const next = await machines.leads(...machines.daemons);
    const waiting = machines.clients.spawn("image-build", "noble", "--follow");
    const said = { stdout: "", stderr: "" };
    const reading = Promise.all((["stdout", "stderr"] as const).map(async (name) => {
      for await (const text of waiting[name].pipeThrough(new TextDecoderStream())) said[name] += text;
    }));
    await machines.until(() => said.stdout.endsWith("building noble\n"));
    next.signal("SIGKILL");
    await reading;
    assert.equal((await waiting.status).code, 0, said.stderr);
    assert.match(
      said.stdout,
      /^\$ disk-image-create .*\nbuilding noble\ndone\ndiskimage noble: ready\n$/,
      "each line of the log is there, and once",
    );
    assert.match(
      said.stderr,
      /the daemon is stopped; waiting for the next one\n[^]*continuing with the daemon on /,
    );
  },
);

testNeeding(
  etcdNeeds,
  "a builder whose images-dir is away says so, and goes on once it is back, or another is in its place",
  async () => {
    await using machines = await Machines.set({
      config,
      daemons: ["one"],
      builders: ["b1"],
      daemonOptions: ["--no-builder"],
    });
    const [{ pool }] = machines.builders as [Machine];
    await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds: 0 }));
    for (const machine of machines.all) machine.switchOn();
    await machines.until(async () => await readyImages(machines) === 1);
    const folder = `${pool.folder}/images`;
    const isSaid = async () =>
      (await machines.clients.run("status")).stdout.includes(
        `nothing builds images: the folder ${folder} is gone: make it again, or mount what it is on (on `,
      );
    const built = async () => {
      const { code, stdout, stderr } = await machines.clients.run("image-build", "noble", "--wait");
      assert.equal(code, 0, stdout + stderr);
    };

    await Deno.rename(folder, `${folder}.away`);
    await machines.until(isSaid, { every: 500 });
    await Deno.rename(`${folder}.away`, folder);
    await machines.until(async () => !await isSaid(), { every: 500 });
    await built();

    await Deno.remove(folder, { recursive: true });
    await machines.until(isSaid, { every: 500 });
    await Deno.mkdir(folder);
    await built();
    assert.deepEqual(machines.builders[0]!.ends, [], "the builder was started again");
    assert.match(await pool.log(), /this builder does nothing: the folder .* is gone/);
  },
);

testNeeding(
  etcdNeeds,
  "a builder whose configuration names other folders builds in those from then on",
  async () => {
    await using machines = await set();
    const [builder] = machines.builders as [Machine];
    const [leader] = machines.daemons as [Machine];
    leader.switchOn();
    builder.switchOn();
    await atWork(machines);
    const { configFile, folder } = builder.pool;
    const text = await Deno.readTextFile(configFile);
    await Deno.writeTextFile(configFile, text.replace(`${folder}/images`, `${folder}/more`));
    await machines.until(async () => await readyImages(machines) === 1);
    assert.equal(filesOf(builder).length, 2, "what it was at came to its end");
    await machines.until(async () => await Deno.stat(`${folder}/more`).then(() => true, () => false));
    assert.equal((await machines.clients.run("image-build", "noble", "--no-wait")).code, 0);
    await machines.until(() =>
      [...Deno.readDirSync(`${folder}/more`)].some(({ name }) => name.endsWith(".qcow2"))
    );
  },
);
