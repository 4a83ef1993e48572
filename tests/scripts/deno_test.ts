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
const FURTHER_TOOLS = ["cksum", "dpkg-query", "grep", "gzip", "head", "sed", "sh", "tar", "uname"];

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
    folder,
    /** Puts an npm in PATH. */
    async addNpm(script: string) {
      await Deno.writeTextFile(join(bin, "npm"), `#!/bin/sh\n${script}`, { mode: 0o755 });
    },
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

Deno.test("scripts/deno says what to install where npm is there and does not run", async () => {
  await using checkout = await bareCheckout();
  await checkout.addNpm("exec node npm.js");
  const said = "scripts/deno: npm does not run, which fetches Deno 2.9.6 once: install Node.js 18 or newer\n";
  assert.deepEqual(await checkout.run("deno"), { code: 1, output: said });
});

Deno.test("scripts/deno names the registry that npm cannot reach, gives npm's reason, and leaves nothing behind", async () => {
  await using checkout = await bareCheckout();
  await checkout.addNpm(`case $1 in
  --version) ;;
  config) echo http://registry.invalid/ ;;
  *) echo "npm error code ECONNREFUSED" >&2 && exit 1 ;;
esac`);
  const { code, output } = await checkout.run("deno");
  assert.equal(code, 1);
  assert.match(
    output,
    /^.*: installing Deno .*\n.*: cannot fetch @deno\/\S+ from http:\/\/registry\.invalid\/; npm says:\nnpm error code ECONNREFUSED\n$/,
  );
  assert.deepEqual([...Deno.readDirSync(join(checkout.folder, ".deno"))].map(({ name }) => name), ["2.9.6"]);
});

/** An npm with the registry of the user's .npmrc, which notes each time that it is asked, and a Deno that prints it. */
const scriptedNpm = `case $1 in
  --version) ;;
  config) cat "$HOME/.npmrc" && echo asked >>"$HOME/asked" ;;
  *)
    mkdir package && printf '#!/bin/sh\\necho "$NPM_CONFIG_REGISTRY"\\n' >package/deno
    tar -czf deno.tgz package
    ;;
esac`;

Deno.test("scripts/deno asks npm for its registry once, and again when the user's .npmrc has changed", async () => {
  await using checkout = await bareCheckout();
  await checkout.addNpm(scriptedNpm);
  const runWith = async (registry: string) => {
    await Deno.writeTextFile(join(checkout.folder, ".npmrc"), `${registry}\n`);
    const { code, output } = await checkout.run("deno", { HOME: checkout.folder });
    return [code, output.split("\n").at(-2)];
  };
  for (const registry of ["http://first/", "http://first/", "http://second/", "http://second/"]) {
    assert.deepEqual(await runWith(registry), [0, registry]);
  }
  assert.equal(await Deno.readTextFile(join(checkout.folder, "asked")), "asked\nasked\n");
});
