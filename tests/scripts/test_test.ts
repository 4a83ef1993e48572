/** scripts/test: its last line and its exit code say what the runner reported, in a small project of the test's own. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const passing = `Deno.test("works", () => {});`;
const failing = `Deno.test("breaks", () => { throw new Error("it <failure/> is broken"); });`;
const ignored = `Deno.test({ name: "can't run here", ignore: true, fn() {} });`;

interface Project {
  /** The test files, `NAME_test.ts` each. */
  readonly tests: Readonly<Record<string, string>>;
  /** What takes the place of formatting. */
  readonly fmt?: string;
}

interface Outcome {
  readonly code: number;
  readonly lines: readonly string[];
  readonly last: string;
}

async function runTests(
  { tests, fmt = "true" }: Project,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-test-" });
  try {
    await makeProject(folder, { tests, fmt });
    const { code, stdout } = await new Deno.Command(join(folder, "scripts/test"), {
      args,
      env: { CI: "", ...env },
      stderr: "null",
    }).output();
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    return { code, lines, last: lines.at(-1) ?? "" };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function makeProject(folder: string, { tests, fmt }: Required<Project>): Promise<void> {
  await Deno.mkdir(join(folder, "scripts"));
  await Deno.mkdir(join(folder, "tests"));
  await Deno.copyFile(join(root, "scripts/test"), join(folder, "scripts/test"));
  await Deno.symlink(join(root, "scripts/deno"), join(folder, "scripts/deno"));
  for (const name of ["compile", "debian_packages"]) {
    await Deno.symlink("/bin/true", join(folder, "scripts", name));
  }
  const tasks = { fmt, lint: "true", check: "true", doc: "true", test: "deno test tests" };
  await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify({ tasks }));
  for (const [name, text] of Object.entries(tests)) {
    await Deno.writeTextFile(join(folder, "tests", `${name}_test.ts`), text);
  }
}

Deno.test("scripts/test counts what passed", async () => {
  const { code, last } = await runTests({ tests: { a: passing, b: passing } });
  assert.deepEqual({ code, last }, { code: 0, last: "2 passed, 0 failed" });
});

Deno.test("scripts/test counts what failed and fails", async () => {
  const { code, last } = await runTests({ tests: { a: passing + failing } });
  assert.deepEqual({ code, last }, { code: 1, last: "1 passed, 1 failed" });
});

Deno.test("scripts/test names what was skipped and passes", async () => {
  const { code, lines, last } = await runTests({ tests: { a: passing + ignored } });
  assert.deepEqual({ code, last }, { code: 0, last: "1 passed, 0 failed, 1 skipped" });
  assert.ok(lines.includes("  can't run here"));
});

Deno.test({
  name: "scripts/test fails for a skipped test where everything could be installed (needs root on Debian)",
  ignore: Deno.uid() !== 0 || !existsSync("/etc/debian_version"),
  fn: async () => {
    const { code, last } = await runTests({ tests: { a: passing + ignored } }, { env: { CI: "true" } });
    assert.deepEqual({ code, last }, { code: 1, last: "1 passed, 0 failed, 1 skipped" });
  },
});

Deno.test("scripts/test counts a file that does not load as a failed test", async () => {
  const { code, last } = await runTests({ tests: { a: passing, b: `throw new Error("top");` } });
  assert.deepEqual({ code, last }, { code: 1, last: "1 passed, 1 failed" });
});

Deno.test("scripts/test counts a file that does not compile as a failed test", async () => {
  const { code, last } = await runTests({ tests: { a: passing, b: `const a: number = "";` } });
  assert.deepEqual({ code, last }, { code: 1, last: "0 passed, 1 failed" });
});

Deno.test("scripts/test fails when no test ran", async () => {
  const { code, lines, last } = await runTests({ tests: { a: passing } }, { args: ["--filter", "nothing"] });
  assert.deepEqual({ code, last }, { code: 1, last: "0 passed, 0 failed" });
  assert.ok(lines.includes("not passed: no test ran"));
});

Deno.test("scripts/test fails when another part than the tests does, and names it", async () => {
  const { code, lines, last } = await runTests({ tests: { a: passing }, fmt: "false" });
  assert.deepEqual({ code, last }, { code: 1, last: "1 passed, 0 failed" });
  assert.ok(lines.includes("not passed: fmt"));
});

Deno.test("scripts/test runs only the file or the name that it is given", async () => {
  const tests = { a: passing, b: passing + failing };
  assert.equal((await runTests({ tests }, { args: ["tests/a_test.ts"] })).last, "1 passed, 0 failed");
  assert.equal((await runTests({ tests }, { args: ["--filter", "breaks"] })).last, "0 passed, 1 failed");
});
