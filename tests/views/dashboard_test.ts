import assert from "node:assert/strict";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import type { Obstacle } from "../../src/domain/obstacle.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { viewDashboard } from "../../src/views/dashboard/view_dashboard.ts";
import { listProblems } from "../../src/views/list_problems.ts";
import { problemText } from "../../src/views/pool_problem.ts";
import { calmPool, largePool, newPool, troubledPool } from "../site/sample_dashboards.ts";
import { sampleDibImage, sampleOrder } from "./sample_images.ts";
import {
  NOW,
  sampleConfig,
  sampleDaemon,
  sampleNode,
  sampleReport,
  sampleRequest,
  sampleTask,
} from "./sample_pool.ts";

Deno.test("a pool that is well needs nobody", () => {
  for (const pool of [calmPool(), newPool()]) {
    assert.deepEqual(viewDashboard(pool).problems, { rows: [], total: 0 });
  }
});

Deno.test("the dashboard names the problems that status names, in the same words", () => {
  const pool = troubledPool();
  const { rows, total } = viewDashboard(pool).problems;
  assert.deepEqual(rows.map(problemText), listProblems(pool));
  assert.equal(total, rows.length);
});

/** One trouble each, in an otherwise calm pool. */
function poolIn(trouble: Partial<PoolReport>): PoolReport {
  return { ...calmPool(), ...trouble };
}

function missing(obstacle: Obstacle): Partial<PoolReport> {
  return { labels: [{ name: "noble", wanted: 2, demand: 2, refusals: [{ provider: "cloud-a", obstacle }] }] };
}

const troubles: Readonly<
  Record<
    string,
    {
      readonly pool: Partial<PoolReport>;
      readonly says: RegExp;
      readonly remedy: RegExp;
      readonly about: string | null;
    }
  >
> = {
  "no such flavor": {
    pool: missing({
      kind: "flavor-missing",
      message: "no flavor named big",
      key: "flavor-name",
      wanted: "big",
      known: ["bigger"],
    }),
    says: /label noble: 2 nodes missing: cloud-a: no flavor named big/,
    remedy: /correct providers\[cloud-a\]\.images\[noble\]\.flavor-name .*nearest: bigger/,
    about: "label noble",
  },
  "a full quota": {
    pool: missing({ kind: "quota", uses: [{ resource: "cores", limit: 40, used: 40, need: 1 }] }),
    says: /quota full: cores 40\/40/,
    remedy: /quota show.*manual quota/,
    about: "label noble",
  },
  "launches that fail": {
    pool: { pauses: sampleReport().pauses },
    says: /label jammy on cloud-b: 2 failed launches/,
    remedy: /nodepool list --label jammy.*manual paused/,
    about: "label jammy",
  },
  "a provider that is down": {
    pool: { providers: sampleReport().providers.map((provider) => ({ ...provider, missing: null })) },
    says: /provider cloud-b: connect to cloud.example.org:5000/,
    remedy: /manual unreachable/,
    about: "provider cloud-b",
  },
  "an image whose builds fail": {
    pool: { orders: troubledPool().orders },
    says: /diskimage noble: 3 failed attempts/,
    remedy: /nodepool explain noble.*manual no-image/,
    about: "image noble",
  },
  "a target that is offline": {
    pool: { targets: new Map([["jenkins", { online: false, reason: "connection refused" } as const]]) },
    says: /target jenkins is offline/,
    remedy: /bring it online.*manual no-jobs/,
    about: null,
  },
  "a broken configuration": {
    pool: { daemon: sampleDaemon({ configProblems: ["line 3: no such key"] }) },
    says: /configuration: line 3/,
    remedy: /manual broken-configuration/,
    about: null,
  },
  "a state that cannot be written": {
    pool: { state: { problem: "cannot write the state: no space left", withheld: null } },
    says: /no space left/,
    remedy: /manual disk-full/,
    about: null,
  },
  "a request that can never be met": {
    pool: {
      requests: [sampleRequest({ id: 8, label: "gone" })],
      waits: new Map([[8, [{ provider: null, obstacle: { kind: "label-not-configured", label: "gone" } }]]]),
    },
    says: /request 8 for gone/,
    remedy: /add label gone/,
    about: "request 8",
  },
  "a loop that stands still": {
    pool: { daemon: sampleDaemon({ tasks: [sampleTask({ runningSince: NOW - 3 * MINUTE })] }) },
    says: /the task tick hangs: its run began 3m ago/,
    remedy: /restart the daemon.*`nodepool dump`/,
    about: null,
  },
};

for (const [name, { pool, says, remedy, about }] of Object.entries(troubles)) {
  Deno.test(`${name}: it stands at the top, with what to do and a link to the thing`, () => {
    const [first] = viewDashboard(poolIn(pool)).problems.rows;
    assert.match(first?.message ?? "", says);
    assert.match(problemText(first!).slice(first!.message.length), remedy);
    assert.equal(first!.thing && `${first!.thing.kind} ${first!.thing.name}`, about);
  });
}

Deno.test("a state that is doubted and cannot be written either: each has its own part of the manual", () => {
  const state = { problem: "no space left", withheld: "alpha has servers of another installation" };
  const { rows } = viewDashboard(poolIn({ state })).problems;
  assert.deepEqual(rows.slice(0, 2).map(({ manual }) => manual), ["disk-full", "lost-state"]);
});

Deno.test("a problem says since when, or when it happened last, and when it is tried again", () => {
  const times = Object.fromEntries(
    viewDashboard(troubledPool()).problems.rows.map(({ message, since, lastAt, until }) => [
      message.split(":")[0],
      [since, lastAt, until].map((time) => time === null ? null : (time - NOW) / SECOND),
    ]),
  );
  assert.deepEqual(times["label jammy on cloud-b"], [null, -60, 60]);
  assert.deepEqual(times["label jammy"], [-60, null, 4]);
  assert.deepEqual(times["label noble"], [-25 * 60, null, null]);
  assert.deepEqual(times["diskimage noble"], [null, -300, 540]);
});

Deno.test("many labels that lack nodes for the same reasons are one problem; a few are told one by one", () => {
  const told = (missing: number) =>
    listProblems({ ...largePool({ nodes: 100, labels: 40, providers: 1, missing }), requests: [] });
  assert.deepEqual(told(3).map((text) => text.split(": ")[0]), [
    "label label-00",
    "label label-01",
    "label label-02",
  ]);
  const [first, ...others] = told(40);
  assert.deepEqual(others, []);
  assert.match(
    first!,
    /^40 labels \(label-00, label-01, label-02 and 37 more\): 80 nodes missing: cloud-0: max-servers 500\/500; remedy: raise/,
  );
});

Deno.test("the numbers are those of status: all servers by state, and who waits since when", () => {
  const { nodes, waiting } = viewDashboard({
    ...troubledPool(),
    demand: new Map([["noble", 2], ["jammy", 1]]),
  });
  assert.deepEqual(nodes, { building: 2, test: 0, ready: 2, used: 1, hold: 1, delete: 1 });
  assert.deepEqual(waiting, { requests: 2, oldest: NOW - 25 * MINUTE, jobs: 3 });
});

Deno.test("a label shows its nodes, its capacity, who waits, how long others waited, and what is missing and why", () => {
  const [jammy, noble] = viewDashboard(troubledPool()).labels.rows;
  assert.deepEqual([jammy!.name, jammy!.capacity, jammy!.missing, jammy!.nextTry], [
    "jammy",
    5,
    3,
    NOW + 4 * SECOND,
  ]);
  assert.match(jammy!.why, /^cloud-b: unreachable since /);
  assert.deepEqual([noble!.capacity, noble!.minReady, noble!.waiting, noble!.oldest], [
    20,
    3,
    2,
    NOW - 25 * MINUTE,
  ]);
  assert.deepEqual(noble!.waits, { count: 42, median: 41 * SECOND, p95: 4 * MINUTE });
});

Deno.test("a label's capacity counts its subnodes and leaves out retired providers", () => {
  const config = sampleConfig();
  const capacity = (config: PoolReport["config"]) =>
    viewDashboard({ ...calmPool(), config }).labels.rows[1]!.capacity;
  const labels = config.labels.map((label) => ({ ...label, subnodes: 2 }));
  assert.equal(capacity({ ...config, labels }), 6);
  const [alpha, beta] = config.providers;
  assert.equal(capacity({ ...config, providers: [{ ...alpha!, maxServers: -1 }, beta!] }), 10);
});

Deno.test("a provider shows its tightest quota with the part of others, and why it gives nothing until when", () => {
  const [alpha, beta] = viewDashboard(troubledPool()).providers.rows;
  assert.deepEqual(alpha!.quota, { name: "cores", limit: 40, used: 40, others: 0, otherServers: 0 });
  assert.deepEqual([alpha!.servers, alpha!.maxServers, alpha!.slowedTo], [4, 10, 900]);
  assert.deepEqual([beta!.answers, beta!.nextTry], [false, NOW + 4 * SECOND]);
  assert.match(beta!.why, /connection refused/);
  const [calm] = viewDashboard(calmPool()).providers.rows;
  assert.deepEqual(calm!.quota, { name: "instances", limit: 20, used: 11, others: 6, otherServers: 6 });
});

Deno.test("requests, nodes and images that take too long are late, the latest first; the others are not", () => {
  const { rows } = viewDashboard(troubledPool()).late;
  assert.deepEqual(rows.map(({ thing }) => `${thing.kind} ${thing.name}`), [
    "image noble",
    "request 9",
    "node 9",
  ]);
  assert.equal(rows[2]!.doing, "login: log in to 203.0.113.9: connection refused");
  const nodes = [
    sampleNode({ id: 1, stateSince: NOW - 9 * DAY }),
    sampleNode({ id: 2, state: { phase: "used", serverId: "s" }, stateSince: NOW - HOUR }),
    sampleNode({ id: 3, state: { phase: "boot", serverId: "s" }, stateSince: NOW - 9 * MINUTE }),
  ];
  assert.equal(viewDashboard({ ...newPool(), nodes }).late.total, 0);
});

Deno.test("holds name who, why, until when and the command that logs in, the next to end first", () => {
  const held = (id: number, until: number | null) =>
    sampleNode({
      id,
      state: { phase: "hold", serverId: "s", lostAt: null },
      hold: { reason: "odd", owner: "maria", until },
    });
  const { rows } =
    viewDashboard({ ...newPool(), nodes: [held(1, null), held(2, NOW + DAY), held(3, NOW + HOUR)] }).holds;
  assert.deepEqual(rows.map(({ id, ends }) => [id, ends]), [[3, NOW + HOUR], [2, NOW + DAY], [1, null]]);
  assert.deepEqual([rows[0]!.holder, rows[0]!.reason, rows[0]!.login], ["maria", "odd", "nodepool ssh 3"]);
});

Deno.test("images show what is in use, what is being made and how far, when the next comes, and the last failure with its log", () => {
  const [build, alpha, beta] = viewDashboard(troubledPool()).images.rows;
  assert.deepEqual([build!.provider, alpha!.provider, beta!.provider], [null, "cloud-a", "cloud-b"]);
  assert.deepEqual(build!.failure, {
    count: 3,
    error: "the build of noble failed with exit code 1",
    at: NOW - 5 * MINUTE,
    log: "/logs/noble-8.log",
  });
  assert.equal(build!.next, NOW + 9 * MINUTE);
  assert.ok(alpha!.current! > alpha!.previous!);
  assert.deepEqual(beta!.making, { phase: "upload", since: NOW - 2 * HOUR, percent: 62 });
});

Deno.test("a build is next made when it is too old or all are ordered, and at once where there is none", () => {
  const next = (fields: Partial<PoolReport>) =>
    viewDashboard({ ...calmPool(), ...fields }).images.rows[0]!.next!;
  const daily = next({});
  assert.ok(daily > NOW && daily <= NOW + DAY);
  const old = sampleDibImage({ id: 1, version: Math.floor((NOW - DAY + MINUTE) / SECOND) });
  assert.equal(
    next({ dibImages: [old], orders: [sampleOrder({ provider: null })] }),
    old.version * SECOND + DAY,
  );
  assert.equal(next({ dibImages: [] }), NOW);
});

Deno.test("of long lists the rows that matter are shown, and how many there are", () => {
  const pool = largePool({ nodes: 2_000, labels: 40, providers: 20, missing: 0 });
  const labels = pool.labels.map((label, index) => index === 39 ? { ...label, wanted: 1 } : label);
  const view = viewDashboard({ ...pool, labels, requests: [] });
  assert.deepEqual([view.labels.total, view.labels.rows.length, view.labels.rows.at(-1)!.name], [
    40,
    14,
    "label-39",
  ]);
  assert.deepEqual([view.providers.total, view.providers.rows.length], [20, 12]);
  assert.deepEqual([view.holds.total, view.holds.rows.length], [20, 8]);
});

Deno.test("a pool without a configuration, and one whose records are damaged, is shown all the same", () => {
  viewDashboard({ ...troubledPool(), config: null, daemon: null });
  viewDashboard({
    ...troubledPool(),
    nodes: [sampleNode({ id: 1, stateSince: Number.NaN, provider: "", label: "" })],
  });
});
