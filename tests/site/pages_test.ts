import assert from "node:assert/strict";
import { manyNodes, NOW, sampleNode, sampleReport } from "../views/sample_pool.ts";
import { openSite } from "./open_site.ts";

const browser = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

Deno.test("errors are pages with navigation for browsers, JSON and text for programs", async () => {
  const site = openSite();
  for (
    const [path, method, status, message] of [
      ["/nonsense", "GET", 404, "There is nothing at /nonsense"],
      ["/nodes/99", "GET", 404, "There is no node 99, and no record of one"],
      ["/explain/nonsense", "GET", 404, "There is no label, provider, image, node or request nonsense"],
      ["/explain/request:99", "GET", 404, "There is no request 99"],
      ["/manual/nonsense", "GET", 404, "The manual has no topic or section nonsense"],
      ["/node-list?colour=red", "GET", 400, "There is no parameter colour here"],
      ["/node-list?page=next", "GET", 400, "There is no page next: pages are numbered from 1"],
      ["/node-list?id=abc", "GET", 400, "Parameter id is a whole number, not abc"],
      ["/node-list?id=1&id=2", "GET", 400, "Parameter id may be given only once"],
      ["/history?since=abc", "GET", 400, "There is no time abc: give how long ago"],
      ["/events?after=abc", "GET", 400, "There is no event abc: an id is a whole number"],
      ["/node-list", "POST", 405, "This endpoint is read-only: use GET or HEAD"],
    ] as const
  ) {
    const response = await site.get(path, browser, method);
    assert.equal(response.status, status, path);
    assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
    const page = await response.text();
    assert.ok(page.includes(message), page);
    assert.match(page, /<a href="\/node-list"/);
    const text = await site.get(path, {}, method);
    assert.deepEqual([text.status, text.headers.get("content-type")], [status, "text/plain; charset=utf-8"]);
    const json = await site.get(path, { accept: "application/json" }, method);
    assert.equal((await json.json()).status, status);
    await text.body?.cancel();
  }
});

Deno.test("an error of the program itself is a page that tells nothing of it", async () => {
  const defects: unknown[] = [];
  const site = openSite(sampleReport(), (error) => defects.push(error));
  Object.defineProperty(site.report, "nodes", {
    get: () => {
      throw new Error("secret detail");
    },
  });
  const response = await site.get("/node-list", browser);
  const page = await response.text();
  assert.equal(response.status, 500);
  assert.match(page, /Cannot create the response; see the log/);
  assert.equal(page.includes("secret detail"), false);
  assert.equal(defects.length, 1);
});

Deno.test("every page has a way past the navigation, marks itself in it and says of when it is", async () => {
  const site = openSite();
  for (
    const [path, current] of [
      ["/", "/"],
      ["/node-list", "/node-list"],
      ["/nodes/1", "/node-list"],
      ["/history", "/history"],
      ["/manual/concepts", "/manual"],
    ] as const
  ) {
    const page = await (await site.get(path, browser)).text();
    assert.match(page, /<a class="skip" href="#main">/);
    assert.match(page, /<main id="main"/);
    assert.deepEqual(
      [...page.matchAll(/<a href="([^"]*)" aria-current="page">/g)].map(([, href]) => href),
      [current],
    );
    assert.match(page, /<footer>.*nodepool 0\.1\.0\.\s+As of <time datetime="2030-01-02T03:04:05\.000Z">/s);
  }
});

Deno.test("pages load only what the site itself has, each with a tag", async () => {
  const site = openSite();
  const page = await (await site.get("/node-list", browser)).text();
  const loaded = [...page.matchAll(/<(?:link|script)[^>]*(?:href|src)="([^"]*)"/g)].map(([, path]) => path!);
  assert.deepEqual(loaded, ["/favicon.svg", "/style.css", "/pages.js"]);
  for (const path of loaded) {
    const response = await site.get(path);
    assert.equal(response.status, 200);
    assert.match(
      response.headers.get("content-type")!,
      /^(image\/svg\+xml|text\/css|text\/javascript); charset=utf-8$/,
    );
    const tag = response.headers.get("etag")!;
    assert.equal((await site.get(path, { "if-none-match": tag })).status, 304, path);
    await response.body?.cancel();
  }
});

const hostile = `<script>alert("x")</script>'"&\u202Ejavascript:alert(1)//${"ä".repeat(200)}`;

Deno.test("a list as a page says below each row what it waits for and what went wrong", async () => {
  const page = await (await openSite().get("/node-list", browser)).text();
  assert.match(page, /<b>Waiting on<\/b> active: server is BUILD/);
  assert.match(page, /<b>Last error<\/b> login as jenkins: connection refused/);
  assert.match(page, /<b>Hold<\/b> by maria until /);
});

Deno.test("a list as a page is narrowed by links and a form, which keep what was asked before", async () => {
  const site = openSite();
  const page = await (await site.get("/node-list?sort=-age&provider=cloud-b", browser)).text();
  assert.match(page, /href="\/node-list\?sort=-age&amp;provider=cloud-b&amp;state=hold"/);
  assert.match(page, /state-hold">hold<\/span>\s*<b>1<\/b>/);
  assert.match(page, /<form class="filters[^>]*action="\/node-list"/);
  assert.match(page, /<input type="hidden" name="sort" value="-age">/);
  assert.match(page, /<select id="filter-provider"[^>]*>.*<option\s+selected\s*>cloud-b<\/option>/s);
  assert.match(
    page,
    /aria-sort="descending"[^>]*>\s*<a id="sort-age" href="\/node-list\?sort=age&amp;provider=cloud-b"/s,
  );
  const held = await (await site.get("/node-list?provider=cloud-b&state=hold", browser)).text();
  assert.deepEqual(ids(held), [5]);
  assert.match(held, /state-delete">delete<\/span>\s*<b>1<\/b>/);
});

Deno.test("fields of a form that were left open do not narrow a page", async () => {
  const page = await (await openSite().get("/node-list?provider=&label=&state=", browser)).text();
  assert.equal(ids(page).length, 6);
  const response = await openSite().get("/history?since=&until=&limit=&job=", browser);
  assert.equal(response.status, 200);
});

Deno.test("a long list is shown in pages, with how many there are in all", async () => {
  const site = openSite(sampleReport({ nodes: manyNodes(2_001) }));
  const first = await (await site.get("/node-list?sort=id", browser)).text();
  assert.deepEqual([ids(first).length, ids(first)[0]], [200, 1]);
  assert.match(first, /1–200 of 2,001 nodes/);
  assert.match(first, /href="\/node-list\?sort=id&amp;page=2"/);
  const last = await (await site.get("/node-list?sort=id&page=11", browser)).text();
  assert.deepEqual(ids(last), [2_001]);
  assert.match(last, /2,001–2,001 of 2,001 nodes/);
  const beyond = await (await site.get("/node-list?sort=id&page=99", browser)).text();
  assert.deepEqual(ids(beyond), [2_001]);
  assert.equal((await site.get("/node-list?page=0", browser)).status, 400);
  const { nodes } = await (await site.get("/node-list?sort=id&page=11&format=json")).json();
  assert.deepEqual(nodes.map(({ id }: { id: number }) => id), [2_001]);
  assert.deepEqual(await (await site.get("/node-list.json?page=12")).json(), []);
});

Deno.test("/history as a page has the command's filters and a way to older nodes", async () => {
  const site = openSite();
  site.history = Array.from({ length: 60 }, (_, index) => ({
    node: sampleNode({ id: 90 - index, result: "used" }),
    endedAt: NOW - index * 1_000,
  }));
  const page = await (await site.get("/history?result=used", browser)).text();
  assert.match(page, /50 nodes and more/);
  assert.match(page, /href="\/history\?result=used&amp;before=41">Older</);
  assert.match(page, /<option\s+selected\s*>used<\/option>/);
  assert.match(page, /<input id="filter-job" name="job"/);
});

Deno.test("whatever names say, they are only text, and lead nowhere else", async () => {
  const site = openSite(sampleReport({
    nodes: [sampleNode({ id: 1, label: hostile, provider: hostile, comment: hostile, job: hostile })],
  }));
  const query = `label=${encodeURIComponent(hostile)}`;
  for (
    const path of [
      "/node-list",
      `/node-list?${query}`,
      "/nodes/1",
      `/explain/${encodeURIComponent(hostile)}`,
      `/history?${query}`,
    ]
  ) {
    const page = await (await site.get(path, browser)).text();
    assert.equal(
      page.replaceAll(/<script type="module" src="\/[a-z]+\.js"><\/script>/g, "").includes("<script"),
      false,
      path,
    );
    assert.doesNotMatch(page, />[^<]*\u202e/, `${path}: nothing turns the direction of writing`);
    assert.match(page, /\\u202e/, path);
    for (const [, href] of page.matchAll(/(?:href|src|action)="([^"]*)"/g)) {
      assert.match(href!, /^[/#]/, path);
    }
  }
});

/** Of the nodes in a list. */
function ids(page: string): number[] {
  return [...page.matchAll(/<a href="\/nodes\/(\d+)">/g)].map(([, id]) => Number(id));
}

Deno.test("what helps is a link to its part of the manual, a command is code, a moment is written for people", async () => {
  const page = await (await openSite().get("/status", browser)).text();
  assert.match(page, /see: <a href="\/manual\/unreachable">nodepool manual unreachable<\/a>/);
  assert.match(page, /<code>nodepool list --label jammy -o wide<\/code>/);
  assert.match(page, /read <time datetime="2030-01-02T02:04:05\.000Z">2030-01-02 02:04:05 UTC<\/time>/);
});

Deno.test("the page of a node leads to its request only while there is one", async () => {
  const report = sampleReport();
  const read = async (site: ReturnType<typeof openSite>) =>
    await (await site.get("/nodes/4", browser)).text();
  assert.match(await read(openSite()), /href="\/explain\/request:7"/);
  const over = await read(openSite({ ...report, requests: [] }));
  assert.match(over, /<dt>request<\/dt>\s*<dd>7</);
  assert.equal(over.includes("/explain/request:"), false);
});

Deno.test("an explanation promises of no obstacle that it goes away by itself while somebody should act", async () => {
  const page = await (await openSite().get("/explain/noble", browser)).text();
  assert.match(page, /quota full: cores.*Have it raised.*This may pass by itself/s);
});
