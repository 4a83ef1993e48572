import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../eventually.ts";
import { testNeeding } from "../needs.ts";
import type { OnlineCheck } from "../../src/domain/online_check.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { CliBench } from "./run.ts";

const commands = [
  "daemon",
  "list",
  "hold",
  "delete",
  "acquire",
  "release",
  "request-list",
  "label-list",
  "provider-list",
  "alien-list",
  "state",
  "status",
  "config-validate",
  "config-example",
  "init",
  "simulate",
];

Deno.test("every command explains itself with an example", async () => {
  await using bench = await CliBench.open({ daemon: false });
  for (const command of commands) {
    const { code, stdout, stderr } = await bench.run(command, "--help");
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, command);
    assert.match(stdout, new RegExp(`^Usage: nodepool ${command}`));
    assert.match(stdout, /\nExample:\n {2}\S/);
  }
  const { stdout } = await bench.run("--help");
  for (const command of commands) assert.match(stdout, new RegExp(`^  ${command} `, "m"));
});

Deno.test("--version prints what the program is, wherever it stands", async () => {
  await using bench = await CliBench.open({ daemon: false });
  for (const argv of [["--version"], ["-V"], ["list", "--version"]]) {
    const { code, stdout } = await bench.run(...argv);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "nodepool 1.2.3 (commit abc, Deno 9.9.9)\n" });
  }
});

for (
  const [argv, message] of [
    [["lst"], "unknown command 'lst' (Did you mean list?)"],
    [["help", "lst"], "unknown command 'lst' (Did you mean list?)"],
    [["help", "xyzzyxyzzy"], "unknown command 'xyzzyxyzzy'"],
    [["request-lits"], "unknown command 'request-lits' (Did you mean request-list?)"],
    [["list", "--labl", "x"], "unknown option '--labl' (Did you mean --label?)"],
    [["list", "-o", "xml"], "Allowed choices are table, wide, json, yaml, csv, name."],
    [["list", "--state", "raedy"], "Allowed choices are building, test, ready, used, hold, delete."],
    [["list", "x"], "nodepool: 'x' is invalid for argument 'id'. An id is a whole number"],
    [["list", "--sort", ""], "Expected a column, such as age or -age."],
    [["list", "--sort=-"], "Expected a column, such as age or -age."],
    [["hold"], "missing required argument 'id'"],
    [
      ["hold", "1", "--for", "soon"],
      "Expected a time such as 90s, 10m, 2h or 1d, above 0 and no more than 100 years (36500d).",
    ],
    [["hold", "1", "--extend", "5000000d"], "no more than 100 years (36500d)."],
    [["acquire", "noble", "--count", "0"], "Expected a whole number from 1 to 999999."],
    [["acquire", "noble", "--count", "99999999"], "Expected a whole number from 1 to 999999."],
    [["show", ""], "argument 'node'. It is empty."],
    [["ssh", ""], "argument 'node'. It is empty."],
    [["explain", ""], "It is empty."],
    [["acquire", ""], "argument 'label'. It is empty."],
    [["image-update", "all", ""], "argument 'image'. It is empty."],
    [["image-build", ""], "It is empty."],
    [["hold", "1", "--owner", ""], "option '--owner <name>' argument '' is invalid. It is empty."],
    [["-c", "", "list"], "It is empty."],
    [["state", "check", ""], "argument 'file'. It is empty."],
    [["events", "--kind", "bogus"], "Allowed choices are node, hold, image, request,"],
    [["events", "--kind", "hold.bogus"], "Allowed choices are hold, hold.begun, hold.changed, hold.ended."],
    [["history", "--since", "2026-02-30"], "Expected how long ago"],
    [["history", "--since", "1h", "--until", "2h"], "--until is no later than --since"],
    [["events", "--since", "2099-01-01"], "--since is in the future"],
    [["report", "--since", "2099-01-01"], "--since is in the future"],
    [["release", "1", "--result", "MAYBE"], "Allowed choices are SUCCESS, FAILURE."],
    [["simulate", "--listen", "here"], "Expected ADDRESS:PORT, such as 127.0.0.1:5000."],
  ] as const
) {
  Deno.test(`\`${argv.join(" ")}\` is a usage error on one line`, async () => {
    await using bench = await CliBench.open({ daemon: false });
    const { code, stdout, stderr } = await bench.run(...argv);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.match(stderr, /^nodepool: [^\n]+\n$/);
    assert.equal(stderr.includes(message), true, stderr);
  });
}

Deno.test("no command at all prints the help to standard error and exits 2", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stdout, stderr } = await bench.run();
  assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
  assert.match(stderr, /^Usage: nodepool/);
});

Deno.test("daemon passes its options on and exits as the daemon says", async () => {
  await using bench = await CliBench.open({ daemon: false });
  await bench.run("-s", "secrets.conf", "daemon", "-d", "-p", "np.pid", "-l", "log.conf", "--debug");
  assert.deepEqual(bench.wired, [{
    name: "daemon",
    options: {
      onRunning: (bench.wired[0]!.options as { onRunning: unknown }).onRunning,
      configFile: bench.configFile,
      secureFile: "secrets.conf",
      pidFile: "np.pid",
      logConfigFile: "log.conf",
      parts: { pool: true, builds: true, launches: true, deletes: true, site: true },
      buildWorkers: 1,
      uploadWorkers: 4,
      strict: false,
      newState: false,
      debug: true,
    },
  }]);
});

Deno.test("daemon says which parts it runs, and how many workers", async () => {
  const partsOf = async (...options: string[]) => {
    await using bench = await CliBench.open({ daemon: false });
    const { code } = await bench.run("daemon", ...options);
    const [daemon] = bench.wired as {
      options: { parts: object; buildWorkers: number; uploadWorkers: number };
    }[];
    return daemon === undefined
      ? code
      : [daemon.options.parts, daemon.options.buildWorkers, daemon.options.uploadWorkers];
  };
  const all = { pool: true, builds: true, launches: true, deletes: true, site: true };
  assert.deepEqual(await partsOf("--no-builder"), [{ ...all, builds: false }, 1, 4]);
  assert.deepEqual(await partsOf("--no-launches", "--no-deletes", "--no-webapp"), [
    { ...all, launches: false, deletes: false, site: false },
    1,
    4,
  ]);
  assert.deepEqual(await partsOf("--builder-only", "--build-workers", "2", "--upload-workers", "9"), [
    { ...all, pool: false },
    2,
    9,
  ]);
  assert.equal(await partsOf("--builder-only", "--no-builder"), 2);
});

Deno.test("simulate --quirks lists what its clouds can be like, and runs none", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stdout } = await bench.run("simulate", "--quirks");
  assert.deepEqual([code, stdout], [0, "quirks:\n  gzip  Answers are compressed.\n"]);
  assert.deepEqual(bench.wired, []);
});

Deno.test("simulate runs until it is interrupted", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const running = bench.run("simulate", "--listen", "127.0.0.1:5000", "--clouds", "clouds.yaml");
  await eventually(() => bench.wired.length === 1);
  bench.interrupt();
  assert.equal((await running).code, 0);
  const { listen, config, clouds, sshPort } = bench.wired[0]!.options as Record<string, unknown>;
  assert.deepEqual({ listen, config, clouds, sshPort }, {
    listen: { hostname: "127.0.0.1", port: 5000 },
    config: bench.configFile,
    clouds: "clouds.yaml",
    sshPort: null,
  });
});

Deno.test("a broken configuration does not stop a command while a daemon runs", async () => {
  await using bench = await CliBench.open();
  await Deno.writeTextFile(bench.configFile, `state: ${bench.state}\nlabels: [}\nprovidres: 1\n`);
  const { code, stdout } = await bench.run("list", "4");
  assert.equal(code, 0);
  assert.match(stdout, /noble-cloud-b-4/);
});

Deno.test("a configuration that is not there is named", async () => {
  await using bench = await CliBench.open({ daemon: false });
  for (const argv of [["acquire", "noble"], ["list"], ["hold", "1"]]) {
    const { code, stdout, stderr } = await bench.run("-c", "/nowhere/nodepool.yaml", ...argv);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.match(
      stderr,
      /the configuration \/nowhere\/nodepool.yaml \(named by -c\) cannot be read: there is no such file; name another/,
    );
  }
  assert.deepEqual(bench.wired, []);
});

Deno.test("config-validate tells every problem on a line of its own, and exits 2", async () => {
  await using bench = await CliBench.open({ daemon: false });
  await Deno.writeTextFile(bench.configFile, "labells: []\nproviders: 7\n");
  const { code, stdout, stderr } = await bench.run("config-validate");
  assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
  assert.match(stderr, /^nodepool: .*nodepool\.yaml:1:1: labells: .*$/m);
  assert.match(stderr, /^nodepool: .*nodepool\.yaml:2:1: providers: .*$/m);
});

Deno.test("config-validate says that a file is valid, shows it, or prints the schema", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const file = `${bench.folder}/other.yaml`;
  await Deno.writeTextFile(file, "labels: []\nproviders: []\n");
  const valid = await bench.run("config-validate", file);
  assert.deepEqual([valid.code, valid.stdout], [0, `${file} is valid\n`]);
  assert.match(
    (await bench.run("config-validate", "--show", file)).stdout,
    /^state: \/var\/lib\/nodepool\/nodepool.kv$/m,
  );
  assert.equal(JSON.parse((await bench.run("config-validate", "--schema")).stdout).type, "object");
  assert.equal((await bench.run("config-validate", "--schema", file)).code, 2);
});

Deno.test("config-example prints the example with every setting, which is valid", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stdout, stderr } = await bench.run("config-example");
  const text = await Deno.readTextFile(new URL("../../config.example.yaml", import.meta.url));
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: text, stderr: "" });
  const file = join(bench.folder, "example.yaml");
  await Deno.writeTextFile(file, stdout);
  assert.equal((await bench.run("config-validate", file)).code, 0);
});

Deno.test("config-validate --strict refuses a file with a warning", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const file = `${bench.folder}/other.yaml`;
  await Deno.writeTextFile(file, "labels: []\nproviders: []\ntargets: [{name: t, hostname: x}]\n");
  assert.equal((await bench.run("config-validate", file)).code, 0);
  const { code, stdout, stderr } = await bench.run("config-validate", "--strict", file);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^nodepool: .*other\.yaml:3:21: targets\[0\].hostname: without \{node_id\} several/m);
});

const ONLINE: readonly OnlineCheck[] = [
  { provider: "a", check: "login", subject: null, result: "ok", message: "as ci, project ci" },
  { provider: "a", check: "clock", subject: null, result: "warning", message: "it is off" },
];
const FAILED: OnlineCheck = {
  provider: "a",
  check: "zone",
  subject: "az9",
  result: "failure",
  message: "none",
};

/** A configuration that nothing is wrong with. */
async function writeValidConfig({ configFile, folder }: CliBench): Promise<void> {
  const key = `${folder}/key`;
  await Deno.writeTextFile(key, (await generateKey()).private, { mode: 0o600 });
  const image = `{name: i, base-image: b, min-ram: 1, username: u, private-key: ${JSON.stringify(key)}}`;
  const cloud = "auth-url: 'http://127.0.0.1:1/v3', username: u, password: p, project-name: p";
  await Deno.writeTextFile(
    configFile,
    "labels: [{name: l, image: i, min-ready: 0, providers: [{name: a}]}]\n" +
      `providers: [{name: a, ${cloud}, max-servers: 1, images: [${image}]}]\n`,
  );
  await Deno.chmod(configFile, 0o600);
}

Deno.test("config-validate --online prints what it finds as a table or as JSON", async () => {
  await using bench = await CliBench.open({ daemon: false });
  await writeValidConfig(bench);
  bench.onlineChecks = ONLINE;
  assert.deepEqual(await bench.run("config-validate", "--online"), {
    code: 0,
    stdout: [
      "+----------+-------+---------+---------+-------------------+",
      "| Provider | Check | Subject | Result  | Message           |",
      "+----------+-------+---------+---------+-------------------+",
      "| a        | login |         | ok      | as ci, project ci |",
      "| a        | clock |         | warning | it is off         |",
      "+----------+-------+---------+---------+-------------------+",
      "",
    ].join("\n"),
    stderr: "",
  });
  const { ok, warnings, failures, checks } = JSON.parse(
    (await bench.run("config-validate", "--online", "-o", "json")).stdout,
  );
  assert.deepEqual({ ok, warnings, failures, checks }, { ok: 1, warnings: 1, failures: 0, checks: ONLINE });
});

Deno.test("config-validate --online exits 1 where a launch would be stopped; with --strict a warning is enough", async () => {
  await using bench = await CliBench.open({ daemon: false });
  await writeValidConfig(bench);
  bench.onlineChecks = ONLINE;
  assert.equal((await bench.run("config-validate", "--online", "--strict")).code, 1);
  bench.onlineChecks = [...ONLINE, FAILED];
  assert.equal((await bench.run("config-validate", "--online")).code, 1);
});

Deno.test("config-validate says which of its options do not go together", async () => {
  await using bench = await CliBench.open({ daemon: false });
  for (const options of [["--online", "--show"], ["-o", "json"], ["--schema", "--online"]]) {
    assert.equal((await bench.run("config-validate", ...options)).code, 2, options.join(" "));
  }
});

testNeeding(["no clouds.yaml"], "config-validate needs no clouds.yaml: it warns, and exits 0", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const file = `${bench.folder}/other.yaml`;
  await Deno.writeTextFile(file, "labels: []\nproviders: [{name: p, cloud: c, max-servers: 1}]\n");
  const { code, stdout, stderr } = await bench.run("config-validate", file);
  assert.deepEqual([code, stdout], [0, `${file} is valid\n`]);
  assert.match(
    stderr,
    /^nodepool: warning: .*: no clouds\.yaml found, so the cloud of p is/m,
  );
  assert.equal((await bench.run("config-validate", "--strict", file)).code, 2);
});

Deno.test("--debug adds a stack trace, nothing else does", async () => {
  await using bench = await CliBench.open();
  bench.pool.failure = new Error("the disk is full");
  const { stderr } = await bench.run("release", "1");
  assert.match(stderr, /^nodepool: the daemon failed: the disk is full; its log says more\n$/);
  const { stderr: debugging } = await bench.run("--debug", "release", "1");
  assert.match(debugging, /\n +at /);
  assert.deepEqual(bench.defects.splice(0).map((defect) => (defect as Error).message), [
    "the disk is full",
    "the disk is full",
  ]);
});
