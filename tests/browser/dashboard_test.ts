/** The dashboard in a real browser: it follows the pool in place, says when it is out of date, and hinders nobody. */
import { equal, match, ok } from "node:assert/strict";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { eventFrame } from "../../src/views/events.ts";
import { eventually } from "../eventually.ts";
import { testNeeding } from "../needs.ts";
import { type OpenSite, openSite } from "../site/open_site.ts";
import { calmPool, largePool, newPool, sampleEvents, troubledPool } from "../site/sample_dashboards.ts";
import { NOW } from "../views/sample_pool.ts";
import { TestBrowser, type Visit } from "./browser.ts";

const SECOND = 1_000;

/** A pool whose events the test tells, and which can be made to answer no more. */
class LivePool {
  readonly site: OpenSite;
  isDown = false;
  readonly #readers = new Set<ReadableStreamDefaultController<Uint8Array>>();

  constructor(report: PoolReport) {
    this.site = openSite(report);
    this.site.stream = () => this.#stream();
    const { fetch } = this.site;
    this.site.fetch = (request) => this.isDown ? new Response("stopped\n", { status: 503 }) : fetch(request);
  }

  /** The pool has become this, and says so. */
  become(report: PoolReport): void {
    this.site.report = report;
    this.site.events = sampleEvents();
    const event = new TextEncoder().encode(eventFrame(this.site.events[0]!));
    for (const reader of this.#readers) reader.enqueue(event);
  }

  get readers(): number {
    return this.#readers.size;
  }

  #stream(): ReadableStream<Uint8Array> {
    let reader: ReadableStreamDefaultController<Uint8Array>;
    return new ReadableStream({
      start: (controller) => {
        reader = controller;
        this.#readers.add(reader);
        reader.enqueue(new TextEncoder().encode("retry: 500\nid: 1\n\n"));
      },
      cancel: () => void this.#readers.delete(reader),
    });
  }
}

async function text({ page }: Visit, selector: string): Promise<string> {
  return (await page.locator(selector).innerText()).trim();
}

async function follow(browser: TestBrowser, pool: LivePool, look = {}): Promise<Visit> {
  const visit = await browser.visit(pool.site, look);
  await visit.page.clock.install();
  await visit.go("/");
  await eventually(() => pool.readers === 1);
  // The load that the connection's beginning asks for.
  await visit.page.clock.runFor(3 * SECOND);
  return visit;
}

testNeeding(["chromium"], "the dashboard keeps itself up to date", async (t) => {
  await using browser = await TestBrowser.start();

  await t.step(
    "what happens is shown by itself within two seconds, and counted in the tab's title",
    async () => {
      const pool = new LivePool(calmPool());
      await using visit = await follow(browser, pool);
      equal(await text(visit, "#verdict-title"), "All is well");
      pool.become({ ...troubledPool(), now: NOW + 3 * SECOND });
      await eventually(async () => {
        await visit.page.clock.runFor(500);
        return await text(visit, "#verdict-title") === "6 things need attention";
      });
      match(await visit.page.title(), /^\(6\) /);
      match(await text(visit, "#events"), /node 12 is ready/);
      await visit.expectClean("after an update");
    },
  );

  await t.step("without events it is loaded again every 15 seconds", async () => {
    const pool = new LivePool(calmPool());
    await using visit = await follow(browser, pool);
    pool.site.report = { ...troubledPool(), now: NOW + 20 * SECOND };
    await visit.page.clock.runFor(16 * SECOND);
    await eventually(async () => (await text(visit, "#verdict-title")).startsWith("6 things"));
    equal(await text(visit, "body > footer"), "nodepool 0.1.0. As of 2030-01-02 03:04:25 UTC.");
  });

  await t.step("an update leaves focus, what is folded open, and scrolling as they are", async () => {
    const pool = new LivePool(troubledPool());
    await using visit = await follow(browser, pool);
    await visit.page.locator("#further-problems summary").click();
    const link = visit.page.locator("#further-problems a").last();
    await link.focus();
    await visit.page.evaluate("window.scrollTo(0, 300); document.activeElement.mark = 'mine'");
    const nodes = troubledPool().nodes.filter(({ id }) => id !== 2);
    pool.become({ ...troubledPool(), nodes, now: NOW + 3 * SECOND });
    await eventually(async () => {
      await visit.page.clock.runFor(500);
      return await text(visit, ".tile.ready .number") === "1";
    });
    equal(await visit.page.evaluate("document.activeElement.mark"), "mine");
    equal(await visit.page.evaluate("document.getElementById('further-problems').open"), true);
    equal(await visit.page.evaluate("window.scrollY"), 300);
  });

  await t.step("ages and countdowns tick between two loads, by the pool's clock", async () => {
    const pool = new LivePool(troubledPool());
    await using visit = await follow(browser, pool);
    const ages = async () => await visit.page.locator("#late time").allInnerTexts();
    pool.isDown = true;
    const before = await ages();
    await visit.page.clock.runFor(5 * SECOND);
    const after = await ages();
    match(before[1]!, /^25m \ds$/);
    const secondsOf = (text: string) => Number(text.match(/(\d+)s/)![1]);
    ok(secondsOf(after[1]!) - secondsOf(before[1]!) >= 4, `${before[1]}, ${after[1]}`);
    match((await visit.page.locator("#images time").allInnerTexts()).join(), /in 8m 5\ds/);
  });

  await t.step(
    "when the pool does not answer it says since when it is out of date, and goes on by itself",
    async () => {
      const pool = new LivePool(calmPool());
      await using visit = await follow(browser, pool);
      await visit.expectClean("before");
      pool.isDown = true;
      await eventually(async () => {
        await visit.page.clock.runFor(5 * SECOND);
        return /^Not updated since \d\d:\d\d:\d\d UTC: the pool does not answer/.test(
          await text(visit, "#freshness"),
        );
      });
      equal(await visit.page.locator("#freshness").getAttribute("role"), "status");
      equal(await text(visit, "#verdict-title"), "All is well");
      pool.isDown = false;
      pool.site.report = { ...troubledPool(), now: NOW + 60 * SECOND };
      await eventually(async () => {
        await visit.page.clock.runFor(5 * SECOND);
        return (await text(visit, "#verdict-title")).startsWith("6 things");
      });
      equal(await text(visit, "#freshness"), "Up to date again.");
      await visit.page.clock.runFor(11 * SECOND);
      equal(await text(visit, "#freshness"), "");
    },
  );

  await t.step("a program of another version is loaded whole", async () => {
    const pool = new LivePool(calmPool());
    await using visit = await follow(browser, pool);
    await visit.page.evaluate("window.mark = 'old'");
    const daemon = { ...calmPool().daemon!, version: "9.9.9" };
    pool.become({ ...calmPool(), daemon, now: NOW + 3 * SECOND });
    await eventually(async () => {
      await visit.page.clock.runFor(500);
      return await visit.page.evaluate("window.mark").catch(() => "loading") === undefined;
    });
  });
});

const large = largePool({ nodes: 2_000, labels: 40, providers: 5, missing: 6 });

/** The plain pages' test has it in all schemes and widths; here with everything that it can have. */
const looks = [
  { name: "new", pool: newPool(), scheme: "dark", width: 320 },
  { name: "calm", pool: calmPool(), scheme: "dark", width: 1280 },
  { name: "troubled", pool: troubledPool(), scheme: "light", width: 320 },
  { name: "troubled", pool: troubledPool(), scheme: "dark", width: 3840 },
  { name: "large", pool: large, scheme: "light", width: 1280 },
] as const;

testNeeding(["chromium"], "the dashboard hinders nobody, whatever the pool is like", async (t) => {
  await using browser = await TestBrowser.start();
  for (const { name, pool, ...look } of looks) {
    await t.step(`${name}, ${look.scheme}, ${look.width} pixels`, async () => {
      const live = new LivePool(pool);
      live.site.events = sampleEvents();
      await using visit = await browser.visit(live.site, look);
      await visit.go("/?hours=24");
      await visit.page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)");
      await visit.expectClean(name);
      equal(await visit.overflow(), 0);
    });
  }
  await t.step("without scripts it is whole, and says that it has to be loaded again", async () => {
    await using visit = await browser.visit(openSite(troubledPool()), { hasScripts: false });
    await visit.go("/");
    match(await text(visit, "main"), /load it again[^]*6 things need attention[^]*All servers/);
  });
});
