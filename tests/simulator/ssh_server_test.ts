/** Debian's `ssh` into simulated servers. */
import assert from "node:assert/strict";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { hostKeyOf } from "../../src/simulator/ssh_keys.ts";
import { testNeeding } from "../needs.ts";
import { runProgram, serveForTest } from "./served_simulator.ts";
import { SimulatedClient } from "./simulated_client.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";

/** A server booted with a key of ours, and `ssh` to it. */
async function booted(cloud: NonNullable<SimulatorInput["clouds"]>[number] = {}, fault?: number) {
  const world = await serveForTest({
    clouds: [{ bootTime: 0, ...cloud }],
    faults: fault === undefined ? [] : [{ fault }],
  });
  const { simulator, served, folder } = world;
  const client = await SimulatedClient.login(simulator);
  const { public: publicKey, private: privateKey } = await generateKey();
  await Deno.writeTextFile(`${folder}/key`, privateKey, { mode: 0o600 });
  const keypair = { name: "key", public_key: publicKey };
  await client.call("POST", "/compute/v2.1/os-keypairs", { keypair });
  const id = await client.booted("one", { key_name: "key" });
  const server = simulator.cloud().servers.get(id)!;
  const address = server.ports[0]!.address;
  const options = ["BatchMode=yes", "StrictHostKeyChecking=no", `UserKnownHostsFile="${folder}/known_hosts"`];
  const ssh = (
    command: string,
    { at = address, key = `${folder}/key`, options: more = [] as string[] } = {},
  ) =>
    runProgram("ssh", [
      ...["-F", "none", "-i", key, "-p", String(served.sshPort)],
      ...options.flatMap((option) => ["-o", option]),
      ...more,
      `debian@${at}`,
      command,
    ]);
  return {
    ...world,
    client,
    server,
    address,
    ssh,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const test = (name: string, fn: () => Promise<void>) => testNeeding(["ssh"], name, fn);

test("ssh runs a command on a simulated server, and sees its own host key", async () => {
  await using world = await booted();
  const { code, stdout, stderr } = await world.ssh("echo hello; exit 3");
  assert.deepEqual([code, stdout], [0, "hello; exit 3\n"], stderr);
  assert.equal((await world.ssh("exit 3")).code, 3);
  assert.equal((await world.ssh("hostname")).stdout, "one\n");
  const known = await Deno.readTextFile(`${world.folder}/known_hosts`);
  assert.ok(known.includes(hostKeyOf(world.server).publicKey), known);
});

test("ssh that asks for compression, as Ansible does, gets on without", async () => {
  await using world = await booted();
  const { code, stdout, stderr } = await world.ssh("hostname", { options: ["-C"] });
  assert.deepEqual([code, stdout], [0, "one\n"], stderr);
});

test("ssh with another key is refused", async () => {
  await using world = await booted();
  const { private: other } = await generateKey();
  await Deno.writeTextFile(`${world.folder}/other`, other, { mode: 0o600 });
  const { code, stderr } = await world.ssh("true", { key: `${world.folder}/other` });
  assert.equal(code, 255);
  assert.match(stderr, /Permission denied \(publickey\)/);
});

test("ssh reaches a server by its floating IP, and nobody at an address that no server has", async () => {
  await using world = await booted();
  const { stock } = world.simulator.cloud();
  const { json } = await world.client.call("POST", "/network/v2.0/floatingips", {
    floatingip: { floating_network_id: stock.networks[1]!.id, port_id: world.server.ports[0]!.id },
  });
  const at: string = json.floatingip.floating_ip_address;
  assert.equal((await world.ssh("hostname", { at })).stdout, "one\n");
  assert.equal((await world.ssh("hostname", { at: "127.99.0.1" })).code, 255);
});

test("ssh is turned away before the server answers", async () => {
  await using world = await booted({ bootTime: 3_600_000 });
  assert.equal((await world.ssh("true")).code, 255);
});

test("ssh sees fault 12 as no server, 13 as a refused key, 14 as a connection that closed", async () => {
  for (
    const [fault, message] of [[12, /[Cc]losed|reset/], [13, /Permission denied/], [
      14,
      /closed|reset|Broken pipe/,
    ]] as const
  ) {
    await using world = await booted({}, fault);
    const { code, stdout, stderr } = await world.ssh("echo hello");
    assert.equal(code, 255, `fault ${fault}: ${stderr}`);
    assert.equal(stdout, fault === 14 ? "hel" : "");
    assert.match(stderr, message);
  }
});
