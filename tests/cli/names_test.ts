/** The command line under 2016's names for the daemons, `nodepoold` and `nodepool-builder`. */
import assert from "node:assert/strict";
import type { InvokedProgram } from "../../src/cli/invoked_program.ts";
import { CliBench } from "./run.ts";

const DAEMON: InvokedProgram = { name: "nodepoold", file: "/usr/local/bin/nodepoold" };
const BUILDER: InvokedProgram = { name: "nodepool-builder", file: "/usr/local/bin/nodepool-builder" };

/** What the command came to, without what is called later. */
function wiredIn({ wired }: CliBench) {
  return wired.map(({ name, options }) => {
    const { onRunning: _later, say: _too, ...plain } = options as Record<string, unknown>;
    return { name, ...plain };
  });
}

Deno.test("nodepoold goes into the background with the options that it got, and 2016's pid file", async () => {
  await using bench = await CliBench.open({ daemon: false });
  await bench.runAs(DAEMON, "-s", "secure.conf", "-l", "logging.conf", "--no-builder");
  assert.deepEqual(wiredIn(bench), [{
    name: "background",
    program: DAEMON,
    argv: [
      ...["-c", bench.configFile, "-s", "secure.conf", "-l", "logging.conf", "--no-builder"],
      ...["--pidfile", "/var/run/nodepool/nodepool.pid"],
    ],
    configFile: bench.configFile,
  }]);
});

Deno.test("nodepoold -d stays, with all of 2016's options", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const options = [
    "-d",
    "-s",
    "secure.conf",
    "-l",
    "logging.conf",
    "-p",
    "np.pid",
    "--no-builder",
    "--no-deletes",
  ];
  await bench.runAs(
    DAEMON,
    ...options,
    ...["--no-launches", "--no-webapp", "--build-workers", "3", "--upload-workers", "7"],
  );
  assert.deepEqual(wiredIn(bench), [{
    name: "daemon",
    configFile: bench.configFile,
    secureFile: "secure.conf",
    pidFile: "np.pid",
    logConfigFile: "logging.conf",
    parts: { pool: true, builds: false, launches: false, deletes: false, site: false },
    buildWorkers: 3,
    uploadWorkers: 7,
    strict: false,
    newState: false,
    debug: false,
  }]);
});

Deno.test("nodepool-builder is the builder alone, in the background with a pid file of its own", async () => {
  await using bench = await CliBench.open({ daemon: false });
  await bench.runAs(BUILDER, "--build-workers", "2");
  await bench.runAs(BUILDER, "-d", "--build-workers", "2");
  const [away, here] = wiredIn(bench) as Record<string, unknown>[];
  assert.deepEqual((away!.argv as string[]).slice(-2), [
    "--pidfile",
    "/var/run/nodepool/nodepool-builder.pid",
  ]);
  assert.deepEqual(
    [here!.parts, here!.buildWorkers, here!.pidFile],
    [{ pool: false, builds: true, launches: false, deletes: true, site: false }, 2, null],
  );
});

Deno.test("install-links makes both links, once, and leaves alone what else is there", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const file = `${bench.folder}/program`;
  await Deno.writeTextFile(file, "");
  const target = await Deno.realPath(file);
  const into = `${bench.folder}/bin`;
  const install = (folder: string) => bench.runAs({ name: "nodepool", file }, "install-links", folder);
  const missing = await install(into);
  assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  assert.equal(
    missing.stderr,
    `nodepool: cannot create the link ${into}/nodepoold: there is no such directory\n`,
  );

  await Deno.mkdir(into);
  const text = `${into}/nodepoold -> ${target}\n${into}/nodepool-builder -> ${target}\n`;
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await install(into), { code: 0, stdout: text, stderr: "" });
  }
  assert.equal(await Deno.realPath(`${into}/nodepool-builder`), target);

  const others: readonly (readonly [(path: string) => void, RegExp])[] = [
    [
      (path) => Deno.writeTextFileSync(path, ""),
      /nodepool-builder already exists and is something else: remove it/,
    ],
    [(path) => Deno.mkdirSync(path), /is something else/],
    [(path) => Deno.symlinkSync("/bin/true", path), /is a link to \/bin\/true/],
    [(path) => Deno.symlinkSync("none", path), /is a link to none/],
  ];
  for (const [make, message] of others) {
    const folder = await Deno.makeTempDir({ dir: bench.folder });
    make(`${folder}/nodepool-builder`);
    const { code, stderr } = await install(folder);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["nodepool-builder"]);
  }
  const sources = await bench.run("install-links", into);
  assert.deepEqual([sources.code, sources.stdout], [2, ""]);
});

for (const program of [DAEMON, BUILDER]) {
  Deno.test(`${program.name} explains itself, tells its version, and speaks of itself in errors`, async () => {
    await using bench = await CliBench.open({ daemon: false });
    const help = await bench.runAs(program, "--help");
    assert.match(help.stdout, new RegExp(`^Usage: ${program.name} \\[options\\]`));
    for (
      const option of ["-c, --config", "-s, --secure", "-l, --logconfig", "-p, --pidfile", "-d, --nodaemon"]
    ) {
      assert.ok(help.stdout.includes(`  ${option} `), option);
    }
    assert.ok(!help.stdout.includes("start-report"));
    const version = await bench.runAs(program, "--version");
    assert.deepEqual([version.code, version.stdout], [0, "nodepool 1.2.3 (commit abc, Deno 9.9.9)\n"]);
    const wrong = await bench.runAs(program, "--no-such");
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
    assert.match(wrong.stderr, new RegExp(`^${program.name}: unknown option '--no-such'`));
    assert.deepEqual(bench.wired, []);
  });
}
