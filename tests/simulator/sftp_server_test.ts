/** OpenSSH's `sftp` and `scp`, and ssh2's client, on simulated servers. */
import assert from "node:assert/strict";
import { promisify } from "node:util";
import ssh2, { type Client, type SFTPWrapper } from "ssh2";
import { releaseCiphers } from "../../src/ssh/inner_parts.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { testNeeding } from "../needs.ts";
import { runProgram, serveForTest } from "./served_simulator.ts";
import { SimulatedClient } from "./simulated_client.ts";

/** A server booted with a key of ours, and how clients get to it. */
async function booted() {
  const world = await serveForTest({
    clouds: [{ bootTime: 0, ssh: { commands: [{ command: "slow", output: "late\n", time: 100 }] } }],
  });
  const { simulator, served, folder } = world;
  const client = await SimulatedClient.login(simulator);
  const { public: public_key, private: privateKey } = await generateKey();
  await Deno.writeTextFile(`${folder}/key`, privateKey, { mode: 0o600 });
  await client.call("POST", "/compute/v2.1/os-keypairs", { keypair: { name: "key", public_key } });
  const server = simulator.cloud().servers.get(await client.booted("one", { key_name: "key" }))!;
  const address = server.ports[0]!.address;
  const settings = [
    "BatchMode=yes",
    "StrictHostKeyChecking=no",
    `UserKnownHostsFile="${folder}/known_hosts"`,
  ];
  const options = [
    ...["-F", "none", "-i", `${folder}/key`, "-P", String(served.sshPort)],
    ...settings.flatMap((setting) => ["-o", setting]),
  ];
  const at = `debian@${address}`;
  return {
    ...world,
    server,
    at,
    scp: (...args: string[]) => runProgram("scp", [...options, ...args]),
    async sftp(...lines: string[]) {
      await Deno.writeTextFile(`${folder}/batch`, lines.join("\n"));
      return await runProgram("sftp", [...options, "-b", `${folder}/batch`, at]);
    },
    connect: () => connected({ host: address, port: served.sshPort, username: "debian", privateKey }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** An ssh2 client that is logged in; disposing of it waits until its socket is closed. */
async function connected(target: { host: string; port: number; username: string; privateKey: string }) {
  const client = new ssh2.Client();
  const closed = new Promise<void>((resolve) => client.once("close", resolve));
  await new Promise<void>((resolve, reject) =>
    client.once("ready", resolve).once("error", reject).connect(target)
  );
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.end();
      await closed;
      releaseCiphers(client);
    },
  };
}

/** A command's output and exit code. */
function run(client: Client, command: string, env: Record<string, string> = {}) {
  return new Promise<[string, number]>((resolve, reject) => {
    client.exec(command, { env }, (error, channel) => {
      if (error !== undefined) return reject(error);
      let output = "";
      let code = -1;
      channel.on("data", (chunk: Uint8Array) => output += new TextDecoder().decode(chunk));
      channel.on("exit", (exitCode: number) => code = exitCode);
      channel.on("close", () => resolve([output, code]));
      channel.end();
    });
  });
}

const test = (name: string, fn: () => Promise<void>) => testNeeding(["ssh"], name, fn);

test("scp copies a folder with modes onto a server, and files back", async () => {
  await using world = await booted();
  const { folder, at, server } = world;
  await Deno.mkdir(`${folder}/scripts/inner`, { recursive: true });
  await Deno.writeTextFile(`${folder}/scripts/setup.sh`, "#!/bin/sh\n", { mode: 0o755 });
  await Deno.writeFile(`${folder}/scripts/inner/large`, new Uint8Array(300_000).fill(7));
  const there = await world.scp("-r", "-p", `${folder}/scripts`, `${at}:/opt/`);
  assert.equal(there.code, 0, there.stderr);
  const script = server.files.entries.get("/opt/scripts/setup.sh")!;
  assert.deepEqual([script.mode, new TextDecoder().decode(script.content)], [0o755, "#!/bin/sh\n"]);
  const large = server.files.entries.get("/opt/scripts/inner/large")!;
  assert.deepEqual([large.size, large.content.length], [300_000, 65_536]);
  const back = await world.scp(`${at}:/opt/scripts/setup.sh`, `${folder}/back`);
  assert.equal(back.code, 0, back.stderr);
  assert.equal(await Deno.readTextFile(`${folder}/back`), "#!/bin/sh\n");
  const cut = await world.scp(`${at}:/opt/scripts/inner/large`, `${folder}/cut`);
  assert.notEqual(cut.code, 0, "what is not kept cannot be read");
});

test("sftp makes, lists, renames, links and removes", async () => {
  await using world = await booted();
  const { folder, server } = world;
  await Deno.writeTextFile(`${folder}/notes`, "some notes", { mode: 0o600 });
  const { code, stdout, stderr } = await world.sftp(
    "pwd",
    "mkdir drafts",
    "cd drafts",
    `put "${folder}/notes" first`,
    "rename first second",
    "ln -s second third",
    "chmod 640 second",
    "ls -l",
    "ls /",
    "mkdir empty",
    "rmdir empty",
    `get third "${folder}/got"`,
    "-rm missing",
    "-mkdir /tmp",
    "-rmdir /opt/missing",
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /Remote working directory: \/home\/debian/);
  assert.match(stdout, /-rw-r-----.* 10 .* second/);
  assert.match(stdout, /lrwxrwxrwx.* third/);
  assert.match(stdout, /\/opt/);
  assert.match(stderr, /missing/);
  assert.equal(await Deno.readTextFile(`${folder}/got`), "some notes");
  const entries = [...server.files.entries].map(([path, { kind, mode, link }]) => [path, kind, mode, link]);
  assert.deepEqual(entries.sort(), [
    ["/home/debian/drafts", "folder", server.files.entries.get("/home/debian/drafts")!.mode, null],
    ["/home/debian/drafts/second", "file", 0o640, null],
    ["/home/debian/drafts/third", "link", 0o777, "second"],
  ]);
  const removed = await world.sftp("rm drafts/second", "rm drafts/third", "rmdir drafts");
  assert.equal(removed.code, 0, removed.stderr);
  assert.equal(server.files.entries.size, 0);
});

Deno.test("an ssh2 client runs several commands at once on one connection, with an environment", async () => {
  await using world = await booted();
  await using connection = await world.connect();
  const { client } = connection;
  const results = await Promise.all([
    run(client, "slow"),
    run(client, "hostname", { NODEPOOL_A: "1" }),
    run(client, "exit 4"),
    run(client, "sudo mkdir -p /opt/x && cd /opt/x && A='b c' ./setup.sh one"),
  ]);
  assert.deepEqual(results, [["late\n", 0], ["one\n", 0], ["", 4], ["", 0]]);
  assert.deepEqual(await run(client, "hostname"), ["one\n", 0]);
});

Deno.test("an ssh2 client puts files in place over SFTP, and is told what is not there", async () => {
  await using world = await booted();
  await using connection = await world.connect();
  const sftp: SFTPWrapper = await new Promise((resolve, reject) =>
    connection.client.sftp((error, wrapper) => error === undefined ? resolve(wrapper) : reject(error))
  );
  const call = <T>(
    start: (done: (error: Error | null | undefined, result?: T) => void) => void,
  ): Promise<T | undefined> => promisify(start)() as Promise<T | undefined>;
  const { folder, server: { files } } = world;
  await Deno.writeFile(`${folder}/large`, new Uint8Array(1_000_000).fill(1));

  assert.equal(await call((done) => sftp.realpath(".", done)), "/home/debian");
  await call((done) => sftp.mkdir("/opt/scripts", { mode: 0o750 }, done));
  await call((done) => sftp.writeFile("/opt/scripts/a", "text", { mode: 0o600 }, done));
  await call((done) => sftp.appendFile("/opt/scripts/a", " more", done));
  await call((done) => sftp.fastPut(`${folder}/large`, "/opt/scripts/large", done));
  await call((done) => sftp.symlink("a", "/opt/scripts/b", done));
  await call((done) => sftp.chmod("/opt/scripts/b", 0o755, done));
  assert.equal(await call((done) => sftp.readlink("/opt/scripts/b", done)), "a");
  assert.equal(String(await call((done) => sftp.readFile("/opt/scripts/b", done))), "text more");
  const list = await call<{ filename: string }[]>((done) => sftp.readdir("/opt/scripts", done));
  assert.deepEqual(list!.map(({ filename }) => filename), ["a", "b", "large"]);
  const stats = await call<ssh2.Stats>((done) => sftp.stat("/opt/scripts/b", done));
  const linkStats = await call<ssh2.Stats>((done) => sftp.lstat("/opt/scripts/b", done));
  assert.deepEqual([stats!.isFile(), stats!.mode & 0o777, linkStats!.isSymbolicLink()], [true, 0o755, true]);
  await assert.rejects(call((done) => sftp.stat("/opt/missing", done)), { code: 2 });
  await assert.rejects(call((done) => sftp.mkdir("/opt/scripts", done)), { code: 4 });
  await assert.rejects(call((done) => sftp.readFile("/opt/scripts/large", done)), /has not kept this part/);
  await assert.rejects(call((done) => sftp.unlink("/opt/scripts", done)), { code: 4 });

  assert.deepEqual([files.entries.get("/opt/scripts/a")?.mode, files.entries.get("/opt/scripts")?.mode], [
    0o755,
    0o750,
  ]);
  assert.equal(files.entries.get("/opt/scripts/large")?.size, 1_000_000);
});
