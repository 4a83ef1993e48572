/**
 * A real dropbear, as small images have it. It takes keys from the user's home alone, so that it runs where a folder of
 * the test's stands in that place.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemAccount } from "../../src/lib/system_account.ts";
import { createSsh2Shell } from "../../src/ssh/ssh2_shell.ts";
import { PATIENCE } from "../eventually.ts";
import { testNeeding } from "../needs.ts";
import { options } from "./login_target.ts";
import { freePort, makeKey } from "./openssh_server.ts";
import { limits } from "./session_kit.ts";

const SETUP =
  `mount -t tmpfs -o mode=700 tmpfs "$1" && mkdir -m 700 "$1/.ssh" && cp "$2" "$1/.ssh/authorized_keys" &&
  chmod 600 "$1/.ssh/authorized_keys" && exec dropbear -F -E -s -p "127.0.0.1:$3" -r "$4" -P "$5"`;

async function startDropbear() {
  const folder = await Deno.makeTempDir({ prefix: "dropbear-" });
  const { username, homedir: home } = systemAccount()!;
  const user = await makeKey(folder, { name: "user", type: "ed25519" });
  const [hostKey, authorized] = [join(folder, "host"), join(folder, "authorized")];
  await Deno.writeTextFile(authorized, `${user.open}\n`);
  await new Deno.Command("dropbearkey", {
    args: ["-t", "ed25519", "-f", hostKey],
    stdout: "null",
    stderr: "null",
  })
    .output();
  const port = freePort();
  const server = new Deno.Command("unshare", {
    args: ["-m", "sh", "-c", SETUP, "sh", home, authorized, String(port), hostKey, join(folder, "pid")],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await listens(port);
  return {
    target: { address: "127.0.0.1", port, username, privateKey: user.secret, hostKeys: [] },
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      await server.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function listens(port: number): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

testNeeding(
  ["dropbear", "ssh-keygen", "unshare", "mount", "account"],
  "dropbear: commands run, at a terminal, and nothing is left open",
  async () => {
    await using server = await startDropbear();
    const shell = createSsh2Shell();
    const { exitCode, output } = await shell.login(server.target, options("echo 'it is in'; exit 3"));
    assert.deepEqual([exitCode, output], [3, "it is in\n"]);
    await using session = await shell.connect(server.target, limits());
    const first = await session.run("test -t 1 && echo terminal; cat; printf 'a\\nb\\n'", limits());
    assert.deepEqual([first.exitCode, first.output], [0, "terminal\na\nb\n"]);
    assert.equal((await session.run("exit 5", limits())).exitCode, 5);
  },
);
