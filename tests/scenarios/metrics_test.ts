/** What `/metrics` shows of a pool through its life, in virtual time. */
import assert from "node:assert/strict";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { PrometheusMetrics } from "../../src/metrics/prometheus_metrics.ts";
import { sampleFacts } from "../metrics/sample_facts.ts";
import { poolConfig, VirtualPool, type VirtualPoolOptions } from "./virtual_pool.ts";

/** A pool and its metrics: by name and labels, as they are written. */
async function watched(options: VirtualPoolOptions) {
  const metrics = new PrometheusMetrics();
  const virtual = await VirtualPool.start({ ...options, metrics });
  const scrape = async () => {
    const how = { facts: sampleFacts, isOpenMetrics: false };
    return (await metrics.scrape(virtual.pool.report(), how)).body;
  };
  const values = async () => {
    const lines = (await scrape()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))] as const;
    }));
  };
  return { virtual, scrape, values, [Symbol.asyncDispose]: () => virtual[Symbol.asyncDispose]() };
}

Deno.test("a pool's launches, requests and deletions are counted, with the time of each phase", async () => {
  await using pool = await watched({ config: poolConfig({ minReady: 2 }) });
  const { virtual } = pool;
  await virtual.until(() => virtual.count("ready") === 2);
  const [node] = await virtual.acquire("small");
  await virtual.ask("delete", { ids: [node!.id], comment: "done" });
  await virtual.until(() => virtual.servers() === 2 && virtual.count("ready") === 2);
  const values = await pool.values();
  const ready = `nodepool_launches_total{provider="main",label="small",result="ready",reason=""}`;
  assert.equal(values.get(ready), 3);
  for (const phase of ["create", "boot", "address", "login"]) {
    const labels = `{provider="main",phase="${phase}"}`;
    assert.equal(values.get(`nodepool_launch_phase_duration_seconds_count${labels}`), 3, phase);
  }
  const sum = (name: string, labels: string) => values.get(`${name}_sum{${labels}}`)!;
  const phases = ["create", "boot", "address", "login"].map((phase) =>
    sum("nodepool_launch_phase_duration_seconds", `provider="main",phase="${phase}"`)
  );
  const total = sum("nodepool_launch_duration_seconds", `provider="main",result="ready"`);
  assert.ok(Math.abs(phases.reduce((a, b) => a + b) - total) < 0.001, "a launch is its phases");
  assert.equal(values.get(`nodepool_request_wait_seconds_count{label="small",result="granted"}`), 1);
  assert.equal(values.get(`nodepool_delete_duration_seconds_count{provider="main"}`), 1);
  assert.equal(values.get(`nodepool_nodes{provider="main",label="small",state="ready"}`), 2);
  assert.ok(values.get("nodepool_tick_duration_seconds_count")! > 0);
  assert.ok(values.get("nodepool_state_commit_duration_seconds_count")! > 0);
});

for (const bootTime of [5, 60]) {
  Deno.test(`what the daemon adds to a launch does not depend on the cloud: it boots for ${bootTime} s`, async () => {
    const clouds = [{ name: "simulator", bootTime: bootTime * SECOND }];
    await using pool = await watched({ config: poolConfig({ minReady: 3 }), clouds });
    await pool.virtual.until(() => pool.virtual.count("ready") === 3);
    const values = await pool.values();
    const own = values.get(`nodepool_launch_overhead_seconds_sum{provider="main"}`)!;
    const total = values.get(`nodepool_launch_duration_seconds_sum{provider="main",result="ready"}`)!;
    assert.equal(values.get(`nodepool_launch_overhead_seconds_count{provider="main"}`), 3);
    assert.ok(total >= 3 * bootTime, `${total}`);
    assert.ok(own >= 0 && own < 3 * 3, `${own} of ${total}`);
  });
}

Deno.test("a daemon that comes to look at a cloud late adds that to a launch", async () => {
  const overhead = async (rate: number) => {
    const config = poolConfig({ minReady: 1 }).replace("rate: 0", `rate: ${rate}`);
    await using pool = await watched({ config, clouds: [{ name: "simulator", bootTime: 5 * SECOND }] });
    await pool.virtual.until(() => pool.virtual.count("ready") === 1, HOUR);
    return (await pool.values()).get(`nodepool_launch_overhead_seconds_sum{provider="main"}`)!;
  };
  const [soon, late] = [await overhead(0), await overhead(8)];
  assert.ok(late > soon + 1, `${soon}, ${late}`);
});

Deno.test("a request that nothing can meet grows older by its label and reason, until it is met or withdrawn", async () => {
  await using pool = await watched({
    config: poolConfig({ minReady: 0, maxServers: 4 }),
    clouds: [{ name: "simulator", quotas: { instances: 1 } }],
  });
  const { virtual } = pool;
  await virtual.acquire("small");
  const spec = { label: "small", count: 1, job: "gate/unit", client: "zuul", deadline: null };
  const { id } = await virtual.during(virtual.ask("request", spec));
  const waiting = virtual.granted(id).catch(() => {});
  await virtual.clock.advance(10 * MINUTE);
  const age = `nodepool_oldest_request_age_seconds{label="small",reason="quota"}`;
  const values = await pool.values();
  assert.ok(values.get(age)! >= 600, JSON.stringify([...values].filter(([name]) => name.includes("oldest"))));
  assert.equal(values.get(`nodepool_requests{label="small",state="waiting"}`), 1);
  assert.equal(values.get(`nodepool_requested_nodes{label="small"}`), 1);
  assert.equal(values.get(`nodepool_label_obstacles{label="small",provider="main",reason="quota"}`), 1);
  await virtual.during(virtual.ask("request-withdraw", { id }));
  await virtual.during(waiting);
  const later = await pool.values();
  assert.equal(later.get(age), undefined);
  assert.equal(later.get(`nodepool_request_wait_seconds_count{label="small",result="withdrawn"}`), 1);
});

Deno.test("a node that is stuck grows older by its state and provider", async () => {
  await using pool = await watched({
    config: poolConfig({ minReady: 1 }),
    clouds: [{ name: "simulator", bootTime: HOUR }],
  });
  await pool.virtual.clock.advance(20 * MINUTE);
  const values = await pool.values();
  assert.ok(values.get(`nodepool_oldest_node_age_seconds{provider="main",state="building"}`)! > 1_000);
  const long = `nodepool_nodes_long_in_state{provider="main",state="building",longer_than=`;
  assert.deepEqual([values.get(`${long}"5m"}`), values.get(`${long}"1h"}`)], [1, 0]);
});

Deno.test("a label and a provider that are removed disappear once nothing is left of them", async () => {
  const both = poolConfig({ minReady: 1, clouds: ["one", "two"] });
  await using pool = await watched({ config: both, clouds: [{ name: "one" }, { name: "two" }] });
  const { virtual } = pool;
  await virtual.until(() => virtual.count("ready") >= 1);
  await virtual.clock.advance(MINUTE);
  const before = await pool.scrape();
  assert.match(before, /provider="one"/);
  assert.match(before, /label="small"/);
  await virtual.during(virtual.reconfigure(both.replace("min-ready: 1", "min-ready: 0")));
  const ids = virtual.pool.report().nodes.map(({ id }) => id);
  await virtual.ask("delete", { ids, comment: "to be removed" });
  await virtual.until(() => virtual.count() === 0, HOUR);
  const changed = poolConfig({ minReady: 1, clouds: ["two"] }).replaceAll("small", "large");
  await virtual.during(virtual.reconfigure(changed));
  await virtual.until(() => virtual.count("ready", "large") === 1, HOUR);
  const after = await pool.scrape();
  assert.doesNotMatch(after, /provider="one"/);
  assert.doesNotMatch(after, /label="small"/);
  assert.match(after, /nodepool_launches_total\{provider="two",label="large",result="ready",reason=""\} 1/);
});

Deno.test("no node, host, server or job is ever in a label, and there are as many series after a hundred nodes as after ten", async () => {
  await using pool = await watched({ config: poolConfig({ minReady: 2, maxServers: 4 }) });
  const { virtual } = pool;
  const useOne = async (job: string) => {
    const spec = { label: "small", count: 1, job, client: `client of ${job}`, deadline: null };
    const { id } = await virtual.during(virtual.ask("request", spec));
    const [node] = await virtual.during(virtual.granted(id), 60 * MINUTE);
    await virtual.during(virtual.ask("request-confirm", { id }));
    await virtual.during(virtual.ask("release", { ids: [node!.id], result: "SUCCESS", job: null }));
    return node!;
  };
  const useMany = async (count: number) => {
    const nodes = [];
    for (let index = 0; index < count; index++) nodes.push(await useOne(`job-${virtual.clock.now()}`));
    await virtual.until(() => virtual.count() === 2 && virtual.count("ready") === 2, HOUR);
    await virtual.clock.advance(3 * MINUTE);
    return nodes;
  };
  const nodes = await useMany(5);
  const few = [...(await pool.values()).keys()];
  nodes.push(...await useMany(25));
  const text = await pool.scrape();
  assert.deepEqual([...(await pool.values()).keys()], few);
  for (const { hostname, state } of nodes) {
    assert.ok(!text.includes(hostname));
    if ("serverId" in state) assert.ok(!text.includes(state.serverId!));
  }
  assert.doesNotMatch(text, /job-\d/);
});
