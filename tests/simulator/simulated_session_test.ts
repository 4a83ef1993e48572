import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { virtualSimulator } from "./simulated_client.ts";

const key = await generateKey();
const { signal } = new AbortController();
const text = new TextDecoder();

/** A server booted with our key, and a login to it that lasts. */
async function connected(cloud: NonNullable<SimulatorInput["clouds"]>[number] = {}, fault?: number) {
  const world = await virtualSimulator({ bootTime: 0, ...cloud });
  const { client, simulator } = world;
  if (fault !== undefined) simulator.arm({ fault });
  const keypair = { name: "key", public_key: key.public };
  await client.call("POST", "/compute/v2.1/os-keypairs", { keypair });
  const id = await client.booted("Node_1", { key_name: "key" });
  const server = simulator.cloud().servers.get(id)!;
  const target = {
    address: server.ports[0]!.address,
    port: 2222,
    username: "debian",
    privateKey: key.private,
    hostKeys: [] as string[],
  };
  const session = await simulator.shell.connect(target, { timeout: SECOND, signal });
  const run = async (command: string, timeout = 10 * SECOND) => {
    const chunks: string[] = [];
    const result = await session.run(command, {
      timeout,
      signal,
      onOutput: (chunk) => chunks.push(text.decode(chunk)),
    });
    return { ...result, chunks };
  };
  return { ...world, id, server, target, session, run, [Symbol.dispose]: () => world[Symbol.dispose]() };
}

Deno.test("a session runs several commands, and is fed their output as it comes", async () => {
  using world = await connected({
    ssh: { commands: [{ command: "*setup.sh*", output: "one\ntwo\n", time: 10 * SECOND, exitCode: 3 }] },
  });
  assert.equal((await world.run("hostname")).output, "node-1\n");
  const chunks: string[] = [];
  const setup = world.session.run("cd /opt/nodepool-scripts && ./setup.sh node-1", {
    timeout: MINUTE,
    signal,
    onOutput: (chunk) => chunks.push(text.decode(chunk)),
  });
  await world.clock.advance(5 * SECOND);
  assert.deepEqual(chunks, ["one\n"]);
  await world.clock.advance(5 * SECOND);
  assert.deepEqual([await setup, chunks], [{ exitCode: 3, output: "one\ntwo\n" }, ["one\n", "two\n"]]);
  assert.match(world.session.hostKey, /^ssh-ed25519 /);
});

Deno.test("a session begins and fails as a login does", async () => {
  using world = await connected({ ssh: { users: ["debian"] } });
  const connect = (target: Partial<typeof world.target>, options = { timeout: SECOND, signal }) =>
    world.simulator.shell.connect({ ...world.target, ...target }, options);
  await assert.rejects(connect({ username: "root" }), { failure: "auth" });
  await assert.rejects(connect({ privateKey: (await generateKey()).private }), { failure: "auth" });
  await assert.rejects(connect({ address: "127.99.0.1" }), { failure: "network" });
  await assert.rejects(connect({ hostKeys: ["ssh-ed25519 AAAA"] }), { failure: "hostKey" });
  const over = AbortSignal.abort(new Error("no longer wanted"));
  await assert.rejects(connect({}, { timeout: SECOND, signal: over }), /no longer wanted/);
});

Deno.test("what prepares an image succeeds by itself, and fails or takes long where a pattern says so", async () => {
  const setup =
    "cd /opt/nodepool-scripts && NODEPOOL_SSH_KEY='AAAA B' NODEPOOL_REGION=\"RegionOne\" ./prepare_node.sh 'snap-1'";
  const commands = [
    "sudo mkdir -p /etc/nodepool /opt/nodepool-scripts",
    "sudo chmod 0777 /etc/nodepool && sudo chown $(whoami) /opt/nodepool-scripts",
    "NODEPOOL_A=1 NODEPOOL_B='two words' sudo -n true",
    "sudo sh -c 'mkdir -p /x\nchmod 0777 /x'",
    `${setup} ${"x".repeat(20_000)}`,
  ];
  {
    using world = await connected();
    for (const command of [...commands, setup]) {
      assert.deepEqual(await world.run(command), { exitCode: 0, output: "", chunks: [] }, command);
    }
  }
  using world = await connected({
    ssh: {
      commands: [
        { command: "*mkdir*chmod*", exitCode: 1 },
        { command: "cd *&& *./prepare_node.sh *snap-1*", output: "no\n", exitCode: 2 },
      ],
    },
  });
  assert.equal((await world.run(commands[3]!)).exitCode, 1);
  assert.deepEqual([(await world.run(setup)).exitCode, (await world.run(commands[4]!)).exitCode], [2, 2]);
  assert.equal((await world.run(commands[0]!)).exitCode, 0);
});

Deno.test("fault 14 breaks a session in the middle of a command, and for good", async () => {
  using world = await connected({
    ssh: { commands: [{ command: "long", output: "one\ntwo\n", time: 10 * SECOND }] },
  });
  world.server.ssh = "closes";
  const chunks: string[] = [];
  const run = assert.rejects(
    world.session.run("long", {
      timeout: MINUTE,
      signal,
      onOutput: (chunk) => chunks.push(text.decode(chunk)),
    }),
    { failure: "command", message: /the connection closed before the command ended/ },
  );
  await world.clock.advance(5 * SECOND);
  await run;
  assert.deepEqual(chunks, ["one\n"]);
  await assert.rejects(world.run("true"), { failure: "command", message: /the connection is closed/ });
  const again = world.simulator.shell.connect(world.target, { timeout: SECOND, signal });
  await assert.rejects(again, { failure: "command" }, "the first command breaks as well");
});

Deno.test("a session breaks with its server, also in the middle of a command", async () => {
  using world = await connected({
    deleteTime: SECOND,
    ssh: { commands: [{ command: "long", time: 10 * SECOND }] },
  });
  const run = assert.rejects(world.run("long"), { failure: "command" });
  await world.client.call("DELETE", `/compute/v2.1/servers/${world.id}`);
  await world.clock.advance(10 * SECOND);
  await run;
  await assert.rejects(world.session.copyFolder("/nonexistent", "x", { timeout: SECOND, signal }), {
    failure: "command",
  });
});

Deno.test("a command ends in time, on abort, and with the session", async () => {
  using world = await connected({ ssh: { commands: [{ command: "long", time: MINUTE }] } });
  const late = assert.rejects(world.run("long", 5 * SECOND), { failure: "timeout", message: /within 5 s/ });
  await world.clock.advance(5 * SECOND);
  await late;
  const other = await world.simulator.shell.connect(world.target, { timeout: SECOND, signal });
  const calledOff = new AbortController();
  const run = other.run("long", { timeout: MINUTE, signal: calledOff.signal });
  calledOff.abort(new Error("no longer wanted"));
  await assert.rejects(run, /no longer wanted/);
  await other[Symbol.asyncDispose]();
  await assert.rejects(other.run("true", { timeout: SECOND, signal }), /the connection is closed/);
});

Deno.test("folders that are copied stay on the server, for tests to look at", async () => {
  using world = await connected();
  const { session, server } = world;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/inner`, { mode: 0o750 });
    await Deno.writeTextFile(`${folder}/setup.sh`, "#!/bin/sh\n", { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/inner/data`, "x".repeat(100_000), { mode: 0o640 });
    await Deno.symlink("setup.sh", `${folder}/link`);
    const options = { timeout: SECOND, signal };
    const write = (path: string, content: string) =>
      server.files.writeFile(path, new TextEncoder().encode(content), { mode: 0o600, at: world.clock.now() });
    write("/opt/scripts/setup.sh", "old");
    write("/opt/scripts/kept", "kept");
    await session.copyFolder(folder, "/opt/scripts", options);
    await Deno.chmod(`${folder}/inner`, 0o700);
    write("/opt/scripts/link", "no longer a link");
    await session.copyFolder(folder, "/opt/scripts", options);
    await session.copyFolder(`${folder}/inner`, "notes", options);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const seen = [...server.files.entries].map(([path, { kind, mode, size, link, content }]) => [
    path,
    kind,
    mode.toString(8),
    size,
    link ?? text.decode(content).slice(0, 10),
  ]);
  assert.deepEqual(seen.sort(), [
    ["/home/debian/notes", "folder", "700", 0, ""],
    ["/home/debian/notes/data", "file", "640", 100_000, "xxxxxxxxxx"],
    ["/opt/scripts/inner", "folder", "700", 0, ""],
    ["/opt/scripts/inner/data", "file", "640", 100_000, "xxxxxxxxxx"],
    ["/opt/scripts/kept", "file", "600", 4, "kept"],
    ["/opt/scripts/link", "link", "777", 8, "setup.sh"],
    ["/opt/scripts/setup.sh", "file", "755", 10, "#!/bin/sh\n"],
  ]);
  assert.equal(server.files.entries.get("/opt/scripts/inner/data")!.content.length, 65_536);
});

Deno.test("a local folder that cannot be read, and a remote place that cannot be written, are told apart", async () => {
  using world = await connected();
  const options = { timeout: SECOND, signal };
  const folder = await Deno.makeTempDir();
  try {
    const missing = `${folder}/missing`;
    await assert.rejects(world.session.copyFolder(missing, "/opt/x", options), Deno.errors.NotFound);
    using _socket = Deno.listen({ transport: "unix", path: `${folder}/socket` });
    await assert.rejects(world.session.copyFolder(folder, "/opt/x", options), Deno.errors.NotSupported);
    await Deno.remove(`${folder}/socket`);
    world.server.files.writeFile("/opt/file", new Uint8Array(), { mode: 0o600, at: world.clock.now() });
    await assert.rejects(world.session.copyFolder(folder, "/opt/file/inner", options), {
      failure: "command",
      message: /as debian .*: \/opt\/file is not a directory/,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
