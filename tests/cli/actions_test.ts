import assert from "node:assert/strict";
import { shellWord } from "../../src/lib/shell_quote.ts";
import { ControlError } from "../../src/control/control_error.ts";
import { needsDaemon } from "../control/scripted_pool.ts";
import { HOST_KEY, NOW, sampleNodes } from "../views/sample_pool.ts";
import { eventually } from "../eventually.ts";
import { CliBench, TOKEN } from "./run.ts";

const nodeOfCloudB = sampleNodes().find(({ id }) => id === 4)!;

Deno.test("hold tells of each node, and fails if one could not be held", async () => {
  await using bench = await CliBench.open();
  const { code, stdout, stderr } = await bench.run(
    "hold",
    "1",
    "99",
    "2",
    "1",
    "--reason",
    "look",
    "--for",
    "2d",
  );
  assert.equal(code, 1);
  assert.equal(stdout, "node 1: hold done\nnode 2: hold done\n");
  assert.equal(stderr, "nodepool: there is no node 99\n");
  assert.deepEqual(bench.pool.calls, ['hold 1,99,2 {"reason":"look","owner":"maria","duration":172800000}']);
});

Deno.test("some of several that failed make the exit code 1, also where nobody reads of the others", async () => {
  await using bench = await CliBench.open();
  bench.beforeWrite = () => {
    throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  };
  assert.equal((await bench.run("hold", "1", "99")).code, 1);
  assert.equal((await bench.run("hold", "1", "2")).code, 0);
});

Deno.test("hold and delete work without a daemon", async () => {
  await using bench = await CliBench.open({ daemon: false });
  assert.equal((await bench.run("hold", "1")).code, 0);
  assert.equal((await bench.run("delete", "2")).code, 0);
  assert.deepEqual(bench.pool.calls, [
    'hold 1 {"reason":null,"owner":"maria","duration":null}',
    'delete 2 {"comment":"deleted by maria"}',
  ]);
});

Deno.test("a command that the environment has no user for is the account's", async () => {
  await using bench = await CliBench.open();
  delete bench.env.USER;
  await bench.run("delete", "2");
  bench.env.SUDO_USER = "emil";
  await bench.run("delete", "3");
  assert.deepEqual(bench.pool.calls, [
    'delete 2 {"comment":"deleted by maria-by-account"}',
    'delete 3 {"comment":"deleted by emil"}',
  ]);
});

Deno.test("delete --now returns when the nodes are gone", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("delete", "1", "99", "2", "--now");
  await eventually(() => bench.pool.calls.includes("wait-end 2"));
  assert.equal(bench.stdout, "");
  bench.pool.end(2);
  bench.pool.end(1);
  const { code, stdout, stderr } = await running;
  assert.equal(code, 1);
  assert.equal(stdout, "node 1: deleted\nnode 2: deleted\n");
  assert.equal(stderr, "nodepool: there is no node 99\n");
});

Deno.test("delete --now that is interrupted says what it no longer waits for", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("delete", "1", "--now");
  await eventually(() => bench.pool.calls.includes("wait-end 1"));
  bench.interrupt();
  const { code, stderr } = await running;
  assert.equal(code, 1);
  assert.equal(stderr, "nodepool: stopped waiting for node 1; it is still being deleted\n");
});

Deno.test("delete --now deletes by itself where no daemon runs, and on Ctrl-C leaves the rest to the next one", async () => {
  await using bench = await CliBench.open({ daemon: false });
  bench.pool.current = { ...bench.pool.current, daemon: null };
  const running = bench.run("delete", "1", "--now");
  await eventually(() => bench.pool.calls.includes("wait-end 1"));
  bench.interrupt();
  const { code, stderr } = await running;
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "nodepool: stopped waiting for node 1; the next daemon continues the deletion\n",
  );
  assert.deepEqual(bench.wired.map(({ name }) => name), ["foreground"]);
});

Deno.test("release passes result and job on", async () => {
  await using bench = await CliBench.open();
  const { code } = await bench.run("release", "4", "--result", "FAILURE", "--job", "gate/unit");
  assert.equal(code, 0);
  assert.deepEqual(bench.pool.calls, ['release 4 {"result":"FAILURE","job":"gate/unit"}']);
});

Deno.test("release of a node that somebody holds has an exit code of its own, unless something failed", async () => {
  await using bench = await CliBench.open();
  const codes = [];
  for (const ids of [["5"], ["4", "5"], ["5", "99"]]) codes.push((await bench.run("release", ...ids)).code);
  assert.deepEqual(codes, [4, 4, 1]);
});

Deno.test("hold passes on what is given and nothing else, and unhold who ends it", async () => {
  await using bench = await CliBench.open();
  await bench.run("hold", "5", "--extend", "2d", "--owner", "eve");
  await bench.run("unhold", "5");
  assert.deepEqual(bench.pool.calls, [
    'hold 5 {"reason":null,"owner":"maria","duration":null,"newOwner":"eve","extend":172800000}',
    'unhold 5 {"comment":"hold ended by maria"}',
  ]);
  const { code, stderr } = await bench.run("hold", "5", "--extend", "2d", "--for", "1d");
  assert.deepEqual([code, stderr], [
    2,
    "nodepool: option '--extend <duration>' cannot be used with option '--for <duration>'\n",
  ]);
});

Deno.test("job-create and job-delete work with a daemon and without one", async () => {
  for (const daemon of [true, false]) {
    await using bench = await CliBench.open({ daemon });
    const made = await bench.run("job-create", "gate/unit", "--hold-on-failure", "2");
    assert.deepEqual(made, {
      code: 0,
      stdout: "job 3: nodes on which gate/unit fails are held, up to 2\n",
      stderr: "",
    });
    assert.deepEqual(await bench.run("job-delete", "3", "4"), {
      code: 1,
      stdout: "job 3: deleted\n",
      stderr: "nodepool: there is no job 4\n",
    });
    assert.deepEqual(bench.pool.calls, [
      'create-job {"job":"gate/unit","holdOnFailure":2}',
      "delete-jobs 3,4",
    ]);
  }
});

Deno.test("job-create NAME alone holds one", async () => {
  await using bench = await CliBench.open();
  assert.deepEqual(await bench.run("job-create", "gate/unit"), {
    code: 0,
    stdout: "job 3: nodes on which gate/unit fails are held, up to 1\n",
    stderr: "",
  });
});

Deno.test("job-create says what is wrong", async () => {
  await using bench = await CliBench.open();
  assert.equal((await bench.run("job-create", "gate/unit", "--hold-on-failure", "0")).code, 2);
  assert.deepEqual(bench.pool.calls, []);
  bench.pool.failure = new ControlError(409, "job gate/unit already has an entry (3)");
  assert.deepEqual(await bench.run("job-create", "gate/unit", "--hold-on-failure", "1"), {
    code: 1,
    stdout: "",
    stderr: "nodepool: job gate/unit already has an entry (3)\n",
  });
});

Deno.test("what the offline pool cannot do exits 3", async () => {
  await using bench = await CliBench.open({ daemon: false });
  bench.pool.failure = needsDaemon;
  const { code, stderr } = await bench.run("release", "4");
  assert.deepEqual({ code, stderr }, { code: 3, stderr: "nodepool: this needs a running daemon\n" });
});

Deno.test("acquire waits for nodes, prints how to log in, then confirms", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("acquire", "noble", "--wait", "5m", "--job", "gate/unit");
  await eventually(() => bench.pool.calls.includes("wait-grant 9"));
  bench.pool.grant([nodeOfCloudB]);
  const { code, stdout, stderr } = await running;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.equal(
    stdout,
    `node:     4
hostname: noble-cloud-b-4.example.org
provider: cloud-b
address:  203.0.113.4
port:     2222
user:     jenkins
host key: ${HOST_KEY}
`,
  );
  const spec = {
    label: "noble",
    count: 1,
    job: "gate/unit",
    client: "maria",
    deadline: NOW + 300_000,
    token: TOKEN,
  };
  assert.deepEqual(bench.pool.calls, [`request ${JSON.stringify(spec)}`, "wait-grant 9", "confirm 9"]);
});

Deno.test("acquire prints variables for a shell, and JSON", async () => {
  await using bench = await CliBench.open();
  bench.pool.grant([nodeOfCloudB, { ...nodeOfCloudB, id: 7, hostname: "it's.example.org" }]);
  const env = await bench.run("acquire", "noble", "--count", "2", "-o", "env");
  assert.match(env.stdout, /^export NODEPOOL_IDS='4 7'$/m);
  assert.match(env.stdout, /^export NODEPOOL_ADDRESS='203.0.113.4'$/m);
  assert.match(env.stdout, /^export NODEPOOL_HOSTNAME_2='it'\\''s.example.org'$/m);
  const json = JSON.parse((await bench.run("acquire", "noble", "-o", "json")).stdout);
  assert.equal(json.version, 1);
  assert.deepEqual(json.nodes[0].connection, {
    address: "203.0.113.4",
    port: 2222,
    username: "jenkins",
    host_keys: [HOST_KEY],
    known_hosts: [`[203.0.113.4]:2222 ${HOST_KEY}`],
  });
});

Deno.test("acquire that waits too long says why there is no node and withdraws", async () => {
  await using bench = await CliBench.open();
  const [, waiting] = bench.pool.current.requests;
  bench.pool.current = { ...bench.pool.current, requests: [{ ...waiting!, id: 9 }] };
  const running = bench.run("acquire", "noble", "--wait", "90s");
  await eventually(() => bench.pool.calls.includes("wait-grant 9"));
  await bench.clock.advance(90_000);
  const { code, stdout, stderr } = await running;
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  const last = "nodepool: no node of label noble within 1m30s: 1 of 2 nodes is ready\n";
  assert.equal(stderr.replace(/^nodepool: waiting for 1 of noble; gives up in .*\n/, ""), last);
  await eventually(() => bench.pool.calls.includes("wait-grant 9 aborted"));
  assert.equal(bench.pool.calls.includes("withdraw 9"), true);
});

Deno.test("acquire that is interrupted withdraws its request", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("acquire", "noble");
  await eventually(() => bench.pool.calls.includes("wait-grant 9"));
  bench.interrupt();
  const { code, stderr } = await running;
  assert.deepEqual({ code, stderr }, { code: 1, stderr: "nodepool: interrupted\n" });
  assert.equal(bench.pool.calls.includes("withdraw 9"), true);
});

Deno.test("acquire whose output cannot be printed gives the nodes back", async () => {
  await using bench = await CliBench.open();
  bench.pool.grant([nodeOfCloudB]);
  bench.beforeWrite = () => {
    throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  };
  const { code, stderr } = await bench.run("acquire", "noble");
  assert.equal(code, 1);
  assert.match(stderr, /^nodepool: the nodes could not be printed: Broken pipe/);
  assert.deepEqual(bench.pool.calls.slice(-1), ["withdraw 9"]);
});

Deno.test("acquire of an unknown label fails with the pool's own words", async () => {
  await using bench = await CliBench.open();
  bench.pool.failure = new ControlError(404, "there is no label nobel; did you mean noble?");
  const { code, stderr } = await bench.run("acquire", "nobel");
  assert.deepEqual({ code, stderr }, {
    code: 1,
    stderr: "nodepool: there is no label nobel; did you mean noble?\n",
  });
});

Deno.test("acquire needs the daemon", async () => {
  await using bench = await CliBench.open({ daemon: false });
  const { code, stderr } = await bench.run("acquire", "noble");
  assert.equal(code, 3);
  assert.equal(
    stderr,
    `nodepool: no daemon is running (nothing listens on ${bench.socketPath}): ` +
      `start it with \`nodepool -c ${shellWord(bench.configFile)} daemon\`\n`,
  );
});
