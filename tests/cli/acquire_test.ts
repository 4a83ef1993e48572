/** `acquire` while daemons come and go, and the forms in which it hands nodes over. */
import assert from "node:assert/strict";
import { ControlError } from "../../src/control/control_error.ts";
import { StoreError } from "../../src/store/store.ts";
import { shellWord } from "../../src/lib/shell_quote.ts";
import { hostKeySettings, sshOptions } from "../../src/views/host_key_settings.ts";
import { HOST_KEY, sampleNodes } from "../views/sample_pool.ts";
import { eventually } from "../eventually.ts";
import { CliBench, TOKEN } from "./run.ts";

const nodeOfCloudB = sampleNodes().find(({ id }) => id === 4)!;

const STOPPED = "nodepool: the daemon is stopped; waiting for the next one\n";

function callsOf(bench: CliBench, what: string): number {
  return bench.pool.calls.filter((call) => call.startsWith(what)).length;
}

/** Lets the command look for the next daemon until it holds. */
function looking(bench: CliBench, condition: () => boolean): Promise<void> {
  return eventually(condition, () => bench.clock.advance(250));
}

Deno.test("acquire that waits goes on with the next daemon, and says once that it waits for it", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("acquire", "noble", "--wait", "10h");
  const waits = () => bench.pool.calls.filter((call) => call === "wait-grant 9").length;
  await eventually(() => waits() === 1);
  for (const restarts of [1, 2]) {
    await bench.stopDaemon();
    await eventually(() => bench.stderr === STOPPED);
    await bench.startDaemon();
    await looking(bench, () => waits() === restarts + 1);
  }
  bench.pool.grant([nodeOfCloudB]);
  const { code, stdout, stderr } = await running;
  assert.deepEqual([code, stderr], [0, STOPPED]);
  assert.match(stdout, /^node: {5}4\n/);
  assert.equal(callsOf(bench, "request "), 1, "it is the same request all the time");
  assert.equal(callsOf(bench, "withdraw"), 0);
  assert.equal(bench.pool.calls.at(-1), "confirm 9");
});

Deno.test("acquire whose daemon does not come back gives up at its own deadline", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("acquire", "noble", "--wait", "20s");
  await eventually(() => bench.pool.calls.includes("wait-grant 9"));
  await bench.stopDaemon();
  let done = false;
  running.finally(() => done = true);
  await looking(bench, () => done);
  const { code, stdout, stderr } = await running;
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr,
    `${STOPPED}nodepool: no node of label noble within 20s: the daemon is not running\n`,
  );
});

Deno.test("acquire that is interrupted while there is no daemon ends at once", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("acquire", "noble");
  await eventually(() => bench.pool.calls.includes("wait-grant 9"));
  await bench.stopDaemon();
  await looking(bench, () => bench.stderr === STOPPED);
  bench.interrupt();
  assert.deepEqual(await running, { code: 1, stdout: "", stderr: `${STOPPED}nodepool: interrupted\n` });
});

const FULL = "cannot use the state etcd:https://e1:2379/ci: it cannot be written: its database is full";

Deno.test("acquire waits while the state cannot be written, says why, and has its nodes when it can", async () => {
  await using bench = await CliBench.open();
  bench.pool.failure = new StoreError("unusable", FULL);
  const running = bench.run("acquire", "noble");
  await looking(bench, () => callsOf(bench, "request ") >= 3);
  bench.pool.failure = null;
  await looking(bench, () => bench.pool.calls.includes("wait-grant 9"));
  bench.pool.failure = new StoreError("unusable", FULL);
  bench.pool.grant([nodeOfCloudB]);
  await looking(bench, () => callsOf(bench, "confirm") >= 2);
  bench.pool.failure = null;
  let done = false;
  running.finally(() => done = true);
  await looking(bench, () => done);
  const { code, stdout, stderr } = await running;
  assert.equal(code, 0);
  assert.match(stdout, /^node: {5}4\n/);
  assert.equal(stderr, `nodepool: ${FULL}; trying again\n`.repeat(2));
  assert.equal(callsOf(bench, "withdraw"), 0);
});

Deno.test("acquire gives up at its deadline where the state cannot be written, and says why", async () => {
  await using bench = await CliBench.open();
  bench.pool.failure = new StoreError("unusable", FULL);
  const running = bench.run("acquire", "noble", "--wait", "20s");
  let done = false;
  running.finally(() => done = true);
  await looking(bench, () => done);
  const { code, stderr } = await running;
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`\nnodepool: no daemon took the request within 20s: ${FULL}\n$`));
});

for (const command of [["acquire", "noble", "--fail-fast"], ["hold", "1"], ["image-build", "noble"]]) {
  Deno.test(`${command.join(" ")} fails at once where the state cannot be written, and says why`, async () => {
    await using bench = await CliBench.open();
    bench.pool.failure = new StoreError("unusable", FULL);
    const { code, stderr } = await bench.run(...command);
    assert.deepEqual([code, stderr], [1, `nodepool: ${FULL}\n`]);
  });
}

for (const command of [["acquire", "noble"], ["image-build", "noble"], ["delete", "1", "--now"]]) {
  Deno.test(`${command.join(" ")} ends at once where another command has the state, and no daemon runs`, async () => {
    await using bench = await CliBench.open();
    const problem = "no daemon is running, and nodepool image-build (pid 7) is using the state";
    bench.pool.failure = new ControlError(423, problem);
    const { code, stderr } = await bench.run(...command);
    assert.deepEqual([code, stderr], [3, `nodepool: ${problem}\n`]);
  });
}

Deno.test("a request that a stopping daemon turns away is made of the next one, with the same token", async () => {
  await using bench = await CliBench.open();
  bench.pool.failure = new ControlError(503, "the daemon is stopping and accepts no requests");
  const running = bench.run("acquire", "noble");
  await looking(bench, () => callsOf(bench, "request ") >= 2);
  bench.pool.failure = null;
  bench.pool.grant([nodeOfCloudB]);
  let done = false;
  running.finally(() => done = true);
  await looking(bench, () => done);
  assert.equal((await running).code, 0);
  const requests = bench.pool.calls.filter((call) => call.startsWith("request "));
  assert.deepEqual(new Set(requests.map((call) => JSON.parse(call.slice(8)).token)), new Set([TOKEN]));
});

Deno.test("nodes that no daemon could be told of as taken are printed, and the command fails", async () => {
  await using bench = await CliBench.open();
  bench.pool.grant([nodeOfCloudB]);
  // The daemon ends between the answer and the confirmation.
  bench.beforeWrite = () => bench.pool.failure = new ControlError(503, "the daemon is stopping");
  const running = bench.run("acquire", "noble", "--wait", "10s");
  let done = false;
  running.finally(() => done = true);
  await looking(bench, () => done);
  const { code, stdout, stderr } = await running;
  assert.equal(code, 1);
  assert.match(stdout, /^node: {5}4\n/);
  assert.match(
    stderr,
    /^(nodepool: waiting for .*\n)?nodepool: the daemon is stopped; .*\nnodepool: cannot tell a daemon that the nodes were taken: the next one deletes them\n$/,
  );
});

Deno.test("a confirmation is said again to the next daemon", async () => {
  await using bench = await CliBench.open();
  bench.pool.grant([nodeOfCloudB]);
  bench.beforeWrite = () => bench.pool.failure = new ControlError(503, "the daemon is stopping");
  const running = bench.run("acquire", "noble");
  await looking(bench, () => callsOf(bench, "confirm") === 2);
  bench.pool.failure = null;
  let done = false;
  running.finally(() => done = true);
  await looking(bench, () => done);
  assert.equal((await running).code, 0);
  assert.equal(callsOf(bench, "withdraw"), 0);
});

Deno.test("a request that is really gone is reported as such", async () => {
  await using bench = await CliBench.open();
  const running = bench.run("acquire", "noble");
  await eventually(() => bench.pool.calls.includes("wait-grant 9"));
  await bench.stopDaemon();
  await looking(bench, () => bench.stderr === STOPPED);
  bench.pool.failure = new ControlError(410, "request 9 does not exist: it was withdrawn, or never made");
  await bench.startDaemon();
  let done = false;
  running.finally(() => done = true);
  await looking(bench, () => done);
  const { code, stderr } = await running;
  assert.deepEqual([code, stderr], [1, `${STOPPED}nodepool: ${bench.pool.failure.message}\n`]);
});

Deno.test("acquire -o ssh-config names each node by its number and its hostname, with its host keys", async () => {
  await using bench = await CliBench.open();
  bench.pool.grant([nodeOfCloudB, { ...nodeOfCloudB, id: 7, provider: "cloud-a", hostname: "plain" }]);
  const { code, stdout } = await bench.run("acquire", "noble", "--count", "2", "-o", "ssh-config");
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `# nodepool: request 9, nodes 4 7

Host node1 noble-cloud-b-4.example.org noble-cloud-b-4
  HostName 203.0.113.4
  Port 2222
  User jenkins
  UserKnownHostsFile /dev/null
  KnownHostsCommand /usr/bin/printf %%s\\n "[203.0.113.4]:2222 ${HOST_KEY}"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes

Host node2 plain
  HostName 203.0.113.4
  Port 22
  User jenkins
  UserKnownHostsFile /dev/null
  KnownHostsCommand /usr/bin/printf %%s\\n "203.0.113.4 ${HOST_KEY}"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
`,
  );
});

Deno.test("acquire --known-hosts adds the host keys to a file that only its owner reads, and names it", async () => {
  await using bench = await CliBench.open();
  bench.pool.grant([nodeOfCloudB]);
  const path = `${bench.folder}/known hosts`;
  const ran = await bench.run("acquire", "noble", "-o", "ssh-config", "--known-hosts", path);
  assert.match(
    ran.stdout,
    new RegExp(
      `\\n  UserKnownHostsFile "${path}"\\n  GlobalKnownHostsFile /dev/null\\n  StrictHostKeyChecking yes\\n$`,
    ),
  );
  const line = `[203.0.113.4]:2222 ${HOST_KEY}\n`;
  assert.equal(await Deno.readTextFile(path), line);
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  const inventory = await bench.run("acquire", "noble", "-o", "ansible", "--known-hosts", path);
  assert.ok(inventory.stdout.includes("StrictHostKeyChecking=yes"), inventory.stdout);
  assert.equal(await Deno.readTextFile(path), line, "what it says of an address is said once");
});

Deno.test("acquire --known-hosts leaves what else the file says", async () => {
  await using bench = await CliBench.open();
  bench.pool.grant([nodeOfCloudB]);
  const path = `${bench.folder}/known_hosts`;
  const others = "# mine\n|1|hashed= ssh-ed25519 AAAA\ngit.example.org ssh-rsa BBBB";
  const line = `[203.0.113.4]:2222 ${HOST_KEY}\n`;
  const contents = [
    [others, `${others}\n${line}`],
    [`${others}\n[203.0.113.4]:2222 ssh-ed25519 OLD\n[203.0.113.4]:2222 ssh-rsa OLD\n`, `${others}\n${line}`],
    [`[203.0.113.4]:2222 ssh-ed25519 ${"LONG".repeat(200)}\n`, line],
    ["", line],
  ] as const;
  for (const [before, after] of contents) {
    await Deno.writeTextFile(path, before);
    assert.equal((await bench.run("acquire", "noble", "--known-hosts", path)).code, 0);
    assert.equal(await Deno.readTextFile(path), after);
  }
});

Deno.test("acquire that cannot write the host keys gives the nodes back", async () => {
  await using bench = await CliBench.open();
  const folder = `${bench.folder}/nowhere`;
  await Deno.mkdir(folder);
  const path = `${folder}/known_hosts`;
  const running = bench.run("acquire", "noble", "--known-hosts", path);
  await eventually(() => bench.pool.calls.includes("wait-grant 9"));
  await Deno.remove(folder, { recursive: true });
  bench.pool.grant([nodeOfCloudB]);
  const { code, stdout, stderr } = await running;
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, new RegExp(`^nodepool: cannot write ${path}: there is no folder ${folder};`));
  assert.equal(bench.pool.calls.at(-1), "withdraw 9");
});

Deno.test("acquire takes no node where the file for the host keys cannot be written", async () => {
  await using bench = await CliBench.open();
  for (const path of [bench.folder, `${bench.folder}/nowhere/known_hosts`, `${bench.folder}/nowhere/`]) {
    const { code, stdout, stderr } = await bench.run("acquire", "noble", "--known-hosts", path);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(stderr.startsWith(`nodepool: cannot write ${path}: `), true, stderr);
  }
  assert.deepEqual(bench.pool.calls, []);
});

Deno.test("acquire does not let a path or an address become settings of ssh", async () => {
  await using bench = await CliBench.open();
  for (const path of ["", 'a"b', "a\nProxyCommand x"]) {
    assert.equal((await bench.run("acquire", "noble", "--known-hosts", path)).code, 2, path);
  }
  assert.deepEqual(bench.pool.calls, []);
  const addresses = { ...nodeOfCloudB.addresses!, login: "203.0.113.4\n  ProxyCommand evil" };
  bench.pool.grant([{ ...nodeOfCloudB, addresses }]);
  const { code, stdout, stderr } = await bench.run("acquire", "noble", "-o", "ssh-config");
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /cannot be written in an ssh configuration\n$/);
  assert.equal(bench.pool.calls.at(-1), "withdraw 9");
});

Deno.test("acquire -o ansible has the hosts and the groups of the dynamic inventory", async () => {
  await using bench = await CliBench.open();
  // Of an image that the configuration no longer has: nobody knows any more who logs in.
  const twin = { ...nodeOfCloudB, id: 7, label: "jammy", image: "22.04 base" };
  bench.pool.grant([nodeOfCloudB, twin]);
  const { stdout } = await bench.run("acquire", "noble", "--count", "2", "-o", "ansible");
  const host = "noble-cloud-b-4.example.org";
  const variables = "ansible_host=203.0.113.4 ansible_port=2222 ansible_user=jenkins";
  const options = (server: string) =>
    `ansible_ssh_common_args=${shellWord(sshOptions(hostKeySettings([`${server} ${HOST_KEY}`])))}`;
  assert.equal(
    stdout,
    `# nodepool: request 9

[nodepool]
${host}-4 ${variables} ${options("[203.0.113.4]:2222")} nodepool_id=4
${host}-7 ansible_host=203.0.113.4 ansible_port=22 ${options("203.0.113.4")} nodepool_id=7

[noble]
${host}-4

[cloud_b]
${host}-4
${host}-7

[image_noble]
${host}-4

[provider_cloud_b]
${host}-4
${host}-7

[label_noble]
${host}-4

[state_used]
${host}-4
${host}-7

[_2_04_base]
${host}-7

[image_22_04_base]
${host}-7

[label_jammy]
${host}-7
`,
  );
});
