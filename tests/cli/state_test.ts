import assert from "node:assert/strict";
import { CliBench } from "./run.ts";

Deno.test("state adopt takes over what another daemon made, and says what became of it", async () => {
  await using bench = await CliBench.open();
  const { code, stdout } = await bench.run("state", "adopt");
  assert.equal(code, 0);
  assert.match(stdout, /^node 21: noble-cloud-a-9 on cloud-a \(s9, run r2\), held\n/);
  assert.match(stdout, /^node 7: held, /m);
  assert.deepEqual(bench.pool.calls, ["adopt"]);
});

Deno.test("state adopt --dry-run only shows the servers", async () => {
  await using bench = await CliBench.open();
  const { code, stdout } = await bench.run("state", "adopt", "--dry-run");
  assert.deepEqual([code, stdout], [0, "noble-cloud-a-9 on cloud-a (s9, run r2)\n"]);
  assert.deepEqual(bench.pool.calls, ["adopt --dry-run"]);
});

Deno.test("state adopt names the floating IPs that it deletes", async () => {
  await using bench = await CliBench.open();
  const floatingIps = [{ provider: "cloud-a", id: "f1", address: "203.0.113.7" }];
  bench.pool.adoption = { servers: [], floatingIps, held: [], warnings: [] };
  const line = "floating IP 203.0.113.7 on cloud-a (f1)";
  assert.equal((await bench.run("state", "adopt")).stdout, `${line}: to be deleted\n`);
  assert.equal((await bench.run("state", "adopt", "--dry-run")).stdout, `${line}\n`);
});

Deno.test("state adopt that could not ask a provider does not say that there is nothing", async () => {
  await using bench = await CliBench.open();
  const warnings = ["cannot list the floating IPs of cloud-a: 503 Service Unavailable"];
  bench.pool.adoption = { servers: [], floatingIps: [], held: [], warnings };
  const { code, stdout, stderr } = await bench.run("state", "adopt");
  assert.deepEqual([code, stdout, stderr], [1, "", `nodepool: ${warnings[0]}\n`]);
});

Deno.test("a line of a command is one line, and holds nothing that a terminal acts on", async () => {
  await using bench = await CliBench.open();
  const server = {
    provider: "cloud-a",
    hostname: "a\nnode 1: deleted\x1b[2J",
    serverId: "s9",
    ip: null,
    nodeId: 21,
  };
  bench.pool.adoption = {
    servers: [{ ...server, run: "\u202er" }],
    held: [],
    warnings: ["cloud-b: \x07"],
  };
  const { stdout, stderr } = await bench.run("state", "adopt");
  const name = String.raw`a node 1: deleted\u001b[2J`;
  assert.equal(stdout, String.raw`node 21: ${name} on cloud-a (s9, run \u202er), held` + "\n");
  assert.equal(stderr, String.raw`nodepool: cloud-b: \u0007` + "\n");
});

Deno.test("state without a command explains itself and fails", async () => {
  await using bench = await CliBench.open();
  const { code, stderr } = await bench.run("state");
  assert.equal(code, 2);
  assert.match(stderr, /adopt/);
});
