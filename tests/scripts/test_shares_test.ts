/** scripts/test_shares.ts, in a folder of the test's own: as if `deno test` had been given the files. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../scripts/test_shares.ts", import.meta.url));
const passing = (name: string) => `Deno.test("${name}", () => {});\n`;

/** Runs in two shares, since there is one job. */
async function runShares(tests: Record<string, string>, args: readonly string[] = []) {
  const folder = await Deno.makeTempDir({ prefix: "nodepool shares ü " });
  try {
    for (const [name, text] of Object.entries(tests)) {
      await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, "tests", ...args],
      cwd: folder,
      env: { DENO_JOBS: "1", NO_COLOR: "1" },
      stderr: "null",
    }).output();
    return { code, text: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("test_shares.ts runs each file once, at any depth, and neither what is ignored nor other files", async () => {
  const { code, text } = await runShares({
    "tests/a_test.ts": passing("first"),
    "tests/b_test.ts": passing("second"),
    "tests/deep/er/c_test.ts": passing("third"),
    "tests/kit.ts": passing("kit"),
    "tests/long/d_test.ts": passing("long"),
  }, ["--ignore=tests/long,tests/other"]);
  assert.equal(code, 0);
  assert.deepEqual(text.match(/\w+(?= \.\.\. )/g)?.toSorted(), ["first", "second", "third"]);
});

Deno.test("test_shares.ts fails and names the file for a test that fails and for a file that does not load", async () => {
  const { code, text } = await runShares({
    "tests/a_test.ts": `Deno.test("breaks", () => { throw new Error("broken"); });`,
    "tests/b_test.ts": `throw new Error("top");`,
    "tests/c_test.ts": passing("lives"),
    "tests/d_test.ts": `import "./missing.ts";`,
    "tests/e_test.ts": passing("lives too"),
    "tests/f_test.ts": passing("lives on"),
  });
  assert.equal(code, 1);
  assert.match(text, /^breaks => \.\/tests\/a_test\.ts:1:6$/m);
  assert.match(text, /tests\/b_test\.ts loads \.\.\. FAILED/);
  assert.match(text, /tests\/d_test\.ts loads \.\.\. FAILED/);
  assert.match(text, /FAILED \| 3 passed \| 3 failed/);
});

Deno.test("test_shares.ts passes options on and still finds what a test leaks", async () => {
  const leaking =
    `Deno.test({ name: "leaks", sanitizeResources: true, async fn() { await Deno.open("."); } });`;
  const tests = { "tests/a_test.ts": passing("works"), "tests/c_test.ts": leaking };
  assert.equal((await runShares(tests, ["--filter=works"])).code, 0);
  const { code, text } = await runShares(tests);
  assert.equal(code, 1);
  assert.match(text, /Leaks detected/);
});
