/** Scripts on a server that an earlier run may still be going on on, through the shells that servers have as `sh`. */
import assert from "node:assert/strict";
import { scriptCommand } from "../../src/execute/remote_script.ts";
import { scriptOf, shCommand } from "../../src/ssh/sh_command.ts";
import { eventually } from "../eventually.ts";
import { exists } from "../exists.ts";
import { type Need, testNeeding } from "../needs.ts";

const shells: readonly { readonly shell: readonly string[]; readonly needs: readonly Need[] }[] = [
  { shell: ["sh"], needs: [] },
  { shell: ["bash"], needs: ["bash"] },
  { shell: ["ksh"], needs: ["ksh"] },
  { shell: ["busybox", "sh"], needs: ["busybox"] },
];

/** It runs until the file `go` is there, and notes when it begins and ends; a child of it goes on as long as its folder. */
const SCRIPT = `#!/bin/sh
(while [ -e s.sh ]; do sleep 0.05; done) >/dev/null 2>&1 &
echo "begin $A $1" >> ran
while ! [ -e go ]; do sleep 0.02; done
echo "end $1" >> ran
`;

async function server() {
  const folder = await Deno.makeTempDir({ prefix: "nodepool scripts ü " });
  await Deno.writeTextFile(`${folder}/s.sh`, SCRIPT, { mode: 0o755 });
  const place = `'${folder.replaceAll("'", "'\\''")}'`;
  const command = (hostname: string) =>
    scriptCommand({ folder: place, script: "s.sh", hostname, variables: { A: "x y" } });
  return {
    file: (name: string) => `${folder}/${name}`,
    start([shell, ...args]: readonly string[], hostname: string, env: Record<string, string> = {}) {
      // As a login shell reads it, and hands it to sh.
      const text = scriptOf(shCommand(command(hostname)))!;
      return new Deno.Command(shell!, {
        args: [...args, "-c", `trap "" HUP; eval "$1"`, "sh", text],
        stdout: "piped",
        env,
      }).spawn();
    },
    ran: async () => (await Deno.readTextFile(`${folder}/ran`)).trimEnd().split("\n"),
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
}

for (const { shell, needs } of shells) {
  testNeeding(
    ["flock", ...needs],
    `a script waits with ${shell.join(" ")} until an earlier run of it has ended`,
    async () => {
      await using node = await server();
      const first = node.start(shell, "one");
      // The shell makes the file before it writes there.
      await eventually(async () => exists(node.file("ran")) && (await node.ran())[0] !== "");
      const second = node.start(shell, "two");
      const reader = second.stdout.getReader();
      const said = new TextDecoder().decode((await reader.read()).value);
      assert.match(
        said,
        /^nodepool: an earlier run of a script is still running here; waiting for it to end\n/,
      );
      assert.deepEqual(await node.ran(), ["begin x y one"]);
      await Deno.writeTextFile(node.file("go"), "");
      reader.releaseLock();
      await second.stdout.cancel();
      const ends = [await first.output(), { code: (await second.status).code }];
      assert.deepEqual(ends.map(({ code }) => code), [0, 0]);
      // What the first left running holds nothing.
      assert.deepEqual(await node.ran(), ["begin x y one", "end one", "begin x y two", "end two"]);
    },
  );
}

Deno.test("a script runs where the server has no flock", async () => {
  await using node = await server();
  await Deno.writeTextFile(node.file("go"), "");
  await Deno.mkdir(node.file("bin"));
  await Deno.symlink("/bin/sleep", node.file("bin/sleep"));
  const { code } = await node.start(["/bin/sh"], "one", { PATH: node.file("bin") }).output();
  assert.equal(code, 0);
  assert.deepEqual(await node.ran(), ["begin x y one", "end one"]);
});
