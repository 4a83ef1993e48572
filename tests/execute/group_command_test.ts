/** The command that writes a group's files, run by the machine's own /bin/sh in a folder of the test's. */
import assert from "node:assert/strict";
import { groupFiles, groupFilesCommand, type NodeGroup } from "../../src/execute/group_files.ts";
import { shCommand } from "../../src/ssh/sh_command.ts";
import { script } from "../build/processes.ts";
import { testNeeding } from "../needs.ts";

const primary = member("10.0.0.1", "s1");
const group: NodeGroup = {
  primary,
  subnodes: [member("10.0.0.2", "s2"), { ...member("10.0.0.3", "s3"), zone: "it's zone 2" }],
  provider: { name: "cloud-a", access: { name: "my cloud", regionName: null } },
  key: {
    privateKey: "-----BEGIN KEY-----\na\\n$b 'c' %s\n-----END KEY-----\n",
    publicKey: "ssh-ed25519 AAAA\n",
  },
};

function member(address: string, serverId: string) {
  return {
    serverId,
    zone: null,
    addresses: { login: address, privateV4: `192.168.0.${address.at(-1)}` },
  };
}

/** A folder for the files and a home; both end with it. */
async function grounds() {
  const root = await Deno.makeTempDir({ prefix: "it's a folder " });
  const folder = `${root}/etc/nodepool`;
  return {
    folder,
    home: root,
    async run(command: string, { shell = "/bin/sh", as = [] as string[], path = "" } = {}) {
      const [program, ...args] = [...as, shell, "-c", command];
      const { code, stdout, stderr } = await new Deno.Command(program!, {
        args,
        env: { HOME: root, SUDO_UID: "", SUDO_GID: "", PATH: `${path}:${Deno.env.get("PATH")}` },
        stdin: "null",
      }).output();
      return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
    },
    /** Mode and content of each file, by name. */
    async files() {
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
      const entries = names.map(async (name) => {
        const path = `${folder}/${name}`;
        return [name, [(await Deno.stat(path)).mode! & 0o777, await Deno.readTextFile(path)]] as const;
      });
      return Object.fromEntries(await Promise.all(entries));
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

function expected(files: ReturnType<typeof groupFiles>) {
  return Object.fromEntries(files.map(({ name, content, mode }) => [name, [mode, content]]));
}

Deno.test("the command writes every file as it is, whatever is in it, and prints nothing", async () => {
  await using ground = await grounds();
  const files = groupFiles(primary, group);
  const { code, output } = await ground.run(groupFilesCommand(files, { folder: ground.folder }));
  assert.deepEqual([code, output], [0, ""]);
  assert.deepEqual(await ground.files(), expected(files));
});

Deno.test("the command may be run again: files of an earlier attempt are replaced, whatever their modes", async () => {
  await using ground = await grounds();
  const earlier = groupFiles(group.subnodes[0]!, group).map((file) => ({ ...file, mode: 0o400 }));
  await ground.run(groupFilesCommand(earlier, { folder: ground.folder }));
  const files = groupFiles(group.subnodes[1]!, group);
  assert.equal((await ground.run(groupFilesCommand(files, { folder: ground.folder }))).code, 0);
  assert.deepEqual(await ground.files(), expected(files));
});

Deno.test("the command means the same to other shells that a user may have", async () => {
  await using ground = await grounds();
  const files = groupFiles(primary, group);
  const command = groupFilesCommand(files, { folder: ground.folder });
  assert.equal((await ground.run(shCommand(command), { shell: "/bin/bash" })).code, 0);
  assert.deepEqual(await ground.files(), expected(files));
});

/** Root may write anywhere, so it becomes somebody who may not. */
const NOBODY = 65_534;
const asNobody = Deno.uid() === 0 ? ["setpriv", `--reuid=${NOBODY}`, `--clear-groups`] : [];

testNeeding(
  ["setpriv"],
  "where the user may not make the folder, the command becomes root for it",
  async () => {
    await using ground = await grounds();
    const closed = `${ground.home}/etc`;
    await Deno.mkdir(closed);
    const files = groupFiles(primary, group);
    // What sudo would run as root is run by the owner, who opens the folder to do so.
    const sudo = `#!/bin/sh\n[ "$1" = -n ] || exit 9\nshift\nchmod 755 '${
      closed.replaceAll("'", `'\\''`)
    }'\n"$@"\n`;
    await script(ground.home, { name: "sudo", text: sudo });
    if (Deno.uid() === 0) {
      for (const path of [ground.home, closed]) {
        await Deno.chown(path, NOBODY, NOBODY);
      }
    }
    await Deno.chmod(closed, 0o555);
    const command = groupFilesCommand(files, { folder: ground.folder });
    const { code, output } = await ground.run(command, { as: asNobody, path: ground.home });
    assert.deepEqual([code, output], [0, ""]);
    assert.deepEqual(await ground.files(), expected(files));
  },
);

Deno.test("the group's key is let in once, beside the keys that are there, and only its owner may read them", async () => {
  await using ground = await grounds();
  const keys = `${ground.home}/.ssh/authorized_keys`;
  const command = groupFilesCommand([], { folder: ground.folder, authorize: group.key.publicKey });
  await ground.run(command);
  assert.equal(await Deno.readTextFile(keys), "ssh-ed25519 AAAA\n");
  assert.equal((await Deno.stat(keys)).mode! & 0o777, 0o600);
  assert.equal((await Deno.stat(`${ground.home}/.ssh`)).mode! & 0o777, 0o700);
  await Deno.writeTextFile(keys, "ssh-rsa BBBB\nssh-ed25519 AAAA\n");
  await ground.run(command);
  assert.equal(await Deno.readTextFile(keys), "ssh-rsa BBBB\nssh-ed25519 AAAA\n");
});

Deno.test("the key is let in on a line of its own where the last line has no end", async () => {
  await using ground = await grounds();
  const keys = `${ground.home}/.ssh/authorized_keys`;
  await Deno.mkdir(`${ground.home}/.ssh`);
  await Deno.writeTextFile(keys, "ssh-rsa BBBB");
  await ground.run(groupFilesCommand([], { folder: ground.folder, authorize: group.key.publicKey }));
  assert.equal(await Deno.readTextFile(keys), "ssh-rsa BBBB\nssh-ed25519 AAAA\n");
});

Deno.test("a folder that cannot be made fails the command, and lets no key in", async () => {
  await using ground = await grounds();
  await Deno.writeTextFile(`${ground.home}/etc`, "in the way");
  const { code, output } = await ground.run(
    groupFilesCommand(groupFiles(primary, group), { folder: ground.folder, authorize: group.key.publicKey }),
  );
  assert.notEqual(code, 0);
  assert.match(output, /Not a directory|not a directory|File exists/);
  await assert.rejects(Deno.stat(`${ground.home}/.ssh`), Deno.errors.NotFound);
});

Deno.test("the provider file is read by a shell as it was meant", async () => {
  await using ground = await grounds();
  await ground.run(groupFilesCommand(groupFiles(group.subnodes[1]!, group), { folder: ground.folder }));
  const { output } = await ground.run(
    `cd; . etc/nodepool/provider; printf '%s|' "$NODEPOOL_PROVIDER" "$NODEPOOL_CLOUD" "$NODEPOOL_REGION" "$NODEPOOL_AZ"`,
  );
  assert.equal(output, "cloud-a|my cloud||it's zone 2|");
});
