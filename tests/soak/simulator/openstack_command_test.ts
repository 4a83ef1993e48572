/** Debian's `openstack` command against the simulator over HTTP: what works there works for any openstacksdk client. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { testNeeding } from "../../needs.ts";
import { OpenstackClient } from "../../openstack_client.ts";
import { serveForTest, type TestSimulator } from "../../simulator/served_simulator.ts";
import type { SimulatorInput } from "../../../src/simulator/settings.ts";
import { generateKey } from "../../../src/ssh/generate_key.ts";

interface Commands {
  /** What a command answers, as JSON. FOLDER in it is the test's own. */
  // deno-lint-ignore no-explicit-any
  ask(command: string): Promise<any>;
  /** Runs a command, and gives its text. */
  run(command: string): Promise<string>;
}

/** A test with a simulator and a client of its own; each command must succeed. */
function test(
  name: string,
  clouds: SimulatorInput["clouds"],
  body: (commands: Commands, world: TestSimulator) => Promise<void>,
): void {
  testNeeding(["openstack"], `the openstack command ${name}`, async () => {
    await using world = await serveForTest({ clouds });
    const { folder } = world;
    await using client = new OpenstackClient({
      OS_CLIENT_CONFIG_FILE: `${folder}/clouds.yaml`,
      HOME: folder,
    });
    const run = async (command: string) => {
      const words = command.split(" ").map((word) => word.replace("FOLDER", folder));
      const { code, stdout, stderr } = await client.run(["--os-cloud", "simulator", ...words]);
      assert.equal(code, 0, `openstack ${command}: ${stderr}`);
      return stdout;
    };
    await body({ run, ask: async (command) => JSON.parse(await run(`${command} -f json`)) }, world);
  });
}

const columnOf = (rows: Record<string, string>[], column: string) => rows.map((row) => row[column]);

test("sees what a cloud has: token, catalog, flavors, images, networks, zones, limits", [{
  quotas: { instances: 7 },
}], async ({ ask }, world) => {
  const { stock } = world.simulator.cloud();
  assert.equal((await ask("token issue")).project_id, stock.projectId);
  assert.deepEqual(columnOf(await ask("catalog list"), "Name"), ["nova", "glance", "keystone", "neutron"]);
  assert.ok(columnOf(await ask("flavor list"), "Name").includes("m1.xlarge"));
  assert.ok(columnOf(await ask("image list"), "Name").includes("debian-12"));
  assert.deepEqual(columnOf(await ask("network list"), "Name"), ["private", "public"]);
  assert.deepEqual(columnOf(await ask("availability zone list"), "Zone Name"), ["az1", "az2"]);
  assert.deepEqual(columnOf(await ask("security group list"), "Name"), ["default"]);
  const limits: { Name: string; Value: number }[] = await ask("limits show --absolute");
  assert.equal(limits.find(({ Name }) => Name === "maxTotalInstances")?.Value, 7);
});

test(
  "takes a server through its whole life",
  [{ bootTime: 200, deleteTime: 200 }],
  async ({ ask, run }, world) => {
    await Deno.writeTextFile(`${world.folder}/key.pub`, (await generateKey()).public);
    await ask("keypair create --public-key FOLDER/key.pub key");
    const boot = "--flavor m1.tiny --image debian-12 --network private --key-name key --property a=b";
    const server = await ask(`server create ${boot} --wait one`);
    assert.equal(server.status, "ACTIVE");
    assert.deepEqual(columnOf(await ask("server list"), "Status"), ["ACTIVE"]);
    const shown = await ask("server show one");
    assert.deepEqual([shown.id, shown.properties, shown.key_name], [server.id, { a: "b" }, "key"]);
    assert.match(await run("console log show one"), /one login:/);
    assert.deepEqual(columnOf(await ask("port list"), "Status"), ["ACTIVE"]);
    await run("server delete --wait one");
    assert.deepEqual(await ask("server list"), []);
    await run("keypair delete key");
    assert.deepEqual(await ask("keypair list"), []);
  },
);

test(
  "makes, attaches and deletes a floating IP",
  [{ bootTime: 0, deleteTime: 0 }],
  async ({ ask, run }, world) => {
    await run("server create --flavor m1.tiny --image debian-12 --network private one");
    const { floating_ip_address: address } = await ask("floating ip create public");
    await run(`server add floating ip one ${address}`);
    assert.equal(world.simulator.serverAt(address)?.server.name, "one");
    await run(`floating ip delete ${address}`);
    assert.deepEqual(await ask("floating ip list"), []);
    assert.equal(world.simulator.serverAt(address), null);
  },
);

test(
  "uploads an image, shows, lists, changes, saves and deletes it",
  [{ saveTime: 0 }],
  async ({ ask, run }, world) => {
    const data = new Uint8Array(3 * 2 ** 20).map((_, index) => index * 17);
    await Deno.writeFile(`${world.folder}/image.raw`, data);
    const made = await ask(
      `image create --file FOLDER/image.raw --disk-format raw --property colour=red --tag one fresh`,
    );
    const md5 = createHash("md5").update(data).digest("hex");
    const shown = await ask("image show fresh");
    assert.deepEqual(
      [shown.id, shown.status, shown.size, shown.checksum, shown.properties.colour, shown.tags],
      [made.id, "active", data.length, md5, "red", ["one"]],
    );
    await run("image create --disk-format raw --property colour=blue other");
    assert.deepEqual(columnOf(await ask("image list --property colour=red"), "Name"), ["fresh"]);
    assert.deepEqual(columnOf(await ask("image list --private --sort name:asc"), "Name"), []);
    assert.deepEqual(columnOf(await ask("image list --shared --sort name:asc"), "Name"), ["fresh", "other"]);
    assert.deepEqual(columnOf(await ask("image list --tag one"), "Name"), ["fresh"]);
    await run("image set --name renamed --property colour=green --property shape=round --private fresh");
    await run("image unset --property shape --tag one renamed");
    const changed = await ask("image show renamed");
    assert.deepEqual(
      [changed.id, changed.properties.colour, changed.properties.shape, changed.visibility, changed.tags],
      [made.id, "green", undefined, "private", []],
    );
    await run("image save --file FOLDER/saved.raw renamed");
    assert.deepEqual(await Deno.readFile(`${world.folder}/saved.raw`), data);
    await run("image set --deactivate renamed");
    assert.equal((await ask("image show renamed")).status, "deactivated");
    await run("image set --activate renamed");
    await run("image delete renamed other");
    assert.deepEqual(world.simulator.cloud().images.counts(), { created: 2, deleted: 2, standing: 0 });
  },
);

test(
  "takes an image of a server and boots another from it",
  [{ bootTime: 0, snapshotTime: 200 }],
  async ({ ask, run }) => {
    const boot = "--flavor m1.tiny --network private";
    const { id } = await ask(`server create ${boot} --image debian-12 one`);
    const image = await ask("server image create --name snap --property colour=red --wait one");
    assert.equal(image.status, "active");
    const { properties } = await ask("image show snap");
    assert.deepEqual([properties.instance_uuid, properties.colour], [id, "red"]);
    const other = await ask(`server create ${boot} --image snap two`);
    assert.match(other.image, /^snap /);
    await run("server delete one two");
    await run("image delete snap");
    assert.deepEqual(columnOf(await ask("image list --private"), "Name"), []);
  },
);
