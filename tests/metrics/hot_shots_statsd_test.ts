/** Our StatsD beside the original `statsd` daemon, and without one. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { systemClock } from "../../src/lib/clock.ts";
import { createHotShotsStatsd } from "../../src/metrics/hot_shots_statsd.ts";
import { took } from "../../src/metrics/happening.ts";
import { nodeHappenings } from "../../src/metrics/record_happenings.ts";
import { poolGauges } from "../../src/metrics/pool_gauges.ts";
import { type Statsd, StatsdMetrics } from "../../src/metrics/statsd_metrics.ts";
import { statsdLines } from "../../src/metrics/statsd_metrics.ts";
import { eventually } from "../eventually.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { sampleConfig, sampleNode, sampleNodes } from "../views/sample_pool.ts";
import { freeUdpPort, startStatsdDaemon } from "./statsd_daemon.ts";

const LOCAL = { host: "127.0.0.1", clock: systemClock };

Deno.test("the original statsd understands everything that a pool tells", async () => {
  await using daemon = await startStatsdDaemon();
  const pool = poolGauges({ nodes: sampleNodes(), config: sampleConfig() });
  const launched = nodeHappenings(
    sampleNode({ id: 1, state: { phase: "login", serverId: "s", activeAt: 0 }, timings: { create: 1_000 } }),
    sampleNode({ id: 1, stateSince: 43_000, provider: "rax.ord" }),
    { now: 43_000 },
  );
  const ended = took("job", {
    job: "gate-tempest",
    branch: "stable/kilo",
    label: "trusty",
    provider: "rax-ord",
    result: "SUCCESS",
  }, 3_600_000);
  const happenings = [...launched, ended].flatMap(statsdLines);
  const gauges: { name: string; value: number }[] = [];
  {
    await using statsd = createHotShotsStatsd({ ...LOCAL, port: daemon.port });
    const noting: Statsd = {
      ...statsd,
      gauge(name, value) {
        gauges.push({ name, value });
        statsd.gauge(name, value);
      },
    };
    const metrics = new StatsdMetrics(noting);
    metrics.tell(pool);
    metrics.tell([...launched, ended]);
    metrics.tell([ended]);
  }
  const seen = await daemon.received(gauges.length + happenings.length + statsdLines(ended).length);

  assert.deepEqual(seen.gauges, Object.fromEntries(gauges.map(({ name, value }) => [name, value])));
  assert.equal(seen.counters["nodepool.launch.provider.rax_ord.ready"], 1);
  assert.deepEqual(seen.timers["nodepool.launch.provider.rax_ord.nova.ready"], [42_000]);
  assert.equal(seen.counters["nodepool.job.gate-tempest.stable-kilo.trusty.rax-ord.builds"], 2);
  assert.deepEqual(seen.timers["nodepool.job.gate-tempest.stable-kilo.runtime"], [3_600_000, 3_600_000]);
  const names = [...happenings.map(({ name }) => name)].sort();
  assert.deepEqual([...Object.keys(seen.counters), ...Object.keys(seen.timers)].sort(), names);
  assert.equal(seen.badLines, 0);
  assert.ok(seen.packets > 1 && seen.packets < 12, `${seen.packets} packets`);
});

Deno.test("a name server that does not answer holds up the end for a moment only, and is told of", async () => {
  const clock = new VirtualClock();
  const troubles: string[] = [];
  const asked = Promise.withResolvers<void>();
  const statsd = createHotShotsStatsd({
    host: "statsd.example.org",
    port: 8125,
    clock,
    onTrouble: (message) => void troubles.push(message),
    lookup: () => asked.resolve(),
  });
  statsd.gauge("a", 3);
  let isClosed = false;
  const closing = statsd[Symbol.asyncDispose]().then(() => isClosed = true);
  await asked.promise;
  await clock.advance(2_000);
  assert.ok(isClosed);
  await closing;
  assert.deepEqual(troubles, [
    "cannot send the last metrics to StatsD at statsd.example.org:8125: its host name is not resolved in time",
  ]);
});

Deno.test("a gauge is a value and never a change of the last one", async () => {
  await using sink = await udpSink();
  {
    await using statsd = createHotShotsStatsd({ ...LOCAL, port: sink.port });
    statsd.gauge("a", 3);
    statsd.gauge("b", -1);
  }
  assert.deepEqual(await sink.lines(2), ["a:3|g", "b:0|g"]);
});

Deno.test("packets fit a network's frame and hold whole lines", async () => {
  await using sink = await udpSink();
  {
    await using statsd = createHotShotsStatsd({ ...LOCAL, port: sink.port });
    for (let count = 0; count < 1_000; count++) {
      statsd.gauge(`nodepool.label.label-${count}.nodes.ready`, count);
    }
  }
  const lines = new Set(await sink.lines(1_000));
  for (let count = 0; count < 1_000; count++) {
    assert.ok(lines.has(`nodepool.label.label-${count}.nodes.ready:${count}|g`), `${count}`);
  }
  assert.ok(sink.sizes.every((size) => size <= 1_400), `${sink.sizes}`);
  assert.ok(sink.sizes.length < 40, `${sink.sizes.length} packets`);
});

Deno.test("values go out within a second or so without being asked for", async () => {
  await using sink = await udpSink();
  await using statsd = createHotShotsStatsd({ ...LOCAL, port: sink.port });
  statsd.increment("nodepool.launch.ready");
  statsd.timing("nodepool.launch.ready", 12.7);
  assert.deepEqual(await sink.lines(2), ["nodepool.launch.ready:1|c", "nodepool.launch.ready:13|ms"]);
});

Deno.test("a host that is not known is told once, and nothing fails", async () => {
  const told: string[] = [];
  {
    await using statsd = createHotShotsStatsd({
      // No name server is asked for a name that cannot be one.
      host: "no..such.host",
      port: 8125,
      clock: systemClock,
      onTrouble: (message) => told.push(message),
    });
    for (let count = 0; count < 500; count++) statsd.increment(`nodepool.launch.ready-${count}`);
    await eventually(() => told.length > 0);
    for (let count = 0; count < 500; count++) statsd.increment(`nodepool.launch.ready-${count}`);
  }
  assert.equal(told.length, 1, told.join("\n"));
  assert.match(told[0]!, /^cannot send to StatsD at no\.\.such\.host:8125: .*ENOTFOUND/);
});

Deno.test("a port that nobody listens on stops nothing", async () => {
  await using statsd = createHotShotsStatsd({ ...LOCAL, port: await freeUdpPort(), onTrouble() {} });
  for (let count = 0; count < 2_000; count++) statsd.increment("nodepool.launch.ready");
});

Deno.test("variables that are meant for a Datadog agent change nothing", async () => {
  const names = { DD_ENV: "prod", DD_AGENT_HOST: "198.51.100.1", DD_TAGS: "a:b", DD_ENTITY_ID: "e" };
  for (const [name, value] of Object.entries(names)) Deno.env.set(name, value);
  try {
    await using sink = await udpSink();
    await using statsd = createHotShotsStatsd({ ...LOCAL, port: sink.port });
    statsd.gauge("nodepool.nodes.ready", 3);
    assert.deepEqual(await sink.lines(1), ["nodepool.nodes.ready:3|g"]);
  } finally {
    for (const name of Object.keys(names)) Deno.env.delete(name);
  }
});

/** Somebody who listens and keeps what comes. */
async function udpSink() {
  const socket = createSocket("udp4");
  const packets: string[] = [];
  socket.on("message", (message) => packets.push(message.toString()));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const lines = () => packets.flatMap((packet) => packet.split("\n"));
  return {
    port: socket.address().port,
    get sizes() {
      return packets.map((packet) => packet.length);
    },
    async lines(count: number): Promise<string[]> {
      await eventually(() => lines().length >= count);
      return lines();
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void socket.close(() => resolve())),
  };
}
