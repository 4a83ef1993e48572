import assert from "node:assert/strict";
import { sampleNode } from "../views/sample_pool.ts";
import { eventually } from "../eventually.ts";
import { CliBench } from "./run.ts";

Deno.test("list prints 2016's columns, sorted by provider, label and id", async () => {
  await using bench = await CliBench.open();
  const { code, stdout, stderr } = await bench.run("list");
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  const lines = stdout.split("\n");
  assert.deepEqual(lines[1]!.split("|").map((cell) => cell.trim()).filter((cell) => cell !== ""), [
    "ID",
    "Provider",
    "AZ",
    "Label",
    "Target",
    "Manager",
    "Hostname",
    "NodeName",
    "Server ID",
    "IP",
    "State",
    "Age",
    "Comment",
  ]);
  assert.deepEqual(lines.slice(3, -2).map((line) => Number(line.split("|")[1])), [1, 2, 3, 5, 6, 4]);
});

Deno.test("list narrows by provider, label, state and id", async () => {
  await using bench = await CliBench.open();
  const ids = async (...argv: string[]) => {
    const { stdout } = await bench.run("list", "-o", "json", ...argv);
    return JSON.parse(stdout).nodes.map(({ id }: { id: number }) => id);
  };
  assert.deepEqual(await ids("--provider", "cloud-a"), [1, 2, 3]);
  assert.deepEqual(await ids("--label", "jammy"), [1, 5, 6]);
  assert.deepEqual(await ids("--state", "ready"), [1, 2]);
  assert.deepEqual(await ids("--label", "jammy", "--state", "hold"), [5]);
  assert.deepEqual(await ids("4"), [4]);
});

Deno.test("list of an unknown node says so and fails", async () => {
  await using bench = await CliBench.open();
  const { code, stderr } = await bench.run("list", "99");
  assert.deepEqual({ code, stderr }, { code: 1, stderr: "nodepool: there is no node 99\n" });
});

Deno.test("list takes an id or filters, not both", async () => {
  await using bench = await CliBench.open();
  const { code, stderr } = await bench.run("list", "4", "--label", "jammy");
  assert.deepEqual({ code, stderr }, {
    code: 2,
    stderr: "nodepool: give an id or filters, not both\n",
  });
});

Deno.test("list prints the same with and without a daemon", async () => {
  await using online = await CliBench.open();
  await using offline = await CliBench.open({ daemon: false });
  for (const format of ["table", "wide", "json", "yaml", "csv"]) {
    const argv = ["list", "--label", "jammy", "-o", format];
    assert.equal((await offline.run(...argv)).stdout, (await online.run(...argv)).stdout, format);
  }
  assert.equal(offline.wired.length, 5);
  const { note: _, ...options } = offline.wired[0]!.options as { note: unknown };
  assert.deepEqual(options, {
    configFile: offline.configFile,
    secureFile: null,
    state: offline.state,
    writes: false,
  });
  assert.equal(offline.pool.disposed, true);
  assert.deepEqual(online.wired, []);
});

Deno.test("the JSON of list has its version, ISO times and whole seconds", async () => {
  await using bench = await CliBench.open();
  const { stdout } = await bench.run("list", "1", "-o", "json");
  const { version, at, nodes: [node] } = JSON.parse(stdout);
  assert.deepEqual([version, at, node.age, node.state_since, node.manager], [
    1,
    "2030-01-02T03:04:05.000Z",
    183_845,
    "2029-12-31T00:00:00.000Z",
    null,
  ]);
});

Deno.test("yaml and csv carry what JSON does", async () => {
  await using bench = await CliBench.open();
  const { stdout: yaml } = await bench.run("list", "5", "-o", "yaml");
  assert.match(yaml, /^version: 1\n/);
  assert.match(yaml, /owner: maria\n/);
  const { stdout: csv } = await bench.run("list", "5", "-o", "csv");
  const [header, row, end] = csv.split("\r\n");
  assert.match(header!, /^id,provider,az,label,/);
  assert.match(row!, /^5,cloud-b,nova,jammy,default,,.*,hold,300,disk errors,/);
  assert.equal(end, "");
});

Deno.test("tables fit a terminal and colour states there, but not with NO_COLOR", async () => {
  await using bench = await CliBench.open();
  bench.columns = 100;
  const { stdout } = await bench.run("list");
  assert.equal(stdout.includes("\x1b[32mready "), true);
  assert.match(stdout, /\| 203\.0\.113\.1 .* 02:03:04:05 /);
  // deno-lint-ignore no-control-regex
  const widths = stdout.trimEnd().split("\n").map((line) => line.replaceAll(/\x1b\[\d+m/g, "").length);
  assert.deepEqual(new Set(widths), new Set([100]));
  bench.env["NO_COLOR"] = "1";
  assert.equal((await bench.run("list")).stdout.includes("\x1b"), false);
});

Deno.test("a wide table is whole on any terminal", async () => {
  await using bench = await CliBench.open();
  const { stdout: piped } = await bench.run("list", "-o", "wide");
  bench.columns = 80;
  bench.env["NO_COLOR"] = "1";
  assert.equal((await bench.run("list", "-o", "wide")).stdout, piped);
});

Deno.test("names with escape sequences cannot reach the terminal", async () => {
  await using bench = await CliBench.open();
  bench.pool.current = {
    ...bench.pool.current,
    nodes: [sampleNode({ id: 1, comment: "\x1b]0;owned\x07two\nlines" })],
  };
  const { stdout } = await bench.run("list");
  assert.match(stdout, /\| \\u001b\]0;owned\\u0007two lines \|/);
});

for (const name of ["request-list", "job-list", "label-list", "provider-list", "status"]) {
  Deno.test(`${name} prints a table and JSON with its version`, async () => {
    await using bench = await CliBench.open();
    const table = await bench.run(name);
    assert.equal(table.code, 0);
    assert.match(table.stdout, /^\+-/);
    assert.equal(JSON.parse((await bench.run(name, "-o", "json")).stdout).version, 1);
  });
}

Deno.test("alien-list shows what could be asked and warns of the rest", async () => {
  await using bench = await CliBench.open();
  bench.pool.aliens = {
    servers: [{ provider: "cloud-a", hostname: "stranger", serverId: "s-1", ip: null }],
    warnings: ["cannot query provider cloud-b: connection refused"],
  };
  const { code, stdout, stderr } = await bench.run("alien-list", "cloud-a");
  assert.equal(code, 0);
  assert.match(stdout, /\| cloud-a +\| stranger \| s-1 +\|/);
  assert.equal(stderr, "nodepool: warning: cannot query provider cloud-b: connection refused\n");
  assert.deepEqual(bench.pool.calls, ["aliens cloud-a"]);
});

Deno.test("inventory prints what Ansible asks for, the same with a daemon and without one", async () => {
  for (const daemon of [true, false]) {
    await using bench = await CliBench.open({ daemon });
    const list = JSON.parse((await bench.run("inventory", "--list")).stdout);
    assert.deepEqual(list.state_used, { hosts: ["noble-cloud-b-4.example.org"] });
    const host = await bench.run("inventory", "--host", "noble-cloud-b-4.example.org");
    assert.deepEqual(JSON.parse(host.stdout), list._meta.hostvars["noble-cloud-b-4.example.org"]);
  }
});

Deno.test("inventory takes --list or --host, and knows its hosts", async () => {
  await using bench = await CliBench.open();
  for (const argv of [[], ["--list", "--host", "x"]]) {
    const { code, stderr } = await bench.run("inventory", ...argv);
    assert.deepEqual([code, stderr], [2, "nodepool: give either --list or --host NAME\n"]);
  }
  const unknown = await bench.run("inventory", "--host", "constructor");
  assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
  assert.match(unknown.stderr, /^nodepool: there is no host constructor in the inventory/);
  bench.pool.current = { ...bench.pool.current, config: null };
  const blind = await bench.run("inventory", "--list");
  assert.deepEqual([blind.code, blind.stdout], [1, ""]);
});

Deno.test("--watch draws again and again until it is interrupted", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("list", "--watch", "5", "--state", "used");
  const drawings = () => bench.stdout.split("Provider").length - 1;
  for (const count of [1, 2, 3]) {
    await eventually(() => drawings() === count && bench.clock.sleeping > 0);
    await bench.clock.advance(5_000);
  }
  await eventually(() => drawings() === 4);
  bench.interrupt();
  assert.equal((await running).code, 0);
});

Deno.test("--watch needs the daemon, so that the state is not locked between drawings", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stderr } = await bench.run("list", "--watch");
  assert.equal(code, 3);
  assert.match(
    stderr,
    /^nodepool: no daemon is running \(nothing listens on .*\.sock\): start it with .*\n$/,
  );
});

Deno.test("a reader that goes away is no failure", async () => {
  await using bench = await CliBench.open();
  bench.beforeWrite = () => {
    throw new Deno.errors.BrokenPipe("Broken pipe");
  };
  const { code, stderr } = await bench.run("list");
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
});
