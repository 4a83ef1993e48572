/** Simulated servers with people's habits, over real sockets: our own client, and Debian's `ssh`. */
import assert from "node:assert/strict";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { LoginError } from "../../src/ssh/shell.ts";
import { createSsh2Shell } from "../../src/ssh/ssh2_shell.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { loginQuirks } from "../../src/simulator/quirks/logins.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { startSshServer } from "../../src/simulator/ssh_server.ts";
import { PATIENCE } from "../eventually.ts";
import { testNeeding } from "../needs.ts";
import { runProgram, serveForTest } from "./served_simulator.ts";
import { SimulatedClient } from "./simulated_client.ts";

const key = await generateKey();

/** A server of a cloud with a quirk, answering on SSH. */
async function served(quirk: string) {
  const world = await serveForTest({ clouds: [{ bootTime: 0, quirks: [quirk] }] });
  const client = await SimulatedClient.login(world.simulator);
  await client.call("POST", "/compute/v2.1/os-keypairs", {
    keypair: { name: "key", public_key: key.public },
  });
  const server = world.simulator.cloud().servers.get(await client.booted("one", { key_name: "key" }))!;
  const limits = { timeout: PATIENCE, signal: new AbortController().signal };
  const target = (username = "debian") => ({
    address: server.ports[0]!.address,
    port: world.served.sshPort,
    username,
    privateKey: key.private,
    hostKeys: [] as string[],
  });
  return { ...world, server, limits, target, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function failure(login: Promise<unknown>): Promise<LoginError> {
  const error = await login.then(() => null, (error: unknown) => error);
  assert.ok(error instanceof LoginError, String(error));
  return error;
}

const refused: Readonly<Record<string, readonly [LoginError["failure"], RegExp]>> = {
  "ssh-keyboard-interactive": ["auth", /requires keyboard-interactive/],
  "ssh-sha1-only": ["handshake", /only key exchange with SHA-1 \(diffie-hellman-group14-sha1/],
  "ssh-post-quantum-only": ["handshake", /only post-quantum key exchange \(mlkem768x25519-sha256/],
};

for (const name of Object.keys(loginQuirks).filter((name) => !name.startsWith("ssh-slow-"))) {
  Deno.test(`over a socket, ${name}: commands run, or the failure names what is in the way`, async () => {
    await using world = await served(name);
    const shell = createSsh2Shell();
    const command = { command: "echo in >&2\necho in", ...world.limits };
    const expected = refused[name];
    if (expected !== undefined) {
      const error = await failure(shell.login(world.target(), command));
      assert.equal(error.failure, expected[0]);
      return assert.match(error.message, expected[1]);
    }
    assert.equal((await shell.login(world.target(), { ...command, command: "hostname" })).output, "one\n");
    await using session = await shell.connect(world.target(), world.limits);
    const sudo = await session.run("sudo -n hostname", world.limits);
    assert.equal(sudo.exitCode, 0);
    assert.ok(world.server.commandsRun >= 3);
  });
}

Deno.test("over a socket, a forced command is no login, for the user that has it", async () => {
  await using world = await served("ssh-forced-command");
  const error = await failure(
    createSsh2Shell().login(world.target("root"), { command: "true", ...world.limits }),
  );
  assert.equal(error.failure, "account");
  assert.match(error.message, /exit code 0.*Please login as the user "ubuntu"/);
  assert.equal(world.server.commandsRun, 0);
});

for (const name of ["ssh-slow-banner", "ssh-slow-authentication", "ssh-slow-session", "ssh-slow-command"]) {
  Deno.test(`over a socket, ${name}: a login that has the time works`, async () => {
    const clock = new VirtualClock();
    using simulator = createSimulator({
      clouds: [{ bootTime: 0, quirks: [name] }],
      clock,
      random: seededRandom(1),
    });
    await using sshd = await startSshServer(simulator, { port: 0 });
    const client = await SimulatedClient.login(simulator);
    await client.call("POST", "/compute/v2.1/os-keypairs", {
      keypair: { name: "key", public_key: key.public },
    });
    const server = simulator.cloud().servers.get(await client.booted("one", { key_name: "key" }))!;
    const target = {
      address: server.ports[0]!.address,
      port: sshd.port,
      username: "debian",
      privateKey: key.private,
    };
    const begin = clock.now();
    const login = createSsh2Shell().login({ ...target, hostKeys: [] }, {
      command: "hostname",
      timeout: PATIENCE,
      signal: new AbortController().signal,
    });
    let isOver = false;
    login.finally(() => isOver = true).catch(() => {});
    while (!isOver) {
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal((await login).output, "one\n");
    assert.ok(clock.now() - begin >= 12_000);
  });
}

testNeeding(["ssh"], "with login shell csh, ssh sees what csh says to a Bourne shell's command", async () => {
  await using world = await served("ssh-csh");
  await Deno.writeTextFile(`${world.folder}/key`, key.private, { mode: 0o600 });
  const ssh = (command: string) =>
    runProgram("ssh", [
      ...["-F", "none", "-i", `${world.folder}/key`, "-p", String(world.served.sshPort)],
      ...["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
      ...[`debian@${world.server.ports[0]!.address}`, command],
    ]);
  const { code, stderr } = await ssh("true >/dev/null 2>&1");
  assert.equal(code, 1);
  assert.match(stderr, /Ambiguous output redirect/);
  assert.equal((await ssh("hostname")).stdout, "one\n");
});
