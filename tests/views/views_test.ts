import assert from "node:assert/strict";
import fc from "fast-check";
import { emptyOrder } from "../../src/domain/order_book.ts";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { SECOND } from "../../src/domain/time.ts";
import { contentTag, poolLists, type PoolViewName, renderPoolJson } from "../../src/views/view_pool.ts";
import { viewJobList } from "../../src/views/job_list.ts";
import { viewLabelList } from "../../src/views/label_list.ts";
import { viewNodeDetails } from "../../src/views/node_details.ts";
import { viewNodeList } from "../../src/views/node_list.ts";
import { renderNodeListJson } from "../../src/views/node_list_json.ts";
import { viewProviderList } from "../../src/views/provider_list.ts";
import { viewRequestList } from "../../src/views/request_list.ts";
import { listProblems } from "../../src/views/list_problems.ts";
import { viewStatus } from "../../src/views/status.ts";
import { threadTime } from "../thread_time.ts";
import {
  manyNodes,
  NOW,
  sampleDaemon,
  sampleNode,
  sampleReport,
  sampleRequest,
  sampleTask,
  SECRETS,
} from "./sample_pool.ts";

Deno.test("nodes are sorted by provider, then label, then id, whatever their order in memory", () => {
  const name = fc.constantFrom("a", "a b", "a-b", "B", "ä");
  const nodes = fc.uniqueArray(fc.tuple(fc.nat(500), name, name), { selector: ([id]) => id });
  fc.assert(fc.property(nodes, (facts) => {
    const records = facts.map(([id, provider, label]) => sampleNode({ id, provider, label }));
    const { nodes } = viewNodeList(sampleReport({ nodes: records }));
    const keys = nodes.map(({ provider, label, id }) => [provider, label, String(id).padStart(4)].join("\n"));
    assert.deepEqual(keys, [...keys].sort());
    assert.equal(nodes.length, records.length);
  }));
});

Deno.test("the fast JSON of the node list is the view's, at any time and with any filter", async () => {
  const report = sampleReport();
  for (const now of [NOW, NOW + 61_000]) {
    for (const filter of [{}, { label: "jammy" }, { state: "ready", provider: "cloud-a" }, { id: 77 }]) {
      const at = { ...report, now };
      const json = new TextDecoder().decode(await renderNodeListJson(at, filter));
      assert.equal(json, JSON.stringify(viewNodeList(at, filter)));
    }
  }
});

Deno.test("the list of thousands of nodes is made in slices, and shows the moment when it was asked for", async () => {
  const report = sampleReport({ nodes: manyNodes(10_000) });
  let [turns, isDone] = [0, false];
  const others = () => {
    turns++;
    if (!isDone) setImmediate(others);
  };
  setImmediate(others);
  const list = JSON.parse(new TextDecoder().decode(await renderNodeListJson(report)));
  isDone = true;
  assert.ok(turns >= 19, `others had ${turns} turns`);
  assert.deepEqual(list, JSON.parse(JSON.stringify(viewNodeList(report))));
});

Deno.test("that a provider is retired is no problem, nor is what does not work there any more; waiting for it is", () => {
  const report = sampleReport();
  const retire = (provider: string, fields: Partial<PoolReport>): PoolReport => ({
    ...report,
    ...fields,
    config: {
      ...report.config!,
      providers: report.config!.providers.map((one) =>
        one.name === provider ? { ...one, maxServers: -1 } : one
      ),
    },
  });
  const order = { ...emptyOrder({ provider: "cloud-b", image: "noble" }), failures: 3, lastError: "no room" };
  const refusals = [{ provider: "cloud-b", obstacle: { kind: "retired" } as const }];
  const labels = [{ ...report.labels[0]!, name: "jammy", wanted: 2, refusals }];
  const left = retire("cloud-b", { orders: [order], labels });
  const problems = listProblems(left);
  assert.deepEqual(problems.filter((problem) => /2 failed launches|no room|retired|jammy/.test(problem)), []);
  assert.match(
    problems.join("\n"),
    /provider cloud-b: connect to cloud.example.org:5000/,
    "its nodes have to go",
  );
  const vacated = { ...left, nodes: report.nodes.filter(({ provider }) => provider !== "cloud-b") };
  assert.equal(listProblems(vacated).some((problem) => problem.includes("connect to")), false);
  const waiting = { ...left, requests: [sampleRequest({ id: 1, label: "jammy" })] };
  assert.match(
    listProblems(waiting).join("\n"),
    /label jammy: 2 nodes missing: cloud-b: retired: max-servers is -1/,
  );
  const status = viewStatus(left);
  assert.deepEqual(status.providers.retired, [{ name: "cloud-b", message: "3 nodes left" }]);
  const { rows } = poolLists.status.table;
  assert.match(JSON.stringify(rows(status)), /cloud-b retired: 3 nodes left/);
});

Deno.test("a content tag stays while only time passes and changes with every record", () => {
  const report = sampleReport();
  const tag = (at: typeof report) => contentTag(at, { name: "node-list", filter: {} });
  assert.equal(tag({ ...report, now: NOW + 5_000 }), tag(report));
  const [first, ...rest] = report.nodes;
  assert.notEqual(tag({ ...report, nodes: [{ ...first!, revision: 2 }, ...rest] }), tag(report));
  assert.notEqual(tag({ ...report, nodes: rest }), tag(report));
});

Deno.test("a content tag changes with the time after which holds end, as the list does", () => {
  const report = sampleReport();
  const config = { ...report.config!, limits: { ...report.config!.limits, holdMaxAge: 90 * SECOND } };
  const changed = { ...report, config };
  const [before, after] = [report, changed].map((at) => JSON.stringify(viewNodeList(at)));
  assert.notEqual(after, before);
  const [tag, newTag] = [report, changed].map((at) => contentTag(at, { name: "node-list", filter: {} }));
  assert.notEqual(newTag, tag);
});

Deno.test("a node that a clock's jump put into the future is 0 seconds old", () => {
  const { nodes: [node] } = viewNodeList(
    sampleReport({ nodes: [sampleNode({ id: 1, stateSince: NOW + 9_000 })] }),
  );
  assert.equal(node!.age, 0);
});

Deno.test("labels count their nodes, their requests and what they miss", () => {
  const { labels } = viewLabelList(sampleReport());
  assert.deepEqual(
    labels.map(({ name, nodes, requested, missing }) => ({ name, nodes, requested, missing })),
    [
      {
        name: "jammy",
        nodes: { building: 0, test: 0, ready: 1, used: 0, hold: 1, delete: 1 },
        requested: 0,
        missing: 0,
      },
      {
        name: "noble",
        nodes: { building: 1, test: 0, ready: 1, used: 1, hold: 0, delete: 0 },
        requested: 2,
        missing: 1,
      },
    ],
  );
});

Deno.test("labels and providers that only nodes still know are shown as not configured", () => {
  const report = sampleReport({ nodes: [sampleNode({ id: 1, label: "old", provider: "gone" })] });
  const label = viewLabelList(report).labels.find(({ name }) => name === "old");
  assert.deepEqual([label!.configured, label!.min_ready, label!.nodes.ready], [false, null, 1]);
  const provider = viewProviderList(report).providers.find(({ name }) => name === "gone");
  assert.deepEqual([provider!.configured, provider!.max_servers, provider!.nodes.ready], [false, null, 1]);
});

Deno.test("a quota without limit is null in JSON", () => {
  const [provider] = viewProviderList(sampleReport()).providers;
  assert.deepEqual(provider!.quota!.ram_mib, { limit: null, used: 6144 });
  assert.deepEqual(provider!.quota!.cores, { limit: 40, used: 40 });
});

Deno.test("requests are waiting or granted", () => {
  const { requests } = viewRequestList(sampleReport());
  assert.deepEqual(requests.map(({ id, state, nodes, age }) => ({ id, state, nodes, age })), [
    { id: 7, state: "granted", nodes: [4], age: 60 },
    { id: 8, state: "waiting", nodes: [], age: 60 },
  ]);
  assert.deepEqual(viewRequestList(sampleReport(), { state: "waiting" }).requests.map(({ id }) => id), [8]);
});

Deno.test("jobs are sorted by name and tell which nodes are held for them", () => {
  const held = (id: number, job: string) =>
    sampleNode({ id, job, state: { phase: "hold", serverId: null, lostAt: null } });
  const entry = (id: number, job: string) => ({ revision: 1, id, job, holdOnFailure: 2, createdAt: NOW });
  const report = sampleReport({
    nodes: [held(9, "unit"), held(4, "unit"), held(5, "lint"), sampleNode({ id: 6, job: "unit" })],
    jobs: [entry(1, "unit"), entry(2, "docs")],
  });
  const shown = viewJobList(report).jobs.map(({ id, name, held, nodes }) => ({ id, name, held, nodes }));
  assert.deepEqual(shown, [
    { id: 2, name: "docs", held: 0, nodes: [] },
    { id: 1, name: "unit", held: 2, nodes: [4, 9] },
  ]);
  assert.deepEqual(viewJobList(report, { job: "unit" }).jobs.map(({ id }) => id), [1]);
  assert.deepEqual(viewJobList(report, { id: 2 }).jobs.map(({ id }) => id), [2]);
});

Deno.test("status tells why the configuration is not in effect, whatever failed", () => {
  const daemon = sampleDaemon({ configFault: "cannot open the target ci" });
  assert.equal(
    listProblems(sampleReport({ daemon }))[0],
    "the configuration is only partly in effect: cannot open the target ci; see: nodepool manual broken-configuration",
  );
});

Deno.test("status tells why a configuration cannot be used also where no daemon runs", () => {
  const report = sampleReport({
    daemon: null,
    config: null,
    configProblems: ["nodepool.yaml:3:1: is empty"],
  });
  assert.equal(
    listProblems(report)[0],
    "configuration: nodepool.yaml:3:1: is empty; see: nodepool manual broken-configuration",
  );
});

Deno.test("status lists what an operator should look at", () => {
  const report = sampleReport({
    daemon: sampleDaemon({
      configProblems: ["nodepool.yaml:3:1: labels: unknown key lable"],
      tasks: [sampleTask({ name: "cleanup", lastError: { at: NOW, message: "boom" } })],
    }),
  });
  assert.deepEqual(listProblems(report), [
    "configuration: nodepool.yaml:3:1: labels: unknown key lable; see: nodepool manual broken-configuration",
    "provider cloud-b: connect to cloud.example.org:5000: connection refused; see: nodepool manual unreachable",
    "provider cloud-b: its listings are unreliable: they omit 2 servers of the pool, 1 of which still " +
    "exist; each counts as there until the cloud reports it gone; see: nodepool manual doubtful",
    "label jammy on cloud-b: 2 failed launches, last: login as jenkins: connection refused; " +
    "remedy: see `nodepool list --label jammy -o wide`; see: nodepool manual paused",
    "label noble: 1 node missing: cloud-a: quota full: cores 40/40; remedy: " +
    "have it raised (`openstack --os-cloud cloud-a quota show`), or release node 4 (used by job gate/unit, request 7) " +
    "or node 5 (held by maria); see: nodepool manual quota",
    "task cleanup: boom",
  ]);
});

Deno.test("failed launches of servers for images are told as such: they belong to no label", () => {
  const { pauses: [pause], ...report } = sampleReport();
  const problems = listProblems({ ...report, pauses: [{ ...pause!, label: "" }] });
  assert.ok(
    problems.includes(
      "servers for images on cloud-b: 2 failed launches, last: login as jenkins: connection refused; " +
        "remedy: see `nodepool image-list`; see: nodepool manual paused",
    ),
    problems.join("\n"),
  );
});

Deno.test("everything can be shown without a daemon and without a configuration", () => {
  const report = sampleReport({ daemon: null, config: null, labels: [], providers: [] });
  const status = viewStatus(report);
  assert.deepEqual([status.daemon, status.labels, status.providers.configured], [null, null, null]);
  assert.deepEqual(viewLabelList(report).labels.map(({ name }) => name), ["jammy", "noble"]);
  assert.deepEqual(viewProviderList(report).providers.map(({ name }) => name), ["cloud-a", "cloud-b"]);
  const { node } = viewNodeDetails(report, 4)!;
  assert.deepEqual([node.connection!.username, node.connection!.port], [null, 22]);
});

Deno.test("a node's details tell its phases, its login and its evidence", () => {
  const { node } = viewNodeDetails(sampleReport(), 6)!;
  assert.deepEqual(node.timings, { create: "2030-01-02T02:58:05.000Z", ready: "2030-01-02T02:59:05.000Z" });
  assert.equal(node.connection!.username, "jenkins");
  assert.equal(node.evidence!.console, "kernel panic");
  assert.equal(viewNodeDetails(sampleReport(), 7), null);
});

Deno.test("no view holds a secret of the configuration", async () => {
  for (
    const name of ["node-list", "request-list", "job-list", "label-list", "provider-list", "status"] as const
  ) {
    const text = new TextDecoder().decode(await renderPoolJson(sampleReport(), { name }));
    for (const secret of SECRETS) assert.equal(text.includes(secret), false, name);
  }
});

Deno.test("views of 6,000 nodes are made quickly", async () => {
  const report = sampleReport({ nodes: manyNodes(6_000) });
  for (
    const [name, make] of Object.entries({ viewNodeList, renderNodeListJson, viewStatus, viewLabelList })
  ) {
    const times: number[] = [];
    for (let round = 0; round < 7; round++) {
      const start = threadTime();
      await make(report);
      times.push(threadTime() - start);
    }
    const best = Math.min(...times);
    console.log(`${name}, 6,000 nodes: first ${times[0]!.toFixed(1)} ms, best ${best.toFixed(1)} ms`);
    assert.ok(best < 300, `${name}: ${best} ms`);
  }
});

Deno.test("no instant in a record can break a view: what no calendar has is shown as its last day", async () => {
  for (const at of [Number.MAX_SAFE_INTEGER, 8.64e15 + 1, Infinity, -1e300, NaN]) {
    const report = sampleReport({
      requests: [sampleRequest({ id: 1, deadline: at, createdAt: at, grantedAt: at })],
      nodes: [sampleNode({ id: 1, stateSince: at, hold: { reason: null, owner: null, until: at } })],
    });
    for (const name of Object.keys(poolLists) as PoolViewName[]) {
      JSON.parse(new TextDecoder().decode(await renderPoolJson(report, { name })));
    }
  }
  const report = sampleReport({ requests: [sampleRequest({ id: 1, deadline: Number.MAX_SAFE_INTEGER })] });
  assert.equal(viewRequestList(report).requests[0]!.deadline, "9999-12-31T23:59:59.999Z");
});
