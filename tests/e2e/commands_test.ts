/** Every command of the program, against a running daemon and without one; and the status endpoint's addresses. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { PATIENCE } from "../eventually.ts";
import { type Ran, runProgram, withoutWaits } from "./program.ts";
import { foreignServer } from "../scenarios/foreign_server.ts";
import { RunningPool } from "./running_pool.ts";

const providerOf = (name: string) => `
  - name: ${name}
    cloud: ${name}
    max-servers: 6
    rate: 0
    images: [{name: debian, base-image: debian-12, min-ram: 512, username: debian, private-key: FOLDER/key,
              connection-port: SSH_PORT}]`;

/** The cloud named west has nodes only where somebody asks for them. */
const CONFIG = `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0", title: the test pool}
labels:
  - {name: small, image: debian, min-ready: 3, providers: [{name: east}]}
  - {name: spare, image: debian, min-ready: 0, providers: [{name: west}]}
  - {name: never, image: debian, min-ready: -1, providers: [{name: west}]}
providers: ${providerOf("east")}${providerOf("west")}
`;

const CLOUDS = ["east", "west"].map((name) => ({ name, bootTime: 100, deleteTime: 50 }));

async function startedPool(): Promise<RunningPool> {
  await using making = new AsyncDisposableStack();
  const pool = making.use(await RunningPool.start({ config: CONFIG, clouds: CLOUDS }));
  pool.startDaemon();
  await isFull(pool);
  making.move();
  return pool;
}

/** The small nodes are there and ready, and nothing else is under way. */
function isFull(pool: RunningPool): Promise<void> {
  return pool.until(async () => {
    const nodes = await pool.nodes();
    const small = nodes.filter(({ label }) => label === "small");
    return small.length === 3 && nodes.every(({ state }) => state === "ready");
  });
}

function done({ code, stdout, stderr }: Ran): string {
  assert.deepEqual({ code, stderr: withoutWaits(stderr) }, { code: 0, stderr: "" });
  return stdout;
}

interface Acquired {
  readonly request: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly hostname: string;
    readonly connection: { readonly address: string; readonly port: number; readonly username: string };
  }[];
}

async function requests(pool: RunningPool): Promise<readonly { id: number; state: string; label: string }[]> {
  return JSON.parse(done(await pool.run("request-list", "-o", "json"))).requests;
}

Deno.test("lists come in every format, narrowed, with a daemon and without one", async (t) => {
  await using pool = await startedPool();

  const showsNodes = async () => {
    const [table, wide, json, yaml, csv] = await Promise.all(
      ["table", "wide", "json", "yaml", "csv"].map(async (format) =>
        done(await pool.run("list", "-o", format))
      ),
    ) as [string, string, string, string, string];
    const header = [
      "ID",
      "Provider",
      "AZ",
      "Label",
      "Target",
      "Manager",
      "Hostname",
      "NodeName",
      "Server ID",
    ];
    const cells = (row = "") => row.split("|").slice(1, -1).map((cell) => cell.trim());
    assert.deepEqual(cells(table.split("\n")[1]), [...header, "IP", "State", "Age", "Comment"]);
    assert.ok(cells(wide.split("\n")[1]).includes("Waiting on"));
    assert.ok(!table.includes("\x1b"), "colours where nobody sees them");
    const view = JSON.parse(json);
    assert.equal(view.version, 1);
    assert.deepEqual(
      view.nodes.map((
        { id, label, provider, state }: Record<string, unknown>,
      ) => [id, label, provider, state]),
      [1, 2, 3].map((id) => [id, "small", "east", "ready"]),
    );
    assert.deepEqual(
      parse(yaml).nodes.map(({ server_id }: Record<string, unknown>) => server_id),
      view.nodes.map(({ server_id }: Record<string, unknown>) => server_id),
    );
    assert.equal(csv.trimEnd().split(/\r?\n/).length, 4);
    assert.match(csv, /^1,east,/m);
  };
  const narrows = async () => {
    const idsOf = async (...filter: string[]) =>
      JSON.parse(done(await pool.run("list", "-o", "json", ...filter))).nodes.map(({ id }: { id: number }) =>
        id
      );
    const [one, state, none, both] = await Promise.all([
      idsOf("2"),
      idsOf("--state", "ready"),
      idsOf("--provider", "west"),
      idsOf("--provider", "east", "--label", "small"),
    ]);
    assert.deepEqual([one, state, none, both], [[2], [1, 2, 3], [], [1, 2, 3]]);
  };

  await t.step("list", showsNodes);
  await t.step("list, narrowed", narrows);
  await t.step("label-list", async () => {
    const { labels } = JSON.parse(done(await pool.run("label-list", "-o", "json")));
    assert.deepEqual(
      labels.map((
        { name, min_ready, nodes }: Record<string, unknown>,
      ) => [name, min_ready, (nodes as { ready: number }).ready]),
      [["never", -1, 0], ["small", 3, 3], ["spare", 0, 0]],
    );
    const rows = done(await pool.run("label-list", "--label", "small")).split("\n");
    assert.equal(rows.filter((row) => row.includes("small")).length, 1);
  });
  await t.step("provider-list", async () => {
    const { providers } = JSON.parse(done(await pool.run("provider-list", "-o", "json")));
    assert.deepEqual(
      providers.map((
        { name, reachable, servers, error }: Record<string, unknown>,
      ) => [name, reachable, servers, error]),
      [["east", true, 3, null], ["west", true, 0, null]],
    );
    assert.match(done(await pool.run("provider-list")), /\| east +\| +6 \|/);
  });
  await t.step("status", async () => {
    const status = JSON.parse(done(await pool.run("status", "-o", "json")));
    assert.equal(status.daemon.pid, pool.pid);
    assert.deepEqual(status.problems, []);
    assert.match(done(await pool.run("status")), /3 ready/);
  });
  await t.step("list --watch draws again until it is interrupted", async () => {
    await using child = pool.spawn("list", "--watch", "0.2");
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (text.split("NodeName").length < 4) text += (await reader.read()).value ?? "";
    child.kill("SIGINT");
    while (!(await reader.read()).done);
    await child.stderr.cancel();
    assert.equal((await child.status).code, 0);
  });

  assert.equal(await pool.stopDaemon(), 0);
  await t.step("list, without a daemon", showsNodes);
  await t.step("list, narrowed, without a daemon", narrows);
  await t.step("the other lists, without a daemon", async () => {
    const [labels, providers, requests, status] = await Promise.all(
      ["label-list", "provider-list", "request-list", "status"].map(async (name) =>
        JSON.parse(done(await pool.run(name, "-o", "json")))
      ),
    );
    assert.equal(labels.labels.length, 3);
    assert.deepEqual(providers.providers.map(({ reachable }: Record<string, unknown>) => reachable), [
      null,
      null,
    ]);
    assert.deepEqual(requests.requests, []);
    assert.equal(status.daemon, null);
    assert.equal(status.nodes.ready, 3);
  });
  await t.step("hold and delete are kept for the next daemon", async () => {
    assert.equal(
      done(await pool.run("hold", "1", "--reason", "a look", "--for", "2d")).split(" until ")[0],
      "node 1: held",
    );
    assert.equal(done(await pool.run("delete", "2")), "node 2: marked for deletion\n");
    assert.equal((await pool.run("--version")).code, 0);
    pool.startDaemon();
    await pool.until(async () => await pool.count("ready") === 3 && await pool.count("delete") === 0);
    const nodes = await pool.nodes();
    assert.deepEqual(nodes.map(({ id, state, comment }) => [id, state, comment]).slice(0, 2), [
      [1, "hold", "a look"],
      [3, "ready", null],
    ]);
  });
});

Deno.test("nodes are acquired in every form, released, held and deleted", async (t) => {
  await using pool = await startedPool();

  await t.step("acquire prints for people how to log in", async () => {
    const text = done(await pool.run("acquire", "small", "--job", "unit"));
    const [id] = (await pool.nodes()).filter(({ state }) => state === "used").map(({ id }) => id);
    assert.match(
      text,
      new RegExp(`^node: +${id}\nhostname: +small-east-${id}\nprovider: +east\naddress: +127\\.`),
    );
    assert.match(text, /\nuser: +debian\nhost key: +ssh-ed25519 /);
    const released = done(await pool.run("release", String(id), "--result", "SUCCESS"));
    assert.equal(released, `node ${id}: released, and marked for deletion\n`);
    await isFull(pool);
    const history = await (await pool.fetch(`/nodes/${id}?format=json`)).json();
    assert.deepEqual([history.node.comment, history.node.result], ["released by unit: SUCCESS", "used"]);
  });

  await t.step("acquire -o json, several at once, all or none", async () => {
    const { nodes }: Acquired = JSON.parse(
      done(await pool.run("acquire", "small", "--count", "2", "-o", "json")),
    );
    assert.equal(nodes.length, 2);
    for (const { connection } of nodes) {
      assert.equal(connection.username, "debian");
      assert.ok(pool.simulator.serverAt(connection.address) !== null);
    }
    assert.equal(await pool.count("used"), 2);
    done(await pool.run("release", ...nodes.map(({ id }) => String(id))));
    await isFull(pool);
    assert.deepEqual(await requests(pool), []);
  });

  await t.step("acquire -o env speaks to a shell", async () => {
    const output = done(await pool.run("acquire", "spare", "-o", "env"));
    const script =
      `${output}\nprintf '%s ' "$NODEPOOL_COUNT" "$NODEPOOL_IDS" "$NODEPOOL_LABEL" "$NODEPOOL_USER"`;
    const shell = await new Deno.Command("/bin/sh", { args: ["-euc", script] }).output();
    const [count, id, label, user] = new TextDecoder().decode(shell.stdout).split(" ");
    assert.deepEqual([count, label, user], ["1", "spare", "debian"]);
    done(await pool.run("release", id!));
    await isFull(pool);
  });

  await t.step("acquire gives up in time, says why, and withdraws its request", async () => {
    const [taken] = (JSON.parse(done(await pool.run("acquire", "spare", "-o", "json"))) as Acquired).nodes;
    const started = performance.now();
    const ran = await pool.run("acquire", "spare", "--count", "6", "--wait", "1s");
    assert.ok(performance.now() - started < PATIENCE);
    assert.equal(ran.code, 1);
    assert.match(
      withoutWaits(ran.stderr),
      /^nodepool: no 6 nodes of label spare within 1s: .*max-servers/,
    );
    const tooMany = await pool.run("acquire", "spare", "--count", "7");
    assert.deepEqual([tooMany.code, tooMany.stderr], [
      1,
      "nodepool: the request asks for 7 nodes, but at most 6 are possible (west 6): ask for fewer, or raise max-servers\n",
    ]);
    assert.deepEqual(await requests(pool), []);
    const never = await pool.run("acquire", "never");
    assert.deepEqual([never.code, never.stderr], [
      1,
      "nodepool: label never is disabled: its min-ready is -1\n",
    ]);
    done(await pool.run("release", String(taken!.id)));
    await isFull(pool);
  });

  await t.step("acquire withdraws its request when it is interrupted", async () => {
    const [taken] = (JSON.parse(done(await pool.run("acquire", "spare", "-o", "json"))) as Acquired).nodes;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      await using child = pool.spawn("acquire", "spare", "--count", "6");
      await pool.until(async () => (await requests(pool)).length === 1);
      child.kill(signal);
      const { code, stderr } = await child.output();
      assert.equal(code, 1);
      assert.match(
        withoutWaits(new TextDecoder().decode(stderr)),
        /^nodepool: interrupted( while waiting for 6 of spare: .*)?\n$/,
      );
      assert.deepEqual(await requests(pool), []);
    }
    done(await pool.run("release", String(taken!.id)));
    await isFull(pool);
  });

  await t.step("hold keeps what a release would delete; delete --now waits until it is gone", async () => {
    const { nodes: [node] }: Acquired = JSON.parse(done(await pool.run("acquire", "small", "-o", "json")));
    const id = String(node!.id);
    assert.equal(done(await pool.run("hold", id, "--reason", "disk errors")), `node ${id}: held\n`);
    const released = await pool.run("release", id);
    const owner = JSON.parse(done(await pool.run("list", id, "-o", "json"))).nodes[0].hold.owner;
    assert.deepEqual([released.code, released.stdout], [4, `node ${id}: stays held by ${owner}\n`]);
    const [held] = JSON.parse(done(await pool.run("list", id, "-o", "json"))).nodes;
    assert.deepEqual([held.state, held.comment], ["hold", "disk errors"]);
    assert.equal(done(await pool.run("delete", id, "--now")), `node ${id}: deleted\n`);
    assert.equal(pool.simulator.serverAt(node!.connection.address), null);
    const again = await pool.run("delete", id);
    assert.equal(again.code, 1);
    assert.match(again.stderr, new RegExp(`^nodepool: node ${id} has been gone since .*, used: deleted by `));
    await isFull(pool);
  });

  await t.step("release of a node that nobody has says so", async () => {
    const [node] = await pool.nodes();
    const ran = await pool.run("release", String(node!.id));
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /is ready, not in use; to delete it, use `delete`/);
  });

  await t.step("alien-list shows what is not ours; a cloud that does not answer is a warning", async () => {
    foreignServer(pool.simulator, { cloud: "east", name: "somebody-elses" });
    const table = done(await pool.run("alien-list"));
    assert.match(table, /\| east +\| somebody-elses +\| /);
    pool.simulator.arm({ fault: 23, cloud: "west" });
    const { code, stdout, stderr } = await pool.run("alien-list", "-o", "json");
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout).aliens.map(({ hostname }: { hostname: string }) => hostname), [
      "somebody-elses",
    ]);
    assert.match(stderr, /^nodepool: warning: cannot query west: /);
    assert.deepEqual(JSON.parse(done(await pool.run("alien-list", "east", "-o", "json"))).warnings, []);
  });
});

Deno.test("the status endpoint answers at every address, for reading only", async (t) => {
  await using pool = await startedPool();
  const lists = ["/node-list", "/label-list", "/provider-list", "/request-list", "/job-list"];

  for (const path of lists) {
    await t.step(path, async () => {
      const [text, json, html, csv] = await Promise.all([
        pool.fetch(path),
        pool.fetch(path, { headers: { accept: "application/json" } }),
        pool.fetch(path, { headers: { accept: "text/html" } }),
        pool.fetch(`${path}?format=csv`),
      ]);
      const types = [text, json, html, csv].map((answer) =>
        answer.headers.get("content-type")?.split(";")[0]
      );
      assert.deepEqual(types, ["text/plain", "application/json", "text/html", "text/csv"]);
      const view = await json.json();
      assert.deepEqual(view, { ...await (await pool.fetch(`${path}?format=json`)).json(), at: view.at });
      const command = path === "/node-list" ? "list" : path.slice(1);
      assert.equal(stripAges(await text.text()), stripAges(done(await pool.run(command))));
      assert.match(await html.text(), /<!doctype html>[\s\S]*the test pool/);
      await csv.text();
    });
  }

  await t.step("narrowed, with chosen fields, and not sent twice", async () => {
    const answer = await pool.fetch("/node-list?format=json&state=ready&fields=id,state");
    assert.deepEqual((await answer.json()).nodes, [1, 2, 3].map((id) => ({ id, state: "ready" })));
    const etag = answer.headers.get("etag")!;
    const again = await pool.fetch("/node-list?format=json&state=ready&fields=id,state", {
      headers: { "if-none-match": etag },
    });
    assert.deepEqual([again.status, await again.text()], [304, ""]);
    const wrong = await pool.fetch("/node-list?colour=red");
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /there is no parameter colour here/);
  });

  await t.step("/nodes/ID and its documented metadata", async () => {
    const { node } = await (await pool.fetch("/nodes/1?format=json")).json();
    assert.deepEqual([node.id, node.state], [1, "ready"]);
    const metadata = await (await pool.fetch("/nodes/1/metadata")).json();
    assert.deepEqual(metadata, {
      groups: ["debian", "east"],
      nodepool: { image_name: "debian", provider_name: "east", node_id: 1 },
    });
    const server = pool.simulator.cloud("east").servers.get(node.server_id)!;
    assert.deepEqual(JSON.parse(server.metadata.nodepool!), metadata.nodepool);
    const missing = await pool.fetch("/nodes/99");
    assert.deepEqual([missing.status, await missing.text()], [
      404,
      "there is no node 99, and no record of one\n",
    ]);
  });

  await t.step("/, /healthz, /readyz; nothing else, and nothing changes anything", async () => {
    assert.match(await (await pool.fetch("/")).text(), /the test pool/);
    assert.deepEqual(await (await pool.fetch("/healthz")).json(), { status: "ok" });
    assert.deepEqual(
      await (await pool.fetch("/readyz", { headers: { accept: "application/json" } })).json(),
      { ready: true, reasons: [] },
    );
    for (
      const [path, method, status] of [
        ["/nowhere", "GET", 404],
        ["/node-list", "POST", 405],
        ["/nodes/1", "DELETE", 405],
        ["/node-list", "HEAD", 200],
      ] as const
    ) {
      const answer = await pool.fetch(path, { method });
      await answer.body?.cancel();
      assert.equal(answer.status, status, `${method} ${path}`);
    }
    assert.equal(await pool.count("ready"), 3);
  });
});

/** Ages and latencies differ from one moment to the next. */
function stripAges(table: string): string {
  return table.replaceAll(/\d\d:\d\d:\d\d:\d\d/g, "AGE").replaceAll(/\d+\.?\d* m?s/g, "TIME").replaceAll(
    / +|-+/g,
    " ",
  );
}

Deno.test("config-validate, --version and --help need neither daemon nor state", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-" });
  try {
    const config = `${folder}/nodepool.yaml`;
    const secret = "very-secret";
    await Deno.writeTextFile(
      config,
      `state: ${folder}/nodepool.kv\nlabels: [{name: small, image: debian, providers: [{name: main}]}]\n` +
        `providers: [{name: main, auth-url: "http://127.0.0.1:9/v3", username: ci, password: ${secret}, ` +
        "project-name: ci, max-servers: 2, images: [{name: debian, base-image: debian-12, min-ram: 512}]}]\n",
      { mode: 0o600 },
    );
    await t.step("config-validate FILE", async () => {
      const { code, stdout } = await runProgram(["config-validate", config]);
      assert.deepEqual([code, stdout], [0, `${config} is valid\n`]);
    });
    await t.step("config-validate --show has every default and no secret", async () => {
      const { code, stdout, stderr } = await runProgram(["-c", config, "config-validate", "--show"]);
      assert.equal(code, 0, stderr);
      assert.ok(!stdout.includes(secret) && !stderr.includes(secret));
      const shown = parse(stdout);
      assert.equal(shown.labels[0]["min-ready"], 2);
      assert.match(stdout, /password: "?\*\*\*/);
    });
    await t.step("config-validate --schema", async () => {
      const schema = JSON.parse(done(await runProgram(["config-validate", "--schema"])));
      assert.match(schema.$schema, /json-schema\.org/);
      assert.ok("providers" in schema.properties);
    });
    await t.step("--version", async () => {
      assert.match(
        done(await runProgram(["--version"])),
        /^nodepool \d+\.\d+\.\d+ \(commit \S+, Deno 2\.\d+\.\d+\)\n$/,
      );
    });
    await t.step("--help, of the program and of each command, with an example", async () => {
      const help = done(await runProgram(["--help"]));
      const commands = [...help.matchAll(/^ {2}([a-z-]+) .*$/gm)].map(([, name]) => name!).filter((name) =>
        !name.startsWith("-") && !["help", "nodepool"].includes(name)
      );
      assert.ok(commands.length >= 13, commands.join());
      const pages = await Promise.all(commands.map(async (name) => done(await runProgram([name, "--help"]))));
      for (const page of pages) assert.match(page, /Usage: [\s\S]*\n.*nodepool /);
    });
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["nodepool.yaml"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
