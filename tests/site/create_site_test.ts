import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { viewPool } from "../../src/views/view_pool.ts";
import type { HistoryRecord } from "../../src/domain/node.ts";
import { type OpenSite, openSite } from "./open_site.ts";
import { manyNodes, NOW, sampleDaemon, sampleNode, sampleReport, SECRETS } from "../views/sample_pool.ts";

const lists = ["/status", "/node-list", "/label-list", "/provider-list", "/request-list", "/job-list"];
const browser = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

for (const path of lists) {
  Deno.test(`${path} answers plain curl with text, programs with JSON, browsers with HTML`, async () => {
    const site = openSite();
    const text = path === "/status" ? /^problem {8}\S/ : /^\+-/;
    for (
      const [headers, type, start] of [
        [{}, "text/plain; charset=utf-8", text],
        [{ accept: "*/*" }, "text/plain; charset=utf-8", text],
        [
          { accept: "application/json" },
          "application/json",
          /^\{"version":1,"at":"2030-01-02T03:04:05.000Z"/,
        ],
        [browser, "text/html; charset=utf-8", /^<!doctype html>/],
      ] as const
    ) {
      const response = await site.get(path, headers);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), type);
      assert.match(await response.text(), start);
    }
    const json = await site.get(`${path}?format=json`, browser);
    assert.equal((await json.json()).version, 1);
  });
}

Deno.test("everybody who asks for a list is sent the same bytes, in pieces", async () => {
  const site = openSite(sampleReport({ nodes: manyNodes(2_000) }));
  for (const format of ["json", "html", "csv", "wide"]) {
    const answers = await Promise.all([1, 2].map(() => site.get(`/node-list?format=${format}`)));
    const pieces = await Promise.all(answers.map(({ body }) => Array.fromAsync(body!)));
    assert.deepEqual(pieces[0], pieces[1], format);
    // A piece that is yet to be taken keeps no more than itself.
    for (const { buffer, length } of pieces[0]!) assert.deepEqual(buffer.byteLength, length, format);
    const lengths = pieces.map((all) => all.reduce((sum, { length }) => sum + length, 0));
    assert.deepEqual(answers.map(({ headers }) => Number(headers.get("content-length"))), lengths);
    if (format === "json") assert.ok(pieces[0]!.length > 2, `${lengths[0]} bytes`);
  }
});

Deno.test("a parameter that is given twice or left empty is refused everywhere, by its name", async () => {
  const site = openSite();
  const paths = [
    "/?hours=6",
    "/job-list?format=text",
    "/node-list?state=ready",
    "/history?limit=1",
    "/nodes/1?format=json",
  ];
  for (const path of [...paths, "/explain/jammy?format=json", "/events?after=1"]) {
    const [, name, value] = path.match(/\?(\w+)=(\w+)/)!;
    const twice = await site.get(`${path}&${name}=${value}`);
    assert.equal(twice.status, 400, path);
    assert.equal(await twice.text(), `parameter ${name} may be given only once\n`);
    const empty = await site.get(path.replace(/=.*/, "="));
    assert.equal(empty.status, 400, path);
    assert.equal(await empty.text(), `parameter ${name} is empty: give it a value, or leave it out\n`);
  }
});

Deno.test("/healthz looks at nothing of the pool, and a list looks at it once", async () => {
  const site = openSite();
  assert.equal((await site.get("/healthz")).status, 200);
  assert.equal(site.reports, 0);
  await site.get("/node-list?format=json");
  assert.equal(site.reports, 1);
});

Deno.test("?sort= sorts a list in every format, descending with a minus sign", async () => {
  const site = openSite();
  for (const format of ["json", "text", "csv"]) {
    const text = await (await site.get(`/node-list?sort=-id&fields=id&format=${format}`)).text();
    assert.deepEqual(text.match(/\b[1-6]\b(?=[\s}|])/g)?.map(Number), [6, 5, 4, 3, 2, 1], format);
  }
  const rows = await (await site.get("/node-list.json?sort=id")).json();
  assert.deepEqual(rows.map(({ id }: { id: number }) => id), [1, 2, 3, 4, 5, 6]);
  const { version, nodes } = await (await site.get("/node-list?sort=-age&format=json")).json();
  assert.deepEqual([version, nodes[0].id, nodes[0].hostname], [1, 1, "jammy-cloud-a-1.example.org"]);
});

Deno.test("/node-list narrows by provider, label and state, and picks fields", async () => {
  const site = openSite();
  const ids = async (query: string) => {
    const response = await site.get(`/node-list?format=json&${query}`);
    return (await response.json()).nodes.map(({ id }: { id: number }) => id);
  };
  assert.deepEqual(await ids("provider=cloud-a"), [1, 2, 3]);
  assert.deepEqual(await ids("label=jammy&state=hold"), [5]);
  const fields = await site.get("/node-list?format=json&fields=id,ip&provider=cloud-b");
  assert.deepEqual((await fields.json()).nodes, [
    { id: 5, ip: "203.0.113.5" },
    { id: 6, ip: "203.0.113.6" },
    { id: 4, ip: "203.0.113.4" },
  ]);
  const nested = await site.get("/provider-list?format=json&fields=name,api.latency");
  assert.deepEqual((await nested.json()).providers, [
    { name: "cloud-a", "api.latency": 0.084 },
    { name: "cloud-b", "api.latency": null },
  ]);
  assert.equal(
    await (await site.get("/node-list?fields=state,id&label=jammy&provider=cloud-a")).text(),
    "+-------+----+\n| State | ID |\n+-------+----+\n| ready |  1 |\n+-------+----+\n",
  );
});

Deno.test("what a list does not know is an error that names what it knows", async () => {
  const site = openSite();
  for (
    const [path, message] of [
      [
        "/node-list?lable=x",
        "there is no parameter lable here; known: format, fields, sort, page, id, provider, label, state\n",
      ],
      ["/node-list?format=xml", "there is no format xml; known: text, wide, json, html, csv\n"],
      ["/request-list?fields=id,nope", /^there is no field nope; known: id, label, /],
      ["/request-list?sort=-nope", /^there is no field nope to sort by; known: id, label, /],
    ] as const
  ) {
    const response = await site.get(path);
    assert.equal(response.status, 400);
    const text = await response.text();
    if (typeof message === "string") assert.equal(text, message);
    else assert.match(text, message);
  }
});

Deno.test("JSON is not sent again while only time has passed", async () => {
  const site = openSite();
  for (const path of lists) {
    site.report = sampleReport();
    const first = await site.get(`${path}?format=json`);
    await first.body?.cancel();
    const tag = first.headers.get("etag")!;
    site.report = { ...site.report, now: NOW + 10_000 };
    const second = await site.get(`${path}?format=json`, { "if-none-match": `"other", ${tag}` });
    assert.equal(
      (await site.get(`${path}?format=json`, { "if-none-match": tag.replace("W/", "") })).status,
      304,
    );
    assert.equal(second.status, 304, path);
    assert.equal(await second.text(), "");
    assert.equal(second.headers.get("etag"), tag);
  }
  site.report = { ...site.report, nodes: [sampleNode({ id: 1, revision: 2 })] };
  const tag = (await site.get("/node-list?format=json", {}, "HEAD")).headers.get("etag")!;
  site.report = { ...site.report, nodes: [sampleNode({ id: 1, revision: 3, comment: "changed" })] };
  const changed = await site.get("/node-list?format=json", { "if-none-match": tag });
  assert.equal(changed.status, 200);
  assert.equal((await changed.json()).nodes[0].comment, "changed");
});

Deno.test("pages and text show new ages when they are loaded anew", async () => {
  const site = openSite();
  const headers = { "if-none-match": (await site.get("/node-list", {}, "HEAD")).headers.get("etag")! };
  assert.equal((await site.get("/node-list", headers)).status, 304);
  site.report = { ...site.report, now: NOW + 1_000 };
  const later = await site.get("/node-list", headers);
  assert.equal(later.status, 200);
  assert.match(await later.text(), /00:00:05:01/);
});

Deno.test("only GET and HEAD are answered, the rest gets 405 with Allow", async () => {
  const site = openSite();
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const response = await site.get("/node-list", {}, method);
    assert.equal(response.status, 405, method);
    assert.equal(response.headers.get("allow"), "GET, HEAD");
    await response.body?.cancel();
  }
  const head = await site.get("/node-list", {}, "HEAD");
  assert.deepEqual([head.status, await head.text()], [200, ""]);
});

Deno.test("/nodes/ID shows a node that is there and one that is remembered", async () => {
  const site = openSite();
  const { node } = await (await site.get("/nodes/6?format=json")).json();
  assert.deepEqual([node.id, node.state, node.evidence.fault, node.connection.port], [
    6,
    "delete",
    null,
    2222,
  ]);
  assert.match(await (await site.get("/nodes/6")).text(), /^console:\n {2}kernel panic$/m);
  site.history = [{ node: sampleNode({ id: 90, result: "used" }), endedAt: NOW - 60_000 }];
  const ended = await (await site.get("/nodes/90?format=json")).json();
  assert.deepEqual([ended.node.ended, ended.node.result, ended.node.age], [
    "2030-01-02T03:03:05.000Z",
    "used",
    60,
  ]);
});

Deno.test("/history lists the nodes that are gone, narrowed, in every form; /history/ID shows one whole", async () => {
  const site = openSite();
  const past = (id: number, ago: number, fields: Parameters<typeof sampleNode>[0] | object = {}) => ({
    node: sampleNode({ id, job: "unit-tests", result: "used", ...fields }),
    endedAt: NOW - ago,
  });
  site.history = [past(92, 1_000), past(91, 60_000, { job: "docs" }), past(90, 7_200_000)];
  const ids = async (query: string) => {
    const { history, more } = await (await site.get(`/history?format=json&${query}`)).json();
    return [history.map(({ id }: { id: number }) => id), more];
  };
  assert.deepEqual(await ids(""), [[92, 91, 90], false]);
  assert.deepEqual(await ids("job=unit-tests"), [[92, 90], false]);
  assert.deepEqual(await ids("since=1h&limit=1"), [[92], true]);
  assert.deepEqual(await ids("until=2030-01-02T03:00:00Z"), [[90], false]);
  assert.match(await (await site.get("/history")).text(), /^\+-.*\n\| +ID \|/);
  assert.match(await (await site.get("/history", browser)).text(), /<a href="\/history\/91">91<\/a>/);
  assert.match(await (await site.get("/history/91")).text(), /^state: +gone for 00:00:01:00$/m);
  for (
    const wrong of [
      "since=tomorrow",
      "limit=x",
      "limit=0",
      "limit=1001",
      "since=1h&until=2h",
      "since=2099-01-01",
      "since=2030-02-30",
      "colour=red",
    ]
  ) {
    assert.equal((await site.get(`/history?${wrong}`)).status, 400, wrong);
  }
});

Deno.test("a state that a list does not know, and a part of /events that is unknown, are refused", async () => {
  const site = openSite();
  for (const list of ["node-list", "image-list", "dib-image-list", "request-list"]) {
    const response = await site.get(`/${list}?state=foo`);
    assert.equal(response.status, 400, list);
    assert.match(await response.text(), /there is no state foo here; known: /);
  }
  assert.equal((await site.get("/events?kind=bogus")).status, 400);
  assert.equal((await site.get("/events?since=2099-01-01")).status, 400);
});

Deno.test("/nodes/ID/metadata has the documented values", async () => {
  const site = openSite();
  const response = await site.get("/nodes/4/metadata");
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), {
    groups: ["noble", "cloud-b"],
    nodepool: { image_name: "noble", provider_name: "cloud-b", node_id: 4 },
  });
});

Deno.test("what is not there is 404, in JSON for who wants it", async () => {
  const site = openSite();
  for (const path of ["/nodes/99", "/nodes/99/metadata", "/nodes/x", "/nonsense", "/target-list"]) {
    const response = await site.get(path);
    assert.equal(response.status, 404, path);
    assert.match(await response.text(), /^there is no/);
  }
  const json = await site.get("/nodes/99", { accept: "application/json" });
  assert.deepEqual(await json.json(), { error: "there is no node 99, and no record of one", status: 404 });
});

const json = { accept: "application/json" };

Deno.test("/healthz answers while the process does, /readyz while the pool can work", async () => {
  const site = openSite();
  assert.deepEqual(await (await site.get("/healthz")).json(), { status: "ok" });
  assert.deepEqual(await (await site.get("/readyz", json)).json(), { ready: true, reasons: [] });
  site.report = {
    ...site.report,
    daemon: sampleDaemon({ accepting: false }),
    providers: site.report.providers.filter(({ reachable }) => reachable === false),
  };
  const response = await site.get("/readyz", json);
  assert.equal(response.status, 503);
  assert.deepEqual((await response.json()).reasons, [
    "the daemon is stopping",
    "no provider answers: cloud-b: connect to cloud.example.org:5000: connection refused",
  ]);
});

Deno.test("/readyz answers plain curl with one reason a line, whatever the reason says", async () => {
  const site = openSite();
  const ready = await site.get("/readyz", { accept: "*/*" });
  assert.deepEqual([ready.status, await ready.text()], [200, "ready\n"]);
  assert.equal(ready.headers.get("content-type"), "text/plain; charset=utf-8");
  site.report = {
    ...site.report,
    state: { problem: "the state is lost:\n  no such file", withheld: "it is new" },
  };
  const response = await site.get("/readyz");
  assert.equal(response.status, 503);
  assert.equal(
    await response.text(),
    "the state is lost: no such file\nnothing is launched: it is new\n",
  );
});

Deno.test("/readyz?strict also fails for what stands in the way of a part of the work", async () => {
  const site = openSite();
  site.report = {
    ...site.report,
    daemon: sampleDaemon({ configProblems: ["nodepool.yaml:3:1: labels: unknown key lable"] }),
  };
  assert.equal((await site.get("/readyz")).status, 200);
  const response = await site.get("/readyz?strict");
  assert.equal(response.status, 503);
  assert.deepEqual((await response.text()).split("\n"), [
    "configuration: nodepool.yaml:3:1: labels: unknown key lable",
    "provider cloud-b: connect to cloud.example.org:5000: connection refused",
    "provider cloud-b: its listings are unreliable: they omit 2 servers of the pool, 1 of which still exist; each counts " +
    "as there until the cloud reports it gone",
    "",
  ]);
});

Deno.test("/status says what the command does, in every form", async () => {
  const site = openSite();
  const view = viewPool(site.report, { name: "status" });
  assert.deepEqual(await (await site.get("/status", json)).json(), JSON.parse(JSON.stringify(view)));
  const text = await (await site.get("/status")).text();
  for (const problem of view.problems) assert.ok(text.includes(problem.slice(0, 40)), problem);
  assert.match(
    await (await site.get("/status", browser)).text(),
    /<td class="is-term"[^>]*><span class="term-problem">problem<\/span><\/td>/,
  );
  assert.match(await (await site.get("/status?format=csv")).text(), /^what,value\r?\n/i);
});

Deno.test("/metrics answers in the text format or as OpenMetrics, by what is accepted most", async () => {
  const site = openSite();
  const text = "text/plain; version=0.0.4; charset=utf-8";
  const open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  for (
    const [accept, type] of [
      [undefined, text],
      ["*/*", text],
      ["text/html,*/*;q=0.8", text],
      ["application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1", open],
      ["text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.2", text],
      ["application/openmetrics-text", open],
    ] as const
  ) {
    const response = await site.get("/metrics", accept === undefined ? {} : { accept });
    assert.equal(response.headers.get("content-type"), type, accept);
    const body = await response.text();
    assert.match(body, /^nodepool_nodes\{provider="cloud-a",label="noble",state="ready"\} \d+$/m);
    assert.equal(body.endsWith("# EOF\n"), type === open);
  }
});

Deno.test("/metrics is compressed for a client that takes gzip, and only then", async () => {
  const site = openSite();
  const plain = await site.get("/metrics");
  assert.equal(plain.headers.get("content-encoding"), null);
  const packed = await site.get("/metrics", { "accept-encoding": "gzip" });
  assert.equal(packed.headers.get("content-encoding"), "gzip");
  const body = packed.body!.pipeThrough(new DecompressionStream("gzip"));
  assert.equal(await new Response(body).text(), await plain.text());
  const isPacked = async (accepted: string) =>
    (await site.get("/metrics", { "accept-encoding": accepted })).headers.get("content-encoding") === "gzip";
  assert.equal(await isPacked("br, gzip;q=0.5"), true);
  assert.equal(await isPacked("*"), true);
  assert.equal(await isPacked("gzip;q=0, *"), false);
  assert.equal(await isPacked("identity"), false);
});

Deno.test("/metrics is made once a second at most, however many ask", async () => {
  const site = openSite();
  const ask = async () => await (await site.get("/metrics")).text();
  const texts = await Promise.all(Array.from({ length: 100 }, ask));
  assert.equal(new Set(texts).size, 1);
  assert.equal(site.scrapes, 1);
  site.report = { ...site.report, now: site.report.now + SECOND, nodes: [] };
  assert.notEqual(await ask(), texts[0]);
  assert.equal(site.scrapes, 2);
});

/** Those that are files of the site; nothing stands in them. */
function withoutOwnScripts(page: string): string {
  return page.replaceAll(/<script type="module" src="\/[a-z]+\.js"><\/script>/g, "");
}

Deno.test("everything in a page is escaped, and no script but the site's own may run", async () => {
  const evil = `<script>alert("x")</script>'"&`;
  const nodes = [sampleNode({
    id: 1,
    label: evil,
    comment: evil,
    evidence: { at: NOW, error: evil, kind: "ssh", requestId: null, fault: evil, console: evil },
  })];
  const config = { ...sampleReport().config!, status: { listen: [], allowOrigin: [], title: evil } };
  const site = openSite(sampleReport({ nodes, config }));
  for (const path of ["/", "/node-list?format=html", "/nodes/1?format=html", "/label-list?format=html"]) {
    const response = await site.get(path);
    const text = await response.text();
    assert.equal(withoutOwnScripts(text).includes("<script"), false, path);
    assert.equal(text.includes("&lt;script&gt;alert(&quot;x&quot;)"), true, path);
    assert.match(
      response.headers.get("content-security-policy")!,
      /^default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;/,
    );
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  }
});

Deno.test("pages have a language, a title, headings, labelled tables and a style sheet of their own", async () => {
  const site = openSite();
  const text = await (await site.get("/", browser)).text();
  assert.match(text, /<html lang="en">/);
  assert.match(text, /<title>\(4\) Overview – nodepool<\/title>/);
  assert.match(text, /<th scope="col"/);
  const list = await (await site.get("/label-list", browser)).text();
  assert.match(list, /<title>Labels – nodepool<\/title>/);
  assert.match(list, /role="region" aria-label="labels" tabindex="0"/);
  const style = await site.get("/style.css");
  assert.equal(style.headers.get("content-type"), "text/css; charset=utf-8");
  assert.match(await style.text(), /color-scheme: light dark/);
});

Deno.test("no secret of the configuration is in any answer", async () => {
  const site = openSite();
  const paths = [...lists, "/", "/nodes/4", "/nodes/4/metadata", "/healthz", "/readyz", "/metrics"];
  const forms = ["", "?format=json", "?format=html", "?format=wide", "?format=csv"];
  for (const path of paths) {
    for (const form of forms) {
      const text = await (await site.get(path + form)).text();
      for (const secret of SECRETS) assert.equal(text.includes(secret), false, path + form);
    }
  }
});

Deno.test("an answer is made anew when the pool changes or a second has passed", async () => {
  const site = openSite();
  const list = async () => await (await site.get("/node-list?format=json")).json();
  const { at } = await list();
  site.report = { ...site.report, now: NOW + 500 };
  assert.equal((await list()).at, at);
  site.report = { ...site.report, nodes: site.report.nodes.slice(1) };
  assert.deepEqual([(await list()).at, (await list()).nodes.length], ["2030-01-02T03:04:05.500Z", 5]);
  site.report = { ...site.report, now: NOW + 1_500 };
  assert.equal((await list()).at, "2030-01-02T03:04:06.500Z");
});

Deno.test("/node-list of 6,000 nodes comes from memory", async () => {
  const site = openSite(sampleReport({ nodes: manyNodes(6_000) }));
  const times: number[] = [];
  for (let round = 0; round < 11; round++) {
    site.report = { ...site.report, now: NOW + round * 1_000 };
    const start = performance.now();
    const response = await site.get("/node-list?format=json");
    const body = await response.arrayBuffer();
    times.push(performance.now() - start);
    assert.equal(JSON.parse(new TextDecoder().decode(body)).nodes.length, 6_000);
  }
  const [first, ...rest] = times;
  rest.sort((left, right) => left - right);
  console.log(
    `/node-list?format=json, 6,000 nodes: first ${first!.toFixed(1)} ms, then ${rest[5]!.toFixed(1)} ms`,
  );
});

Deno.test("lists have the names that end in .json, which answer with the rows alone", async () => {
  const site = openSite();
  for (const path of [...lists.filter((path) => path !== "/status"), "/image-list", "/dib-image-list"]) {
    const response = await site.get(`${path}.json`, browser);
    assert.equal(response.headers.get("content-type"), "application/json");
    const rows = await response.json();
    assert.ok(Array.isArray(rows), path);
    const document = await (await site.get(`${path}?format=json`)).json();
    assert.deepEqual(rows, Object.values(document).find(Array.isArray));
  }
  assert.deepEqual(await (await site.get("/node-list.json?fields=id&provider=cloud-b")).json(), [
    { id: 5 },
    { id: 6 },
    { id: 4 },
  ]);
  assert.equal((await site.get("/nodes.json")).status, 404);
});

Deno.test("a list says since when it says what it says, and answers 304 to who has it since then", async () => {
  const site = openSite();
  const ask = async (headers: Record<string, string> = {}) => await site.get("/node-list.json", headers);
  const first = (await ask()).headers.get("last-modified")!;
  assert.equal(first, new Date(NOW).toUTCString());
  site.report = { ...site.report, now: NOW + 90_000 };
  assert.equal((await ask({ "if-modified-since": first })).status, 304);
  assert.equal((await ask({ "if-modified-since": new Date(NOW - 1_000).toUTCString() })).status, 200);
  for (const known of ["Wednesday, 02-Jan-30 03:04:05 GMT", "Wed Jan  2 03:04:05 2030"]) {
    assert.equal((await ask({ "if-modified-since": known })).status, 304, known);
  }
  for (const none of ["2099-01-01", "2099", "12/31/2099", "Thu, 01 Jan 2099 00:00:00 -0800", "Sep 2 2099"]) {
    assert.equal((await ask({ "if-modified-since": none })).status, 200, none);
  }
  assert.equal((await ask({ "if-modified-since": first, "if-none-match": '"other"' })).status, 200);
  const changed = (since: number) => {
    const nodes = site.report.nodes.map((node) => ({ ...node, revision: node.revision + 1 }));
    site.report = { ...site.report, nodes, now: since };
  };
  changed(NOW + 100_000);
  const second = await ask({ "if-modified-since": first });
  assert.deepEqual([second.status, second.headers.get("last-modified")], [
    200,
    new Date(NOW + 100_000).toUTCString(),
  ]);
  // Who asked between two changes of one second has only the first of them.
  changed(NOW + 100_400);
  assert.equal((await ask({ "if-modified-since": second.headers.get("last-modified")! })).status, 200);
});

function allowing(...allowOrigin: readonly string[]): OpenSite {
  const report = sampleReport();
  return openSite({
    ...report,
    config: { ...report.config!, status: { ...report.config!.status, allowOrigin } },
  });
}

const DASHBOARD = "https://dash.example.org";

Deno.test("pages of other origins may read nothing unless the configuration allows theirs", async () => {
  const asked = { origin: DASHBOARD };
  const header = async (site: OpenSite, headers: Record<string, string>) =>
    (await site.get("/node-list", headers)).headers.get("access-control-allow-origin");
  assert.equal(await header(openSite(), asked), null);
  assert.equal(await header(allowing("https://other.example.org"), asked), null);
  assert.equal(await header(allowing("https://other.example.org", DASHBOARD), asked), DASHBOARD);
  assert.equal(await header(allowing(DASHBOARD), {}), null);
  assert.equal(await header(allowing("*"), asked), "*");
});

Deno.test("where several origins are allowed, caches keep their answers apart", async () => {
  for (const path of ["/node-list", "/node-list.json", "/", "/nodes/1", "/healthz"]) {
    const response = await allowing(DASHBOARD).get(path, { origin: DASHBOARD });
    assert.match(response.headers.get("vary") ?? "", /\borigin\b/, path);
    assert.equal(response.headers.get("access-control-allow-origin"), DASHBOARD, path);
  }
});

Deno.test("a browser's question before the request is answered for origins that are allowed", async () => {
  const asked = {
    origin: DASHBOARD,
    "access-control-request-method": "GET",
    "access-control-request-headers": "if-none-match",
  };
  const allowed = await allowing(DASHBOARD).get("/node-list", asked, "OPTIONS");
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get("access-control-allow-origin"), DASHBOARD);
  assert.equal(allowed.headers.get("access-control-allow-methods"), "GET, HEAD");
  assert.match(allowed.headers.get("access-control-allow-headers") ?? "", /if-none-match/);
  const other = await allowing("https://other.example.org").get("/node-list", asked, "OPTIONS");
  assert.deepEqual([other.status, other.headers.get("access-control-allow-origin")], [405, null]);
  assert.equal((await allowing("*").get("/node-list", {}, "OPTIONS")).status, 405);
});

Deno.test("/manual answers plain curl with Markdown, browsers with HTML, and 304 to who has it", async () => {
  const site = openSite();
  for (const path of ["/manual", "/manual/concepts"]) {
    for (
      const [headers, type, start] of [[{}, "text/markdown", /^# /], [
        browser,
        "text/html",
        /^<!doctype/,
      ]] as const
    ) {
      const response = await site.get(path, headers);
      assert.deepEqual([response.status, response.headers.get("vary")], [200, "accept"]);
      assert.equal(response.headers.get("content-type"), `${type}; charset=utf-8`);
      assert.match(await response.text(), start);
      const etag = response.headers.get("etag")!;
      assert.equal((await site.get(path, { ...headers, "if-none-match": etag })).status, 304);
      const head = await site.get(path, headers, "HEAD");
      assert.deepEqual([head.status, head.headers.get("etag"), await head.text()], [200, etag, ""]);
    }
  }
  assert.match(await (await site.get("/manual/concepts?format=html")).text(), /^<!doctype html>/);
  assert.match(await (await site.get("/manual/concepts.md", browser)).text(), /^# /);
  for (const query of ["format=csv", "fromat=html", "format=html&format=html"]) {
    for (const path of ["/manual", "/manual/concepts", "/manual/concepts.md"]) {
      assert.equal((await site.get(`${path}?${query}`)).status, 400, `${path}?${query}`);
    }
  }
});

Deno.test("/manual has sections by name: their text as Markdown, their place in the topic for browsers", async () => {
  const site = openSite();
  for (const name of ["quota", "Quota", "quota.md"]) {
    assert.match(await (await site.get(`/manual/${name}`)).text(), /^## The quota is full\n/);
  }
  const response = await site.get("/manual/quota", browser);
  assert.deepEqual([response.status, response.headers.get("vary")], [302, "accept"]);
  assert.equal(response.headers.get("location"), "/manual/troubleshooting#quota");
});

Deno.test("/manual names the nearest topic or section where there is none of that name", async () => {
  const response = await openSite().get("/manual/qouta", browser);
  assert.equal(response.status, 404);
  assert.match(await response.text(), /has no topic or section qouta; did you mean quota\?/);
});

Deno.test("an address of one thing refuses parameters that it does not know", async () => {
  const site = openSite();
  for (const path of ["/explain/noble", "/nodes/1", "/history/1"]) {
    const answer = await site.get(`${path}?bogus=1`);
    assert.deepEqual([answer.status, await answer.text()], [
      400,
      "there is no parameter bogus here; known: format\n",
    ]);
  }
});

Deno.test("the explanation of a node that is gone says since when, as the command does", async () => {
  const site = openSite();
  const node = sampleNode({ id: 90, result: "used", comment: "released" });
  site.history = [{ node, endedAt: NOW } as unknown as HistoryRecord];
  for (const name of ["90", "node:90"]) {
    const answer = await site.get(`/explain/${name}`);
    assert.equal(answer.status, 410);
    assert.match(await answer.text(), /^node 90 has been gone since 2030-01-02T03:04:05Z, used: released; /);
  }
  assert.equal((await site.get("/explain/91")).status, 404);
});
