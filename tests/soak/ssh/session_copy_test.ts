/** Copies over a session with a real OpenSSH server. It serves this machine's own files, so they are looked at there. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { watchMemory } from "../../lib/memory_watch.ts";
import { eventually } from "../../eventually.ts";
import { failureOfLogin } from "../../ssh/login_target.ts";
import { startOpensshServer } from "../../ssh/openssh_server.ts";
import { connectTo, limits, type SessionKit, withOpensshServer } from "../../ssh/session_kit.ts";
import { exists } from "../../exists.ts";

const test = withOpensshServer("a copy");

/** Two folders that no other test has: one to copy from, one to copy into (not made yet). */
async function pair({ folder }: SessionKit) {
  const own = await Deno.makeTempDir({ dir: folder });
  const local = join(own, "local");
  await Deno.mkdir(local, { mode: 0o755 });
  return { local, remote: join(own, "remote") };
}

async function put(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
  await Deno.chmod(path, mode);
}

async function copy({ connect }: SessionKit, { local, remote }: { local: string; remote: string }) {
  await using session = await connect();
  await session.copyFolder(local, remote, limits());
}

/** What lies in a folder: `mode content` of files, `mode /` of folders, `-> target` of links, by path. */
async function contents(folder: string, prefix = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
    const path = join(folder, name);
    const mode = ((await Deno.lstat(path)).mode! & 0o7777).toString(8);
    if (isSymlink) found[prefix + name] = `-> ${await Deno.readLink(path)}`;
    else if (isDirectory) {
      found[prefix + name] = `${mode} /`;
      Object.assign(found, await contents(path, `${prefix}${name}/`));
    } else {
      const content = await Deno.readFile(path);
      found[prefix + name] = `${mode} ${createHash("md5").update(content).digest("hex")}`;
    }
  }
  return found;
}

test("keeps names, modes, links, empty folders and every byte", async (kit) => {
  const { local, remote } = await pair(kit);
  await put(join(local, "script.sh"), "#!/bin/sh\necho ran\n", 0o755);
  await put(join(local, "plain"), "text", 0o640);
  await put(join(local, "secret"), "s", 0o400);
  await put(join(local, "empty"), "");
  await put(join(local, "writable by all"), "w", 0o777);
  await put(join(local, "größe – 雪 'quoted\" $HOME"), "unicode");
  await put(join(local, "-rf"), "dash");
  await put(join(local, ".hidden"), "dot");
  await put(join(local, "chunk"), new Uint8Array(64 * 1024).fill(7));
  await put(join(local, "chunks"), crypto.getRandomValues(new Uint8Array(64 * 1024)).fill(1, 100, 30_000));
  await Deno.mkdir(join(local, "deep/deeper/empty"), { recursive: true });
  await Deno.mkdir(join(local, "name with spaces"));
  await put(join(local, "deep/deeper/file"), "deep");
  await Deno.chmod(join(local, "deep/deeper"), 0o750);
  await Deno.mkdir(join(local, "read-only"));
  await put(join(local, "read-only/file"), "inside");
  await Deno.chmod(join(local, "read-only"), 0o555);
  await Deno.symlink("script.sh", join(local, "link"));
  await Deno.symlink("/nonexistent/dangling target", join(local, "deep/dangling"));
  await Deno.symlink("deep/deeper", join(local, "link to folder"));

  await copy(kit, { local, remote });
  deepEqual(await contents(remote), await contents(local));

  await using session = await kit.connect();
  equal((await session.run(`"${remote}/script.sh"`, limits())).output, "ran\n");
});

test("makes the folders above, and keeps the mode of one that is there", async (kit) => {
  const { local, remote } = await pair(kit);
  await put(join(local, "file"), "one");
  await copy(kit, { local, remote: join(remote, "a/b/c") });
  equal(await Deno.readTextFile(join(remote, "a/b/c/file")), "one");
  equal(
    (await Deno.stat(join(remote, "a/b/c"))).mode! & 0o777,
    0o755 & ~Deno.umask(),
    "the server has our umask",
  );

  const open = join(remote, "open");
  await Deno.mkdir(open);
  await Deno.chmod(open, 0o1777);
  await copy(kit, { local, remote: open });
  equal((await Deno.stat(open)).mode! & 0o7777, 0o1777);
});

test("overwrites what is there and leaves what is not its own", async (kit) => {
  const { local, remote } = await pair(kit);
  await Deno.mkdir(join(local, "sub"));
  for (const name of ["long", "read-only", "linked", "sub/file", "running"]) {
    await put(join(local, name), "new");
  }
  await Deno.symlink("long", join(local, "link"));
  await Deno.mkdir(join(remote, "sub"), { recursive: true });
  await put(join(remote, "long"), "something longer than the new");
  await put(join(remote, "read-only"), "old", 0o400);
  const elsewhere = `${remote}-elsewhere`;
  await put(elsewhere, "untouched");
  await Deno.symlink(elsewhere, join(remote, "linked"));
  await put(join(remote, "link"), "a file in a link's place");
  await put(join(remote, "sub/other"), "stays");
  // A program that runs can't be written to.
  await Deno.copyFile("/bin/sleep", join(remote, "running"));
  await Deno.chmod(join(remote, "running"), 0o755);
  const running = new Deno.Command(join(remote, "running"), { args: ["60"] }).spawn();

  await copy(kit, { local, remote });
  running.kill();
  await running.status;
  const expected = { ...await contents(local), "sub/other": (await contents(remote))["sub/other"] };
  deepEqual(await contents(remote), expected);
  equal(await Deno.readTextFile(elsewhere), "untouched");
  equal(await Deno.readTextFile(join(remote, "sub/other")), "stays");
  await copy(kit, { local, remote });
  deepEqual(await contents(remote), expected);
});

test("streams a big file, and many small ones", async (kit) => {
  const { local, remote } = await pair(kit);
  const block = crypto.getRandomValues(new Uint8Array(65_536));
  using file = await Deno.open(join(local, "big"), { write: true, create: true });
  for (let at = 0; at < 5_000; at++) await file.write(block);
  for (let at = 0; at < 500; at++) await put(join(local, `small ${at}`), `content ${at}`);
  using memory = watchMemory();
  await copy(kit, { local, remote });
  const most = memory.most();
  deepEqual(await contents(remote), await contents(local));
  ok(most < 150_000_000, `${most / 1e6} MB`);
});

test("of a folder that can't be read fails with the local error", async (kit) => {
  const { local, remote } = await pair(kit);
  await rejects(copy(kit, { local: join(local, "none"), remote }), Deno.errors.NotFound);
  await put(join(local, "file"), "");
  await rejects(copy(kit, { local: join(local, "file"), remote }), Deno.errors.NotADirectory);
});

test("refuses what is neither file, folder nor link", async (kit) => {
  const { local, remote } = await pair(kit);
  await new Deno.Command("mkfifo", { args: [join(local, "pipe")] }).output();
  await rejects(copy(kit, { local, remote }), {
    name: "NotSupported",
    message: /^cannot copy .*\/pipe: not a file, directory or symbolic link$/,
  });
});

test("that the server refuses says what it could not do, and leaves the session open", async (kit) => {
  const { local, remote } = await pair(kit);
  await Deno.mkdir(join(local, "thing"));
  await put(join(local, "thing/file"), "");
  await Deno.mkdir(remote);
  await put(join(remote, "thing"), "a file in a folder's place");
  await using session = await kit.connect();
  const error = await failureOfLogin(session.copyFolder(local, remote, limits()));
  equal(error.failure, "command");
  match(
    error.message,
    /^login as .*: cannot create the directory .*\/remote\/thing: the server says only "Failure"/,
  );
  await failureOfLogin(session.copyFolder(local, "/proc/nowhere", limits()));
  equal((await session.run("echo open", limits())).output, "open\n");
});

test("that is aborted ends with the signal's reason and leaves the session open", async (kit) => {
  const { local, remote } = await pair(kit);
  await put(join(local, "big"), new Uint8Array(50_000_000));
  await using session = await kit.connect();
  const controller = new AbortController();
  const copying = session.copyFolder(local, remote, limits({ signal: controller.signal }));
  const rejected = rejects(copying, /^Error: enough$/);
  const size = () => {
    try {
      return Deno.statSync(join(remote, "big")).size;
    } catch {
      return 0;
    }
  };
  await eventually(() => size() > 0);
  controller.abort(new Error("enough"));
  await rejected;
  equal((await session.run("echo open", limits())).output, "open\n");
});

test("writes a file with its mode, whatever was there", async (kit) => {
  const { local, remote } = await pair(kit);
  await using session = await kit.connect();
  for (
    const [content, mode] of [["first, and longer", 0o600], ["größer", 0o755], ["", 0o444], [
      "last",
      0o644,
    ]] as const
  ) {
    await Deno.remove(join(local, "file")).catch(() => {});
    await put(join(local, "file"), content, mode);
    await session.copyFolder(local, remote, limits());
    equal(await Deno.readTextFile(join(remote, "file")), content);
    equal((await Deno.stat(join(remote, "file"))).mode! & 0o7777, mode);
  }
});

const withoutSftp: Record<string, { sftp: string | null; says: RegExp }> = {
  "has no SFTP": { sftp: null, says: /the server has no working SFTP \(Unable to start subsystem: sftp\); / },
  "has lost its SFTP program": {
    sftp: "/nonexistent/sftp-server",
    says: /the server has no working SFTP \(Received exit code 127/,
  },
  "prints something into SFTP": {
    sftp: "/bin/sh -c 'echo Welcome to this machine; exec /usr/lib/openssh/sftp-server'",
    says: /the server has no working SFTP \(Packet length .*shell profiles must print nothing/,
  },
};

for (const [what, { sftp, says }] of Object.entries(withoutSftp)) {
  test(`to a server that ${what} says so`, async (kit) => {
    const { local, remote } = await pair(kit);
    await using server = await startOpensshServer({ sftp });
    await using session = await connectTo(server);
    const error = await failureOfLogin(session.copyFolder(local, remote, limits()));
    equal(error.failure, "command");
    match(error.message, says);
  });
}

test("to a server whose SFTP ends in between fails, and leaves the session open", async (kit) => {
  const { local, remote } = await pair(kit);
  await put(join(local, "big"), new Uint8Array(50_000_000));
  const own = join(local, "../sftp-server");
  await put(own, '#!/bin/sh\necho $$ >"$0.pid"\nexec /usr/lib/openssh/sftp-server\n', 0o755);
  await using server = await startOpensshServer({ sftp: `"'${own}'"` });
  await using session = await connectTo(server);
  const copying = failureOfLogin(session.copyFolder(local, remote, limits()));
  await eventually(() => exists(join(remote, "big")));
  Deno.kill(Number(await Deno.readTextFile(`${own}.pid`)), "SIGKILL");
  const error = await copying;
  equal(error.failure, "command");
  match(error.message, /closed the connection during the copy of files|cannot write/);
  equal((await session.run("echo open", limits())).output, "open\n");
});
