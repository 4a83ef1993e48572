import assert from "node:assert/strict";
import { sampleReport } from "../views/sample_pool.ts";
import { openSite } from "./open_site.ts";

const browser = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

Deno.test("errors are pages with navigation for browsers, JSON and text for programs", async () => {
  const site = openSite();
  for (
    const [path, method, status, message] of [
      ["/nonsense", "GET", 404, "There is nothing at /nonsense"],
      ["/nodes/99", "GET", 404, "There is no node 99, nor a record of one"],
      ["/explain/nonsense", "GET", 404, "There is no label, provider, image, node or request nonsense"],
      ["/manual/nonsense", "GET", 404, "The manual has no topic or section nonsense"],
      ["/node-list?colour=red", "GET", 400, "There is no parameter colour here"],
      ["/node-list", "POST", 405, "This endpoint is read-only: use GET or HEAD"],
    ] as const
  ) {
    const response = await site.get(path, browser, method);
    assert.equal(response.status, status, path);
    assert.equal(response.headers.get("content-type"), "text/html; charset=UTF-8");
    const page = await response.text();
    assert.ok(page.includes(message), page);
    assert.match(page, /<a href="\/node-list"/);
    const text = await site.get(path, {}, method);
    assert.deepEqual([text.status, text.headers.get("content-type")], [status, "text/plain; charset=UTF-8"]);
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
    assert.match(page, /<a class="skip" href="[^"]*#main">/);
    assert.match(page, /<main id="main"/);
    assert.deepEqual(
      [...page.matchAll(/<a href="([^"]*)" aria-current="page">/g)].map(([, href]) => href),
      [current],
    );
    assert.match(page, /<footer>.*nodepool 0\.1\.0\. As of <time datetime="2030-01-02T03:04:05\.000Z">/s);
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
