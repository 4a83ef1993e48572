import assert from "node:assert/strict";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { renderDashboard } from "../../src/site/dashboard/dashboard_page.ts";
import { age, countdown, shortDuration } from "../../src/site/dashboard/moments.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { threadTime } from "../thread_time.ts";
import { sampleMachines } from "../views/sample_machines.ts";
import { NOW, sampleNode, sampleRequest } from "../views/sample_pool.ts";
import { openSite } from "./open_site.ts";
import { calmPool, largePool, newPool, sampleEvents, troubledPool } from "./sample_dashboards.ts";

async function read(report: PoolReport, path = "/"): Promise<string> {
  const site = openSite(report);
  site.events = sampleEvents();
  const response = await site.get(path);
  assert.equal(response.status, 200);
  return await response.text();
}

/** Without marks, as somebody reads it. */
function told(page: string): string {
  return page.replace(/^.*<main[^>]*>/s, "").replaceAll(/<[^>]*>/g, " ").replaceAll("&#39;", "'").replaceAll(
    /\s+/g,
    " ",
  );
}

const pools = {
  new: newPool(),
  calm: calmPool(),
  troubled: troubledPool(),
  large: largePool({ nodes: 500, labels: 40, providers: 20, missing: 9 }),
};

Deno.test("the dashboard of a pool on several machines says who leads, who is gone, and how etcd is", async () => {
  const page = await read({ ...calmPool(), machines: sampleMachines() });
  const panel = told(page.match(/<section id="machines".*?<\/section>/s)![0]);
  assert.equal(
    panel.trim(),
    "Machines Status Machine Role Version Now ci-a leader 0.4.0 since 2030-01-02 02:04:05 UTC " +
      "ci-b standby 0.4.0 since 2030-01-02 02:04:05 UTC ci-c builder gone since 2030-01-02 02:59:05 UTC " +
      "https://e1:2379 etcd 3.4.23 20 KiB https://e2:2379 etcd, leads its members 3.4.23 5.5 MiB " +
      "https://e3:2379 etcd connection refused",
  );
  assert.match(told(page), /the builder ci-c is gone/i);
});

for (const [name, pool] of Object.entries(pools)) {
  Deno.test(`the dashboard of a ${name} pool has all parts, headings in order, and tables with headers`, async () => {
    const page = await read(pool);
    const ids = [...page.matchAll(/<section id="([a-z]+)"/g)].map(([, id]) => id);
    assert.deepEqual(ids, [
      "verdict",
      "numbers",
      "labels",
      "providers",
      "late",
      "holds",
      "images",
      "events",
      "past",
    ]);
    const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    assert.equal(levels[0], 1);
    levels.slice(1).forEach((level, index) =>
      assert.ok(level >= 2 && level <= levels[index]! + 1, `${levels}`)
    );
    const distinct = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(distinct).size, distinct.length);
    assert.equal(/<th(?! scope=)[ >]/.test(page), false);
    assert.equal(/ style=| on[a-z]+=/.test(page), false);
  });
}

Deno.test("the first thing on the page is the verdict: that all is well, or what needs attention and what to do", async () => {
  assert.match(told(await read(calmPool())), /^ Overview .{0,120}All is well Nothing needs attention now\./);
  const troubled = await read(troubledPool());
  assert.match(
    told(troubled),
    /^ Overview .{0,120}6 things need attention provider cloud-b: connect to cloud.example.org:5000: connection refused .*Manual: unreachable for 1m 0s next attempt in 4s provider cloud-b/,
  );
  assert.match(
    troubled,
    /<h3>label jammy on cloud-b.*<code>nodepool list --label jammy -o wide<\/code>\s+<a class="read" href="\/manual\/paused">/s,
  );
  assert.match(troubled, /<title>\(6\) Overview/);
});

Deno.test("each link to the manual leads to a section that is there", async () => {
  const site = openSite(troubledPool());
  const page = await (await site.get("/")).text();
  const links = new Set([...page.matchAll(/href="(\/manual\/[^"]+)"/g)].map(([, href]) => href!));
  assert.ok(links.size >= 4);
  for (const link of links) {
    const response = await site.get(link, { accept: "text/html" });
    assert.match(response.headers.get("location") ?? "", /^\/manual\/[\w-]+#[\w-]+$/, link);
  }
});

Deno.test("links to things lead to them, whatever their names", async () => {
  const site = openSite(troubledPool());
  const page = await (await site.get("/")).text();
  const links = new Set(
    [...page.matchAll(/href="(\/(?:explain|nodes|[a-z-]+-list)[^"]*)"/g)].map(([, href]) => href!),
  );
  assert.ok(links.size >= 12);
  for (const link of links) assert.equal((await site.get(link)).status, 200, link);
});

const names = ["<script>alert(1)</script>", `"quoted" & 'more'`, "\u202egnitirw", "ü/ÿ?#%", "x".repeat(200)];

Deno.test("names of any kind are text and nothing else, and lead to their things", async () => {
  for (const name of names) {
    const calm = calmPool();
    const [label] = calm.config!.labels;
    const pool = {
      ...calm,
      config: {
        ...calm.config!,
        labels: [{ ...label!, name }],
        status: { ...calm.config!.status, title: name },
      },
      nodes: [
        sampleNode({ id: 1, label: name }),
        sampleNode({
          id: 2,
          label: name,
          state: { phase: "hold", serverId: "s", lostAt: null },
          hold: { reason: name, owner: name, until: null },
        }),
      ],
      requests: [sampleRequest({ id: 3, label: name, client: name, createdAt: NOW - HOUR })],
      labels: [{
        name,
        wanted: 1,
        demand: 1,
        refusals: [{ provider: null, obstacle: { kind: "local-file", message: name } as const }],
      }],
    };
    const site = openSite(pool);
    site.events = [{ ...sampleEvents()[0]!, message: name }];
    const page = await (await site.get("/")).text();
    assert.equal(page.includes("<script>alert"), false);
    assert.equal(page.includes(`"quoted"`), false);
    const link = page.match(/href="(\/explain\/label:[^"]*)"/)![1]!.replaceAll("&#39;", "'").replaceAll(
      "&amp;",
      "&",
    );
    assert.equal((await site.get(link)).status, 200, name);
  }
});

Deno.test("?hours= chooses how far the history goes back; what it cannot be is an error that names what it can", async () => {
  assert.match(await read(calmPool(), "/?hours=24"), /<a href="\/\?hours=24#past" aria-current="true">/);
  assert.match(await read(calmPool(), "/"), /<a href="\/\?hours=6#past" aria-current="true">/);
  const site = openSite();
  for (
    const [path, message] of [
      ["/?hours=7", /cannot show a history of 7 hours: use 1, 6, 24/],
      ["/?hour=6", /there is no parameter hour here; known: hours/],
    ] as const
  ) {
    const response = await site.get(path);
    assert.equal(response.status, 400);
    assert.match(await response.text(), message);
  }
});

Deno.test("without scripts the page is whole, and says that it has to be loaded again", async () => {
  const page = await read(calmPool(), "/?hours=1");
  assert.match(page, /<noscript><p class="hint">.*<a href="\/\?hours=1">load it again<\/a>/);
  assert.match(told(page), /node 12 is ready after 1m10s/);
});

Deno.test("the page is made once a second, however many ask for it", async () => {
  const site = openSite(calmPool());
  const moment = async () => (await (await site.get("/")).text()).match(/data-now="([^"]+)"/)![1];
  const first = await moment();
  site.report = { ...site.report, now: NOW + 900 };
  assert.equal(await moment(), first);
  site.report = { ...site.report, now: NOW + 1_100 };
  assert.notEqual(await moment(), first);
});

Deno.test("durations have their two largest units", () => {
  const cases = [[-5, "0s"], [999, "0s"], [59_999, "59s"], [MINUTE, "1m 0s"], [HOUR - 1, "59m 59s"], [
    2 * HOUR + 5 * MINUTE,
    "2h 5m",
  ], [3 * DAY + 4 * HOUR, "3d 4h"]] as const;
  for (const [time, text] of cases) assert.equal(shortDuration(time), text);
  const moment = { now: NOW, wallOffset: HOUR };
  assert.match(
    String(age(NOW - 90 * SECOND, moment)),
    /<time datetime="2030-01-02T04:02:35.000Z" .*>1m 30s<\/time>/,
  );
  assert.match(String(countdown(NOW + 5 * SECOND, moment)), />in 5s</);
  assert.match(String(countdown(NOW, moment)), />now</);
});

/** In which each label lacks nodes for reasons of its own, at every provider. */
function crowdedPool(): PoolReport {
  const pool = largePool({ nodes: 10_000, labels: 40, providers: 8, missing: 40 });
  return {
    ...pool,
    labels: pool.labels.map((label, index) => ({
      ...label,
      refusals: label.refusals.map(({ provider }) => ({
        provider,
        obstacle: {
          kind: "label-max-servers",
          resource: "maxServers",
          limit: index,
          used: index,
          need: 1,
        } as const,
      })),
    })),
  };
}

Deno.test("a pool of 10,000 nodes is shown in less than 30 ms and 300 kB", () => {
  const pool = crowdedPool();
  // Each time another one, of which nothing is known yet.
  const render = () => renderDashboard({ ...pool }, { events: sampleEvents(), hours: 24 });
  const size = new TextEncoder().encode(render()).length;
  for (let warm = 0; warm < 5; warm++) render();
  const start = threadTime();
  for (let look = 0; look < 20; look++) render();
  const took = (threadTime() - start) / 20;
  console.log(`dashboard, 10,000 nodes: ${took.toFixed(1)} ms, ${size} bytes`);
  assert.ok(size < 300_000);
  assert.ok(took < 30, `${took} ms`);
});

Deno.test("a provider whose quota or max-servers is used up is not said to take servers", async () => {
  const pool = calmPool();
  const [alpha, beta] = pool.config!.providers;
  const quota = { ...pool.providers[0]!.quota!, instances: { limit: 11, used: 11 } };
  const full = told(
    await read({
      ...pool,
      config: { ...pool.config!, providers: [alpha!, { ...beta!, maxServers: 0 }] },
      providers: [{ ...pool.providers[0]!, quota }, pool.providers[1]!],
    }),
  );
  assert.match(full, /quota full: instances 11\/11 .*full: max-servers \d+\/0 /);
  assert.equal(full.includes("takes servers"), false);
  assert.match(told(await read(pool)), /takes servers/);
});

Deno.test("commands of the manual in an event lead to it", async () => {
  const site = openSite(calmPool());
  const [event] = sampleEvents();
  const message = "provider alpha: frozen; run `nodepool state adopt` (see: nodepool manual two-daemons)";
  const subject = { type: "provider", id: null, name: "alpha" } as const;
  site.events = [{ ...event!, kind: "provider.frozen", subject, message }];
  const page = await (await site.get("/")).text();
  assert.match(page, /<code>nodepool state adopt<\/code> \(see: <a href="\/manual\/two-daemons">/);
});
