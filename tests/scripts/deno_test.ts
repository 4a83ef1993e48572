/** The README's commands where what they need first is missing: what they say before anything else, and how they end. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const TOOLS = [
  "bash",
  "basename",
  "cat",
  "chmod",
  "dirname",
  "env",
  "id",
  "mkdir",
  "mktemp",
  "mv",
  "readlink",
  "rm",
  "rmdir",
];
const FURTHER_TOOLS = ["dpkg-query", "gzip", "sed", "sh", "tar", "uname"];

/** A checkout with no Deno yet, and a PATH that has what every system has and no Node.js. */
async function bareCheckout() {
  const folder = await Deno.makeTempDir({ prefix: "nodepool böre " });
  const bin = join(folder, "bin");
  await Deno.mkdir(bin);
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  for (const tool of [...TOOLS, ...FURTHER_TOOLS]) {
    const found = folders.map((path) => join(path, tool)).find((path) => isThere(path));
    if (found !== undefined) await Deno.symlink(found, join(bin, tool));
  }
  const scripts = join(folder, "scripts");
  await Deno.mkdir(scripts);
  for (const { name, isFile } of Deno.readDirSync(join(root, "scripts"))) {
    if (isFile) await Deno.copyFile(join(root, "scripts", name), join(scripts, name));
  }
  return {
    async run(script: string, env: Readonly<Record<string, string>> = {}) {
      const { code, stdout, stderr } = await new Deno.Command(join(scripts, script), {
        clearEnv: true,
        env: { PATH: bin, LANG: "C", ...env },
        cwd: "/",
        stdin: "null",
      }).output();
      return { code, output: new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout) };
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

for (const script of ["deno", "demo", "test", "compile"]) {
  Deno.test(`scripts/${script} without npm says so and what to install, and nothing else`, async () => {
    await using checkout = await bareCheckout();
    const { code, output } = await checkout.run(script);
    const said = "scripts/deno: npm is missing, which fetches Deno 2.9.6 once: install Node.js 18 or newer\n";
    assert.deepEqual([code, output], [1, said]);
  });
}

for (const script of ["demo", "test"]) {
  Deno.test(`scripts/${script} without a folder for temporary files says which it tried, and nothing else`, async () => {
    await using checkout = await bareCheckout();
    const { code, output } = await checkout.run(script, { TMPDIR: "/does/not exist" });
    const said = `scripts/${script}: cannot make a folder in /does/not exist: ` +
      "set TMPDIR to a folder that you can write to\n";
    assert.deepEqual([code, output], [1, said]);
  });
}
