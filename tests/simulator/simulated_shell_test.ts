import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { virtualSimulator } from "./simulated_client.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";

const ours = await generateKey();
const other = await generateKey();

/** A server booted with our key, and a way to log in to it. */
async function booted(cloud: NonNullable<SimulatorInput["clouds"]>[number] = {}) {
  const world = await virtualSimulator({ bootTime: 10 * SECOND, ...cloud });
  const { client, clock, simulator } = world;
  const keypair = { name: "key", public_key: ours.public };
  await client.call("POST", "/compute/v2.1/os-keypairs", { keypair });
  const id = await client.booted("Node_1", { key_name: "key" });
  const address = simulator.cloud().servers.get(id)!.ports[0]!.address;
  const login = (
    command = "true",
    { privateKey = ours.private, username = "debian", hostKeys = [] as string[] } = {},
  ) =>
    simulator.shell.login({ address, port: 2222, username, privateKey, hostKeys }, {
      command,
      timeout: 5 * SECOND,
      signal: new AbortController().signal,
    });
  return { client, clock, simulator, id, login, [Symbol.dispose]: () => world[Symbol.dispose]() };
}

Deno.test("a login works from ACTIVE plus the SSH delay on, with the key that the server was booted with", async () => {
  using world = await booted({ ssh: { delay: 3 * SECOND } });
  await assert.rejects(world.login(), { failure: "network" });
  await world.clock.advance(13 * SECOND - 1);
  await assert.rejects(world.login(), { failure: "network" });
  await world.clock.advance(1);
  assert.equal((await world.login()).exitCode, 0);
  await assert.rejects(world.login("true", { privateKey: other.private }), { failure: "auth" });
});

Deno.test("further keys and users are let in as the settings say", async () => {
  using world = await booted({ bootTime: 0, ssh: { authorizedKeys: [other.public], users: ["debian"] } });
  assert.equal((await world.login("true", { privateKey: other.private })).exitCode, 0);
  await assert.rejects(world.login("true", { username: "root" }), { failure: "auth" });
});

Deno.test("commands answer as scripted, a few of them by themselves", async () => {
  using world = await booted({
    bootTime: 0,
    ssh: { commands: [{ command: "uptime*", output: "up 1 day\n", exitCode: 3 }] },
  });
  const answer = async (command: string) => {
    const { output, exitCode } = await world.login(command);
    return [output, exitCode];
  };
  assert.deepEqual(await answer("uptime -p"), ["up 1 day\n", 3]);
  assert.deepEqual(await answer("echo 'hello there'"), ["hello there\n", 0]);
  assert.deepEqual(await answer("hostname"), ["node-1\n", 0]);
  assert.deepEqual(await answer("exit 4"), ["", 4]);
  assert.deepEqual(await answer("rm -rf /"), ["", 0]);
});

Deno.test("a server keeps its host key, and no two have the same", async () => {
  using world = await booted({ bootTime: 0 });
  const { hostKey } = await world.login();
  assert.match(hostKey, /^ssh-ed25519 [A-Za-z0-9+/]+=*$/);
  assert.equal((await world.login("true", { hostKeys: [hostKey] })).hostKey, hostKey);
  await assert.rejects(world.login("true", { hostKeys: ["ssh-ed25519 AAAA"] }), { failure: "hostKey" });
  using second = await virtualSimulator({ bootTime: 0, ssh: { acceptAnyKey: true } }, { seed: 2 });
  await second.client.booted("first");
  const id = await second.client.booted("second");
  const address = second.simulator.cloud().servers.get(id)!.ports[0]!.address;
  const target = { address, port: 2222, username: "root", privateKey: "any", hostKeys: [] };
  const options = { command: "true", timeout: SECOND, signal: new AbortController().signal };
  assert.notEqual((await second.simulator.shell.login(target, options)).hostKey, hostKey);
});

Deno.test("a server that is gone refuses logins", async () => {
  using world = await booted({ bootTime: 0, deleteTime: 0 });
  await world.client.call("DELETE", `/compute/v2.1/servers/${world.id}`);
  await assert.rejects(world.login(), { failure: "network" });
});

Deno.test("a command that takes longer than the timeout fails in time", async () => {
  using world = await booted({
    bootTime: 0,
    ssh: { commands: [{ command: "sleep*", time: 60 * SECOND }] },
  });
  const login = assert.rejects(world.login("sleep 60"), { failure: "timeout" });
  await world.clock.advance(5 * SECOND);
  await login;
});
