/** Debian's `openstack` command against the simulator over HTTP: what works there works for any openstacksdk client. */
import assert from "node:assert/strict";
import { isInstalled, runProgram, serveForTest, type TestSimulator } from "./served_simulator.ts";
import { generateKey } from "../ssh/generate_key.ts";

const installed = await isInstalled("openstack");
if (!installed) {
  console.log(
    "openstack_command_test.ts is skipped: no `openstack` here; apt-get install python3-openstackclient",
  );
}

/** Runs one command, which must succeed, and gives its JSON; of one that prints nothing, null. */
async function openstack({ folder }: TestSimulator, command: string, { json = true } = {}) {
  const args = ["--os-cloud", "simulator", ...command.split(" "), ...(json ? ["-f", "json"] : [])];
  const { code, stdout, stderr } = await runProgram("openstack", args, {
    OS_CLIENT_CONFIG_FILE: `${folder}/clouds.yaml`,
    HOME: folder,
  });
  assert.equal(code, 0, `openstack ${command}: ${stderr}`);
  return json ? JSON.parse(stdout) : stdout;
}

const columnOf = (rows: Record<string, string>[], column: string) => rows.map((row) => row[column]);

Deno.test({
  name:
    "the openstack command sees what a cloud has: token, catalog, flavors, images, networks, zones, limits",
  ignore: !installed,
  async fn() {
    await using world = await serveForTest({ clouds: [{ quotas: { instances: 7 } }] });
    const ask = (command: string) => openstack(world, command);
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
  },
});

Deno.test({
  name: "the openstack command takes a server through its whole life",
  ignore: !installed,
  async fn() {
    await using world = await serveForTest({ clouds: [{ bootTime: 200, deleteTime: 200 }] });
    const ask = (command: string) => openstack(world, command);
    const run = (command: string) => openstack(world, command, { json: false });
    const key = `${world.folder}/key.pub`;
    await Deno.writeTextFile(key, generateKey().public);
    await ask(`keypair create --public-key ${key} key`);
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
});

Deno.test({
  name: "the openstack command makes, attaches and deletes a floating IP",
  ignore: !installed,
  async fn() {
    await using world = await serveForTest({ clouds: [{ bootTime: 0, deleteTime: 0 }] });
    const ask = (command: string) => openstack(world, command);
    const run = (command: string) => openstack(world, command, { json: false });
    await run("server create --flavor m1.tiny --image debian-12 --network private one");
    const { floating_ip_address: address } = await ask("floating ip create public");
    await run(`server add floating ip one ${address}`);
    assert.equal(world.simulator.serverAt(address)?.server.name, "one");
    await run(`floating ip delete ${address}`);
    assert.deepEqual(await ask("floating ip list"), []);
    assert.equal(world.simulator.serverAt(address), null);
  },
});
