/** The running daemon and the original `statsd`: what arrives there, under 2016's names. */
import assert from "node:assert/strict";
import { LibzmqPublisher } from "../demand/zmq/libzmq_publisher.ts";
import { testNeeding } from "../needs.ts";
import { startStatsdDaemon } from "../metrics/statsd_daemon.ts";
import { jobConfig, jobEvent, QUICK } from "./job_pool.ts";
import { RunningPool } from "./running_pool.ts";

testNeeding(["libzmq"], "StatsD is told of the pool's nodes, launches, jobs and deletions", async () => {
  await using statsd = await startStatsdDaemon();
  await using publisher = await LibzmqPublisher.start();
  await using pool = await RunningPool.start({
    config: jobConfig({ minReady: 1, more: `zmq-publishers: ["${publisher.endpoint}"]` }),
    clouds: [QUICK],
    env: { STATSD_HOST: "127.0.0.1", STATSD_PORT: String(statsd.port) },
  });
  const failure = pool.simulator.arm({ fault: 9, count: 1 });
  pool.startDaemon();
  await publisher.tells("subscribed ");
  await pool.until(async () => await pool.count("ready") === 1);
  pool.simulator.disarm(failure.id);
  const { nodename: node, id } = (await pool.nodes()).find(({ state }) => state === "ready")!;
  await publisher.do("send", jobEvent("onStarted", { job: "gate/unit", node }));
  await publisher.do("send", jobEvent("onFinalized", { job: "gate/unit", node, result: "SUCCESS" }));
  // The same end told twice counts once.
  await publisher.do("send", jobEvent("onFinalized", { job: "gate/unit", node, result: "SUCCESS" }));
  await pool.until(async () => (await pool.nodes()).every((one) => one.id !== id));
  await pool.until(async () => await pool.count("ready") === 1);
  const acquired = JSON.parse((await pool.run("acquire", "small", "--job", "style", "-o", "json")).stdout);
  const [{ id: taken }] = acquired.nodes;
  await pool.run("release", String(taken), "--result", "SUCCESS");
  await pool.until(async () => (await pool.nodes()).every((one) => one.id !== taken));
  await pool.until(async () => await pool.count("ready") === 1);

  const counted = {
    "nodepool.launch.ready": 3,
    "nodepool.launch.provider.main.ready": 3,
    "nodepool.launch.image.debian.ready": 3,
    "nodepool.launch.target.default.ready": 3,
    "nodepool.launch.error.status": 1,
    "nodepool.launch.provider.main.error.status": 1,
    "nodepool.delete.debian.main.default": 3,
    "nodepool.job.gate-unit.builds": 1,
    "nodepool.job.gate-unit.stable-9.builds": 1,
    "nodepool.job.gate-unit.stable-9.small.builds": 1,
    "nodepool.job.gate-unit.stable-9.small.main.builds": 1,
    "nodepool.job.style.unknown_branch.small.main.builds": 1,
  };
  const kept = {
    "nodepool.nodes.ready": 1,
    "nodepool.nodes.used": 0,
    "nodepool.nodes.delete": 0,
    "nodepool.target.default.nodes.ready": 1,
    "nodepool.label.small.nodes.ready": 1,
    "nodepool.provider.main.nodes.ready": 1,
    "nodepool.provider.main.max_servers": 6,
  };
  let told = await statsd.received(1);
  const tells = async () => {
    told = await statsd.received(1);
    return holds(told.counters, counted) && holds(told.gauges, kept);
  };
  await pool.until(tells).catch(() => {});
  assert.deepEqual(picked(told.counters, counted), counted);
  assert.deepEqual(picked(told.gauges, kept), kept);
  assert.equal(told.badLines, 0);
  for (const name of ["nodepool.launch.ready", "nodepool.delete.debian.main.default"]) {
    assert.equal(told.timers[name]?.length, 3, name);
  }
  assert.equal(told.timers["nodepool.job.gate-unit.runtime"]?.length, 1);
  // One for each node, the one that failed included.
  assert.equal(told.counters["nodepool.task.main.ServerCreate"], 4);
  const tasks = Object.keys(told.counters).flatMap((name) =>
    name.match(/^nodepool\.task\.main\.(.*)/)?.[1] ?? []
  );
  for (const task of ["ServerDelete", "ServerGet", "ServerList", "FlavorList", "ImageList", "NetworkList"]) {
    assert.ok(tasks.includes(task), `${task} is missing: ${tasks}`);
  }
  assert.deepEqual(tasks.filter((name) => !/^[A-Z][A-Za-z]+$/.test(name)), []);
});

type Values = Readonly<Record<string, number>>;

function picked(values: Values, expected: Values): Values {
  return Object.fromEntries(Object.keys(expected).map((name) => [name, values[name] ?? NaN]));
}

function holds(values: Values, expected: Values): boolean {
  return Object.entries(expected).every(([name, value]) => values[name] === value);
}
