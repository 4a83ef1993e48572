/** scripts/test and .ci/run: their last line and their exit code say what the runner reported, in a small project of the test's own. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { testNeeding } from "../needs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const passing = `Deno.test("works", () => {});`;
const failing = `Deno.test("breaks", () => { throw new Error("it <failure/> is broken"); });`;
const ignored = `Deno.test({ name: "can't run here", ignore: true, fn() {} });`;
/** Has a test that needs root, registered by another file, as tests/needs.ts does. */
const forRoot = `import { testForRoot } from "./for_root.ts";\ntestForRoot();\n`;
const registration = `
export function testForRoot() {
  const isRoot = Deno.env.get("AS_ROOT") === "1";
  Deno.test({ name: "can't run (here)", ignore: !isRoot, fn() {} });
  if (isRoot) return;
  const [file] = new Error().stack!.match(/tests\\/[^:]*_test\\.ts/)!;
  const line = JSON.stringify({ name: "can't run (here)", remedy: "run it as root", file });
  Deno.writeTextFileSync(Deno.env.get("NODEPOOL_SKIPPED_TESTS")!, line + "\\n", { append: true });
}
`;

/** For what would take minutes and root: an OpenStack that never runs, an account that is the test's own. */
const standIns = {
  "devcloud/settings.sh": "DEVCLOUD_DIR=$PWD/scripts/devcloud",
  "devcloud/processes.sh": "alive() { false; }",
  "ordinary_user": `#!/bin/sh\nexec env -u AS_ROOT "$@"`,
};

interface Project {
  /** The test files, `NAME_test.ts` each. */
  readonly tests: Readonly<Record<string, string>>;
  /** What takes the place of formatting. */
  readonly fmt?: string;
  /** What takes the place of the demonstration. */
  readonly demo?: string;
  /** Whether the runner checks types; it takes longer than the tests themselves. */
  readonly typed?: boolean;
}

interface Outcome {
  readonly code: number;
  readonly lines: readonly string[];
  readonly last: string;
}

interface Options {
  /** The program; scripts/test, if left out. */
  readonly program?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where in the project it is run. */
  readonly cwd?: string;
}

async function runTests(project: Project, options: Options = {}): Promise<Outcome> {
  const [outcome] = await runInTurn(project, [options]);
  return outcome!;
}

/** Runs of one project, one after the other. FOLDER in the arguments is the project's own. */
async function runInTurn(
  { tests, fmt = "true", demo = "true", typed = false }: Project,
  runs: readonly Options[],
): Promise<Outcome[]> {
  const folder = await Deno.makeTempDir({ prefix: "nodepool test ü " });
  try {
    await makeProject(folder, { tests, fmt, demo, typed });
    const outcomes: Outcome[] = [];
    for (const options of runs) outcomes.push(await runIn(folder, options));
    return outcomes;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runIn(folder: string, options: Options): Promise<Outcome> {
  const { program = "scripts/test", args = [], env = {}, cwd = "" } = options;
  const { code, stdout } = await new Deno.Command(join(folder, program), {
    args: args.map((word) => word.replace("FOLDER", folder)),
    cwd: join(folder, cwd),
    env: { CI: "", ...env },
    stderr: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  return { code, lines, last: lines.at(-1) ?? "" };
}

async function makeProject(folder: string, { tests, fmt, demo, typed }: Required<Project>): Promise<void> {
  await Deno.mkdir(join(folder, "scripts"));
  for (const tier of ["soak", "machines"]) {
    await Deno.mkdir(join(folder, "tests", tier), { recursive: true });
  }
  for (const name of ["test", "test_report.ts", "test_shares.ts"]) {
    await Deno.copyFile(join(root, "scripts", name), join(folder, "scripts", name));
  }
  await Deno.symlink(join(root, "scripts/deno"), join(folder, "scripts/deno"));
  await Deno.mkdir(join(folder, "scripts/devcloud/run"), { recursive: true });
  for (const name of ["compile", "test_packages", "devcloud/up", "devcloud/down"]) {
    await Deno.symlink("/bin/true", join(folder, "scripts", name));
  }
  await Deno.symlink(`/bin/${demo}`, join(folder, "scripts/demo"));
  await Deno.copyFile(join(root, ".ci/run"), join(folder, "scripts/ci_run"));
  for (const [name, text] of Object.entries(standIns)) {
    await Deno.writeTextFile(join(folder, "scripts", name), text, { mode: 0o755 });
  }
  const run = `deno test -A ${typed ? "" : "--no-check "}--permit-no-files`;
  const quick = typed ? run : "deno run -A scripts/test_shares.ts --permit-no-files";
  const test = `${quick} tests --ignore=tests/openstack,tests/soak,tests/machines`;
  const [soak, machines] = ["soak", "machines"].map((tier) => `${run} tests/${tier}`);
  const tasks = { fmt, lint: "true", check: "true", doc: "true", test, soak, machines };
  await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify({ tasks }));
  await Deno.writeTextFile(join(folder, "tests/for_root.ts"), registration);
  for (const [name, text] of Object.entries(tests)) {
    const path = join(folder, "tests", `${name}_test.ts`);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
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

Deno.test("scripts/test lists what was skipped under what would make it run, and passes", async () => {
  const { code, lines, last } = await runTests({ tests: { a: passing + forRoot } });
  assert.deepEqual({ code, last }, { code: 0, last: "1 passed, 0 failed, 1 skipped" });
  assert.deepEqual(lines.slice(-3, -1), [
    "skipped (to have them run: run it as root):",
    "  can't run (here)",
  ]);
});

Deno.test("scripts/test fails for a test that was skipped without a reason", async () => {
  const { code, lines, last } = await runTests({ tests: { a: passing + ignored } });
  assert.deepEqual({ code, last }, { code: 1, last: "1 passed, 0 failed, 1 skipped" });
  assert.ok(lines.includes("  can't run here"));
  assert.ok(lines.includes("not passed: tests skipped without a reason"));
});

testNeeding(["root", "apt"], "scripts/test fails for a skipped test where all can be installed", async () => {
  const { code, last } = await runTests({ tests: { a: passing + forRoot } }, { env: { CI: "true" } });
  assert.deepEqual({ code, last }, { code: 1, last: "1 passed, 0 failed, 1 skipped" });
});

Deno.test("scripts/test --after runs just what an earlier run skipped, and counts both", async () => {
  const project = { tests: { a: passing + forRoot, b: failing } };
  const [first, second, third] = await runInTurn(project, [
    { args: ["--record", "FOLDER/first"] },
    { args: ["--after", "FOLDER/first"], env: { AS_ROOT: "1" } },
    { args: ["--after", "FOLDER/first"] },
  ]);
  assert.equal(first!.last, "1 passed, 1 failed, 1 skipped");
  assert.deepEqual([second!.code, second!.last], [1, "2 passed, 1 failed"], "the first run's failure counts");
  assert.ok(!second!.lines.some((line) => line.includes("breaks")), "it is not run again");
  assert.equal(third!.last, "1 passed, 1 failed, 1 skipped");
});

Deno.test("scripts/test --after passes where both runs did", async () => {
  const [, second] = await runInTurn({ tests: { a: passing + forRoot } }, [
    { args: ["--record", "FOLDER/first"] },
    { args: ["--after", "FOLDER/first"], env: { AS_ROOT: "1" } },
  ]);
  assert.deepEqual([second!.code, second!.last], [0, "2 passed, 0 failed"]);
});

Deno.test("scripts/test runs the quick tests, the long ones and those on etcd, each once, and counts all", async () => {
  const long = passing.replace("works", "works for long");
  const tests = { a: passing, "soak/b": long + forRoot.replace("./", "../"), "machines/c": failing };
  const [all, after, one] = await runInTurn({ tests }, [
    { args: ["--record", "FOLDER/first"] },
    { args: ["--after", "FOLDER/first"], env: { AS_ROOT: "1" } },
    { args: ["--filter", "works for"] },
  ]);
  assert.deepEqual([all!.code, all!.last], [1, "2 passed, 1 failed, 1 skipped"]);
  assert.deepEqual([after!.code, after!.last], [1, "3 passed, 1 failed"], "what was skipped is run");
  for (const name of ["works", "works for long", "breaks"]) {
    assert.equal(all!.lines.filter((line) => line.includes(`${name} ... `)).length, 1, name);
  }
  assert.deepEqual([one!.code, one!.last], [0, "1 passed, 0 failed"]);
});

Deno.test("scripts/test runs the long tests also where a quick one fails, and the other way round", async () => {
  const quick = passing.replace("works", "is quick");
  const both = { a: failing + quick, "soak/b": `throw new Error("top");`, "soak/c": passing };
  const { code, last } = await runTests({ tests: both });
  assert.deepEqual({ code, last }, { code: 1, last: "2 passed, 2 failed" });
});

Deno.test("scripts/test counts a file that does not load as a failed test", async () => {
  const { code, last } = await runTests({ tests: { a: passing, b: `throw new Error("top");` } });
  assert.deepEqual({ code, last }, { code: 1, last: "1 passed, 1 failed" });
});

Deno.test("scripts/test counts a file that does not compile as a failed test", async () => {
  const { code, last } = await runTests({ tests: { a: passing, b: `const a: number = "";` }, typed: true });
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

Deno.test("scripts/test takes a path from where it is run, or else from the checkout", async () => {
  const tests = { "b/a": passing, c: passing + passing.replace("works", "works too") };
  const [near, far, absolute] = await runInTurn({ tests }, [
    { args: ["b/a_test.ts"], cwd: "tests" },
    { args: ["tests/c_test.ts"], cwd: "tests/b" },
    { args: ["FOLDER/tests/b"], cwd: "scripts" },
  ]);
  assert.deepEqual([near!.code, near!.last], [0, "1 passed, 0 failed"]);
  assert.deepEqual([far!.code, far!.last], [0, "2 passed, 0 failed"]);
  assert.deepEqual([absolute!.code, absolute!.last], [0, "1 passed, 0 failed"]);
});

Deno.test("scripts/test leaves out what needs a real OpenStack unless a path leads there", async () => {
  const named = passing.replace("works", "tests"); // as a folder is named
  const tests = { a: named, "openstack/b": `throw new Error("no cloud");`, "openstack/c": passing };
  const [filtered, all, one] = await runInTurn({ tests }, [
    { args: ["--filter", "tests"] },
    { args: ["tests"] },
    { args: ["tests/openstack/c_test.ts"] },
  ]);
  assert.deepEqual([filtered!.code, filtered!.last], [0, "1 passed, 0 failed"]);
  assert.deepEqual([all!.code, all!.last], [0, "1 passed, 0 failed"]);
  assert.deepEqual([one!.code, one!.last], [0, "1 passed, 0 failed"]);
});

/** Passes where scripts/devcloud has said how to reach its cloud. */
const onCloud = `Deno.test("reaches the cloud", () => {
  if (!Deno.env.get("OS_CLIENT_CONFIG_FILE")?.endsWith("/devcloud/clouds.yaml")) throw new Error("no cloud");
});`;

testNeeding(["flock"], "scripts/test --openstack runs what needs a real OpenStack, too", async () => {
  const tests = { a: passing, "openstack/b": onCloud, "openstack/c": failing };
  const [all, file, name] = await runInTurn({ tests: { ...tests, "soak/d": passing } }, [
    { args: ["--openstack"] },
    { args: ["--openstack", "tests/openstack/b_test.ts"] },
    { args: ["--openstack", "--filter", "reaches"] },
  ]);
  assert.deepEqual([all!.code, all!.last], [1, "3 passed, 1 failed"]);
  assert.deepEqual([file!.code, file!.last], [0, "1 passed, 0 failed"], "only the file named");
  assert.deepEqual([name!.code, name!.last], [0, "1 passed, 0 failed"], "only the test named");
});

testNeeding(
  ["flock"],
  "scripts/test --after counts several runs, and runs what none of them ran",
  async () => {
    const tests = { a: passing + forRoot, "openstack/b": onCloud };
    const first: Options[] = [
      { args: ["--record", "FOLDER/user"] },
      { args: ["--record", "FOLDER/cloud", "--openstack", "tests/openstack"] },
    ];
    const after = { args: ["--after", "FOLDER/user", "--after", "FOLDER/cloud"] };
    const outcomes = await runInTurn({ tests }, [...first, { ...after, env: { AS_ROOT: "1" } }, after]);
    assert.deepEqual(outcomes.map(({ last }) => last), [
      "1 passed, 0 failed, 1 skipped",
      "1 passed, 0 failed",
      "3 passed, 0 failed",
      "2 passed, 0 failed, 1 skipped",
    ]);
  },
);

testNeeding(
  ["root", "apt"],
  "CI counts the user's tests, those on a real OpenStack and what only root can",
  async () => {
    const tests = { a: passing + forRoot, "soak/b": passing, "openstack/c": onCloud };
    const ci: Options = { program: "scripts/ci_run", env: { AS_ROOT: "1" } };
    const [passed] = await runInTurn({ tests }, [ci]);
    assert.deepEqual([passed!.code, passed!.last], [0, "4 passed, 0 failed"]);
    const [failed] = await runInTurn({ tests: { ...tests, "openstack/d": failing } }, [ci]);
    assert.deepEqual([failed!.code, failed!.last], [1, "4 passed, 1 failed"], "what fails there counts");
    const [broken] = await runInTurn({ tests, demo: "false" }, [ci]);
    assert.deepEqual([broken!.code, broken!.last], [1, "4 passed, 0 failed"]);
    assert.ok(broken!.lines.includes("not passed: demo"));
  },
);
