import assert from "node:assert/strict";
import { gauge, type Happening } from "../../src/metrics/happening.ts";
import { poolGauges } from "../../src/metrics/pool_gauges.ts";
import { StatsdMetrics } from "../../src/metrics/statsd_metrics.ts";
import { nodeStateNames } from "../../src/domain/node.ts";
import { sampleConfig, sampleNode, sampleNodes } from "../views/sample_pool.ts";

const config = sampleConfig();

/** A StatsD server that knows gauges alone. @returns tells it, and gives the names and values of that telling */
function statsd(): (gauges: readonly Happening[]) => readonly { name: string; value: number }[] {
  let told: { name: string; value: number }[] = [];
  const metrics = new StatsdMetrics({
    gauge: (name, value) => told.push({ name, value }),
    timing: () => assert.fail("no timing"),
    increment: () => assert.fail("no count"),
  });
  return (gauges) => {
    told = [];
    metrics.tell(gauges);
    return told;
  };
}

/** All gauges under StatsD's names. */
const gaugesOf = (...args: Parameters<typeof poolGauges>) => statsd()(poolGauges(...args));

/** Those that are not 0, by name. */
function told(...args: Parameters<typeof poolGauges>): Record<string, number> {
  return Object.fromEntries(
    gaugesOf(...args).filter(({ value }) => value !== 0).map(({ name, value }) => [name, value]),
  );
}

Deno.test("poolGauges() counts nodes by state: overall, by target, label and provider", () => {
  assert.deepEqual(told({ nodes: sampleNodes(), config }), {
    "nodepool.nodes.building": 1,
    "nodepool.nodes.ready": 2,
    "nodepool.nodes.used": 1,
    "nodepool.nodes.hold": 1,
    "nodepool.nodes.delete": 1,
    "nodepool.target.default.nodes.building": 1,
    "nodepool.target.default.nodes.ready": 2,
    "nodepool.target.default.nodes.used": 1,
    "nodepool.target.default.nodes.hold": 1,
    "nodepool.target.default.nodes.delete": 1,
    "nodepool.label.noble.nodes.building": 1,
    "nodepool.label.noble.nodes.ready": 1,
    "nodepool.label.noble.nodes.used": 1,
    "nodepool.label.jammy.nodes.ready": 1,
    "nodepool.label.jammy.nodes.hold": 1,
    "nodepool.label.jammy.nodes.delete": 1,
    "nodepool.provider.cloud-a.nodes.building": 1,
    "nodepool.provider.cloud-a.nodes.ready": 2,
    "nodepool.provider.cloud-b.nodes.used": 1,
    "nodepool.provider.cloud-b.nodes.hold": 1,
    "nodepool.provider.cloud-b.nodes.delete": 1,
    ...Object.fromEntries(
      config.providers.map((one) => [`nodepool.provider.${one.name}.max_servers`, one.maxServers]),
    ),
  });
});

Deno.test("poolGauges() tells every state of everything configured, 0 included", () => {
  const gauges = gaugesOf({ nodes: [], config });
  const groups = [
    "",
    ".target.default",
    ".label.noble",
    ".label.jammy",
    ".provider.cloud-a",
    ".provider.cloud-b",
  ];
  const zeros = groups.flatMap((group) => nodeStateNames.map((state) => `nodepool${group}.nodes.${state}`));
  assert.deepEqual(gauges.filter(({ value }) => value === 0).map(({ name }) => name).sort(), zeros.sort());
});

Deno.test("poolGauges() counts a node that a manager has as the manager's and not as its target's", () => {
  const nodes = [sampleNode({ id: 1, manager: "jenkins01.example.org" }), sampleNode({ id: 2 })];
  const gauges = told({ nodes, config });
  assert.equal(gauges["nodepool.manager.jenkins01_example_org.nodes.ready"], 1);
  assert.equal(gauges["nodepool.target.default.nodes.ready"], 1);
  assert.equal(gauges["nodepool.nodes.ready"], 2);
});

Deno.test("poolGauges() tells what is not configured any more but has nodes, and works without a configuration", () => {
  const nodes = [sampleNode({ id: 1, label: "old", provider: "gone" })];
  assert.deepEqual(told({ nodes, config: null }), {
    "nodepool.nodes.ready": 1,
    "nodepool.target.default.nodes.ready": 1,
    "nodepool.label.old.nodes.ready": 1,
    "nodepool.provider.gone.nodes.ready": 1,
  });
});

Deno.test("poolGauges() tells the sum where two names are one to StatsD", () => {
  const nodes = [sampleNode({ id: 1, label: "a.b" }), sampleNode({ id: 2, label: "a_b" })];
  const gauges = gaugesOf({ nodes, config });
  assert.equal(told({ nodes, config })["nodepool.label.a_b.nodes.ready"], 2);
  assert.equal(new Set(gauges.map(({ name }) => name)).size, gauges.length);
});

Deno.test("poolGauges() tells 0 for the servers of a retired provider: a sign would be a change", () => {
  const retired = { ...config, providers: [{ ...config.providers[0]!, maxServers: -1 }] };
  const servers = gaugesOf({ nodes: [], config: retired }).find(({ name }) => name.endsWith("max_servers"));
  assert.equal(servers?.value, 0);
});

Deno.test("StatsD is told 0, again and again, of a gauge that is gone", () => {
  const tell = statsd();
  const [a, b] = [gauge("missing", { provider: "a" }, 3), gauge("missing", { provider: "b" }, 1)];
  const values = (...gauges: readonly Happening[]) => tell(gauges).map(({ name, value }) => [name, value]);
  const [A, B] = ["nodepool.provider.a.missing", "nodepool.provider.b.missing"];
  assert.deepEqual(values(a, b), [[A, 3], [B, 1]]);
  assert.deepEqual(values(b), [[A, 0], [B, 1]]);
  assert.deepEqual(values(b), [[A, 0], [B, 1]]);
  assert.deepEqual(values(a), [[A, 3], [B, 0]]);
});

Deno.test("poolGauges() says of one number of nodes everything that it is about", () => {
  const nodes = [1, 2].map((id) => sampleNode({ id, label: "l", provider: "p", target: "t", manager: "m" }));
  const ready = poolGauges({ nodes, config: null }).filter(({ value }) => value !== 0);
  const labels = { label: "l", provider: "p", target: "t", manager: "m", state: "ready" };
  assert.deepEqual(ready, [{ name: "nodes", labels, kind: "gauge", value: 2 }]);
});

Deno.test("a gauge that is gone is sent as 0 for some ten minutes, and then forgotten", () => {
  const tell = statsd();
  for (let manager = 0; manager < 200; manager++) {
    tell([gauge("nodes", { state: "ready", target: `m${manager}` }, 1)]);
  }
  const last = () => tell([gauge("nodes", { state: "ready" }, 7)]);
  assert.ok(last().some(({ value }) => value === 0));
  for (let time = 0; time < 60; time++) last();
  assert.ok(last().every(({ value }) => value === 7));
  assert.ok(last().length < 10, `${last().length} gauges are sent`);
});
