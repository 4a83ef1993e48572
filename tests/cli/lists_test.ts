import assert from "node:assert/strict";
import { displayWidth } from "../../src/lib/display_width.ts";
import { localTimes } from "../../src/lib/local_times.ts";
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

/** Columns of each line, without colours. */
function widthsOf(text: string): number[] {
  // deno-lint-ignore no-control-regex
  return text.trimEnd().split("\n").map((line) => displayWidth(line.replaceAll(/\x1b\[[\d;]+m/g, "")));
}

Deno.test("tables fit a terminal and colour states there, but not with NO_COLOR", async () => {
  await using bench = await CliBench.open();
  bench.columns = 100;
  const { stdout } = await bench.run("list");
  assert.equal(stdout.includes("\x1b[32mready "), true);
  assert.match(stdout, /\| 203\.0\.113\.1 .* 02:03:04:05 /);
  for (const width of widthsOf(stdout)) assert.equal(width <= 100, true, stdout);
  bench.env["NO_COLOR"] = "1";
  assert.equal((await bench.run("list")).stdout.includes("\x1b"), false);
});

Deno.test("a wide table is whole on any terminal: it has a line for each field where it does not fit", async () => {
  await using bench = await CliBench.open();
  bench.env["NO_COLOR"] = "1";
  const { stdout: piped } = await bench.run("list", "-o", "wide");
  bench.columns = 500;
  const plain = (text: string) => text.replaceAll(/[ -]+/g, " ");
  assert.equal(plain((await bench.run("list", "-o", "wide")).stdout), plain(localTimes(piped)));
  bench.columns = 80;
  const { stdout } = await bench.run("list", "-o", "wide");
  const [, header, , ...rows] = localTimes(piped).trimEnd().split("\n").map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  const records = stdout.split("\n\n");
  for (const [index, record] of records.entries()) {
    const fields = new Map(record.trim().split("\n").map((line) => line.split(/ {2,}/) as [string, string]));
    for (const [column, name] of header!.entries()) {
      assert.equal(fields.get(name) ?? "", rows[index]![column], name);
    }
  }
  assert.equal(records.length, 6);
});

Deno.test("on any terminal every list fits, and says every reason whole", async () => {
  await using bench = await CliBench.open();
  const lists = ["list", "request-list", "label-list", "provider-list", "job-list", "status", "image-list"];
  for (const columns of [40, 60, 80, 100, 132, 200]) {
    for (const name of lists) {
      bench.columns = columns;
      const { stdout } = await bench.run(name);
      for (const width of widthsOf(stdout)) {
        assert.equal(width <= columns, true, `${name} on ${columns}:\n${stdout}`);
      }
    }
    const spoken = async (name: string) => (await bench.run(name)).stdout.replaceAll(/\s+/g, " ");
    assert.match(
      await spoken("list"),
      /active: server is BUILD.*disk errors.*by maria until.*login timed out.*login as jenkins: connection refused/,
    );
    assert.match(await spoken("label-list"), /cloud-a: quota full: cores 40\/40/);
    assert.match(await spoken("request-list"), /node: 1 of 2 nodes is ready/);
    assert.match(await spoken("provider-list"), /connect to cloud.example.org:5000: connection refused/);
    assert.match(
      await spoken("status"),
      /problem (\| )?(\| Value: )?label noble: 1 node missing: cloud-a: quota full: cores 40\/40/,
    );
  }
});

Deno.test("times are local, with their zone, on a terminal; piped and in JSON they are UTC", async () => {
  await using bench = await CliBench.open();
  const piped = await bench.run("status");
  assert.match(piped.stdout, /read 2030-01-02T02:04:05\.000Z/);
  bench.columns = 200;
  const { stdout } = await bench.run("status");
  assert.match(stdout, /read 2030-01-02 \d\d:\d\d:05 (UTC|[+-]\d\d:\d\d)/);
  assert.match(
    (await bench.run("status", "-o", "json")).stdout,
    /"config_loaded": "2030-01-02T02:04:05\.000Z"/,
  );
});

Deno.test("-o name prints the ids alone, for xargs, or the names of what has no ids", async () => {
  await using bench = await CliBench.open();
  assert.equal((await bench.run("list", "--label", "jammy", "-o", "name")).stdout, "1\n5\n6\n");
  assert.equal((await bench.run("label-list", "-o", "name")).stdout, "jammy\nnoble\n");
  assert.equal((await bench.run("list", "--label", "none", "-o", "name")).stdout, "");
  const { code, stderr } = await bench.run("status", "-o", "name");
  assert.deepEqual([code, stderr], [
    2,
    "nodepool: nothing here has an id: choose another format than name\n",
  ]);
});

Deno.test("--sort sorts by any column in every format, numbers as numbers, what has no value last", async () => {
  await using bench = await CliBench.open();
  const ids = async (...argv: string[]) =>
    (await bench.run("list", "-o", "name", ...argv)).stdout.trim().split("\n").map(Number);
  assert.deepEqual(await ids("--sort", "id"), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(await ids("--sort", "-id"), [6, 5, 4, 3, 2, 1]);
  assert.deepEqual((await ids("--sort", "-age"))[0], 1);
  assert.deepEqual(await ids("--sort", "IP"), [1, 2, 4, 5, 6, 3]);
  assert.deepEqual(await ids("--sort", "-ip"), [6, 5, 4, 2, 1, 3]);
  const { nodes } = JSON.parse((await bench.run("list", "--sort", "-id", "-o", "json")).stdout);
  assert.deepEqual(nodes.map(({ id }: { id: number }) => id), [6, 5, 4, 3, 2, 1]);
  assert.match((await bench.run("label-list", "--sort", "-ready", "-o", "csv")).stdout, /^name.*\r\njammy/);
});

Deno.test("--columns picks columns and their order in every format, by field or by header", async () => {
  await using bench = await CliBench.open();
  assert.match(
    (await bench.run("list", "--columns", "state,Server ID,last-error")).stdout,
    /^[+-]+\n\| State +\| Server ID \| Last error +\|\n/,
  );
  assert.match(
    (await bench.run("list", "--columns", "ip,id", "-o", "csv")).stdout,
    /^ip,id\r\n203.0.113.1,1\r\n/,
  );
  const { version, nodes } = JSON.parse(
    (await bench.run("list", "1", "--columns", "id,ip", "-o", "json")).stdout,
  );
  assert.deepEqual([version, nodes], [1, [{ id: 1, ip: "203.0.113.1" }]]);
  for (const argv of [["--columns", "id,colour"], ["--sort", "colour"]]) {
    const { code, stdout, stderr } = await bench.run("list", ...argv);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^nodepool: there is no column colour here; the columns are id, provider, .*\n$/);
  }
  assert.equal((await bench.run("list", "--columns", ",")).code, 2);
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
    assert.match(table.stdout, name === "status" ? /^problem {2,}\S/ : /^\+-/);
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

Deno.test("--watch says what is watched and when, and marks what has changed since the last drawing", async () => {
  await using bench = await CliBench.open();
  bench.columns = 120;
  bench.env["NO_COLOR"] = "1";
  const running = bench.run("list", "--watch", "5", "--label", "jammy");
  const drawings = () => bench.stdout.split("\x1b[H\x1b[J").slice(1);
  const next = async () => {
    const count = drawings().length;
    await eventually(() => bench.clock.sleeping > 0);
    await bench.clock.advance(5_000);
    await eventually(() => drawings().length > count && bench.clock.sleeping > 0);
    return drawings().at(-1)!;
  };
  await eventually(() => drawings().length === 1);
  const title =
    /^nodepool -c [^]+? list --watch 5 --label jammy,\severy 5s,\s2030-01-02\s\d\d:\d\d:\d\d\s(UTC|[+-]\d\d:\d\d):\s/;
  assert.match(drawings()[0]!, title);
  assert.match(drawings()[0]!, /first\sdrawing/);
  assert.match(await next(), /no\schange\n[^>]*$/);
  const { nodes } = bench.pool.current;
  bench.pool.current = {
    ...bench.pool.current,
    nodes: [
      ...nodes.filter(({ id }) => id !== 6).map((node) =>
        node.id === 5 ? { ...node, comment: "mended" } : node
      ),
      sampleNode({ id: 9, label: "jammy" }),
    ],
  };
  const drawn = await next();
  assert.match(drawn, /1\schanged,\s1\snew,\s1\sgone\n/);
  assert.deepEqual(
    drawn.split("\n").filter((line) => line.startsWith(">")).map((line) =>
      Number(line.split("|")[0]!.slice(1))
    ),
    [9, 5],
  );
  assert.match(await next(), /no\schange\n[^>]*$/);
  bench.interrupt();
  assert.equal((await running).code, 0);
});

Deno.test("--watch keeps to the lines of the terminal, and says how many there are more", async () => {
  await using bench = await CliBench.open();
  bench.columns = 200;
  bench.rows = 8;
  const running = bench.run("list", "--watch");
  await eventually(() => bench.clock.sleeping > 0);
  bench.interrupt();
  await running;
  const lines = bench.stdout.trimEnd().split("\n");
  assert.deepEqual([lines.length, lines.at(-1)], [7, "… 10 more lines"]);
});

Deno.test("--watch draws again at once when the size of the terminal changes", async () => {
  await using bench = await CliBench.open();
  bench.columns = 200;
  bench.rows = 8;
  const running = bench.run("list", "--watch", "60");
  await eventually(() => bench.clock.sleeping > 0);
  const before = bench.stdout;
  [bench.columns, bench.rows] = [60, 40];
  bench.resize();
  await eventually(() => bench.stdout.length > before.length && bench.clock.sleeping > 0);
  const drawn = bench.stdout.slice(before.length).split("\n");
  assert.ok(drawn.length > 8 && drawn.every((line) => line.length <= 66), drawn.join("\n"));
  await bench.clock.advance(59_000);
  assert.equal(bench.stdout.length, before.length + drawn.join("\n").length);
  bench.interrupt();
  assert.equal((await running).code, 0);
});

Deno.test("--watch moves no cursor on a terminal that cannot", async () => {
  await using bench = await CliBench.open();
  bench.columns = 200;
  bench.env["TERM"] = "dumb";
  const running = bench.run("list", "--watch");
  await eventually(() => bench.clock.sleeping > 0);
  bench.interrupt();
  await running;
  assert.match(bench.stdout, /^nodepool [^]*list --watch, every 2s/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(bench.stdout, /\x1b/);
});

Deno.test("--watch outlasts a restart of the daemon, and says so", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("list", "--watch", "5");
  const drawings = () => bench.stdout.split("Provider").length - 1;
  await eventually(() => drawings() === 1 && bench.clock.sleeping > 0);
  await bench.stopDaemon();
  await bench.clock.advance(5_000);
  await eventually(() => bench.stderr !== "" && bench.clock.sleeping > 0);
  assert.equal(bench.stderr, "nodepool: the daemon is stopped; waiting for the next one\n");
  await bench.startDaemon();
  await bench.clock.advance(5_000);
  await eventually(() => drawings() === 2);
  bench.interrupt();
  assert.equal((await running).code, 0);
});

Deno.test("--watch of another format than a table has no head line", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("list", "1", "--watch", "-o", "json");
  await eventually(() => bench.clock.sleeping > 0);
  bench.interrupt();
  await running;
  assert.equal(JSON.parse(bench.stdout).nodes.length, 1);
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

Deno.test("all that is known of a node fits the terminal, with local times; piped it is one line for each fact", async () => {
  await using bench = await CliBench.open();
  const long =
    "login as jenkins: connection refused by 203.0.113.6, port 22, and by everything else that was tried";
  const [node] = bench.pool.current.nodes.filter(({ id }) => id === 6);
  bench.pool.current = {
    ...bench.pool.current,
    nodes: [{
      ...node!,
      evidence: { ...node!.evidence!, error: long, console: "at 2030-01-02T03:04:05Z it stopped" },
    }],
  };
  const piped = await bench.run("history", "6");
  assert.match(piped.stdout, new RegExp(`^last error: +${long} \\(2030-01-02T03:03:05.000Z\\)$`, "m"));
  bench.columns = 80;
  const { stdout } = await bench.run("history", "6");
  for (const width of widthsOf(stdout)) assert.equal(width <= 80, true, stdout);
  const spoken = (text: string) => text.replaceAll(/\s+/g, " ");
  assert.equal(spoken(stdout).includes(`${long} (${localTimes("2030-01-02T03:03:05.000Z")})`), true, stdout);
  assert.match(stdout, /\n {2}at 2030-01-02T03:04:05Z it stopped\n$/);
});

for (
  const [argv, note] of [
    ["list --provider cloud-c", "there is no provider cloud-c; did you mean cloud-a?"],
    ["list --label nobel --state hold", "there is no label nobel; did you mean noble?"],
    ["image-list --image zzz", "there is no image zzz; there are jammy, noble"],
    ["label-list --label zzz", "there is no label zzz; there are jammy, noble"],
    ["provider-list --provider zzz", "there is no provider zzz; there are cloud-a, cloud-b"],
    ["request-list --label zzz", "there is no label zzz; there are jammy, noble"],
    ["history --provider zzz", "there is no provider zzz; there are cloud-a, cloud-b"],
    ["list --label noble --state hold", null],
    ["history --label noble", null],
  ] as const
) {
  Deno.test(`${argv}, of which there is nothing, ${note === null ? "says no more" : "says so"}`, async () => {
    await using bench = await CliBench.open();
    const { code, stdout, stderr } = await bench.run(...argv.split(" "), "-o", "name");
    assert.deepEqual({ code, stdout, stderr }, {
      code: 0,
      stdout: "",
      stderr: note === null ? "" : `nodepool: ${note}\n`,
    });
  });
}
