/**
 * A real browser for the tests of the pages: Debian's chromium, without the windows and menus that nobody sees here and that
 * took half of its work; one process a test file. A visit is a window of its own on a site in this process; it fails its test
 * for anything in the console, for what the page may not load, and for hindrances that axe finds.
 */
import { deepEqual } from "node:assert/strict";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { serveSite } from "../../src/site/serve_site.ts";
import { PATIENCE } from "../eventually.ts";
import type { OpenSite } from "../site/open_site.ts";

interface Look {
  /** By default light. */
  readonly scheme?: "light" | "dark";
  /** In CSS pixels; by default 1280. */
  readonly width?: number;
  /** By default true. */
  readonly hasScripts?: boolean;
}

export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<TestBrowser> {
    // Chromium has no sandbox for root.
    const args = [
      "--host-resolver-rules=MAP elsewhere.example 127.0.0.1",
      ...(Deno.uid() === 0 ? ["--no-sandbox"] : []),
    ];
    return new TestBrowser(
      await chromium.launch({ executablePath: "/usr/bin/chromium-headless-shell", args, timeout: PATIENCE }),
    );
  }

  /** Opens a window on the site; `go` leads to its pages. */
  async visit(
    site: OpenSite,
    { scheme = "light", width = 1280, hasScripts = true }: Look = {},
  ): Promise<Visit> {
    const served = serveSite(site, { listen: [{ hostname: "127.0.0.1", port: 0 }], streams: 8 });
    const context = await this.#browser.newContext({
      baseURL: served.urls[0]!,
      colorScheme: scheme,
      javaScriptEnabled: hasScripts,
      viewport: { width, height: Math.max(600, Math.round(width * 9 / 16)) },
    });
    context.setDefaultTimeout(PATIENCE);
    return new Visit(await context.newPage(), async () => {
      await context.close();
      await served[Symbol.asyncDispose]();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

export class Visit implements AsyncDisposable {
  readonly page: Page;
  readonly #end: () => Promise<void>;
  readonly #complaints: string[] = [];

  constructor(page: Page, end: () => Promise<void>) {
    this.page = page;
    this.#end = end;
    page.on("console", (message) => {
      const isBad = message.type() === "error" || message.type() === "warning";
      // The answer to the page itself may be an error: its page is looked at.
      if (isBad && message.location().url !== page.url()) this.#complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.#complaints.push(String(error)));
  }

  async go(path: string): Promise<void> {
    await this.page.goto(path, { waitUntil: "load" });
  }

  /** Fails for what the browser complained of since the last time, and for what hinders people. */
  async expectClean(what: string): Promise<void> {
    this.expectNoComplaint(what);
    deepEqual(await this.#hindrances(), [], what);
  }

  expectNoComplaint(what: string): void {
    deepEqual(this.#complaints.splice(0), [], what);
  }

  /** How many pixels of the page lie to the right of the window. */
  async overflow(): Promise<number> {
    return await this.page.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
  }

  async #hindrances(): Promise<string[]> {
    // Evaluated by the browser's debugger, which the page's policy does not bind.
    await this.page.evaluate(axe.source);
    // All that is well would be described, too, and handed over.
    const violations = await this.page.evaluate<axe.Result[]>(
      "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)",
    );
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`)
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}
