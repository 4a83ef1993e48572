/** The pages in a real browser: whatever the pool is like, in both schemes, from a telephone to a wall, by mouse and keyboard. */
import { deepEqual, equal, match } from "node:assert/strict";
import { eventually } from "../eventually.ts";
import { testNeeding } from "../needs.ts";
import { openSite } from "../site/open_site.ts";
import { sampleNode, sampleReport } from "../views/sample_pool.ts";
import { TestBrowser, type Visit } from "./browser.ts";
import { type PoolStateName, siteOf } from "./sample_states.ts";

const lists = [
  "/node-list",
  "/label-list",
  "/provider-list",
  "/request-list",
  "/image-list",
  "/job-list",
  "/status",
];
const others = [
  "/history",
  "/history/3999",
  "/nodes/6",
  "/nodes/4007",
  "/explain/noble",
  "/manual",
  "/manual/endpoint",
  "/nonsense",
];

async function look(
  browser: TestBrowser,
  { state, paths, isWhole, ...how }: {
    state: PoolStateName;
    scheme: "light" | "dark";
    width: number;
    paths: readonly string[];
    /** With axe, which takes its time. */
    isWhole: boolean;
  },
): Promise<void> {
  await using visit = await browser.visit(siteOf(state), how);
  for (const path of paths) {
    await visit.go(path);
    const what = `${path}, ${state}, ${how.scheme}, ${how.width}`;
    if (isWhole) await visit.expectClean(what);
    else visit.expectNoComplaint(what);
    equal(await visit.overflow(), 0, what);
  }
}

testNeeding(
  ["chromium"],
  "pages have no errors, hindrances or sideways scrolling, and do their work",
  async (t) => {
    await using browser = await TestBrowser.start();
    const step = async (
      name: string,
      paths: readonly string[],
      how: Omit<Parameters<typeof look>[1], "paths">,
    ) => {
      await t.step(
        `${name}: ${how.state}, ${how.scheme}, ${how.width} pixels`,
        () => look(browser, { paths, ...how }),
      );
    };
    const all = [...lists, ...others];
    await step("everything", all, { state: "troubled", scheme: "light", width: 1280, isWhole: true });
    await step("everything", all, { state: "troubled", scheme: "dark", width: 320, isWhole: true });
    await step("empty lists", lists, { state: "empty", scheme: "dark", width: 1280, isWhole: true });
    await step("long lists", ["/label-list", "/provider-list"], {
      state: "large",
      scheme: "light",
      width: 1280,
      isWhole: true,
    });
    for (const width of [320, 1280, 3840]) {
      await step("long lists", lists, { state: "large", scheme: "light", width, isWhole: false });
    }
    await step("empty lists", lists, { state: "empty", scheme: "light", width: 320, isWhole: false });
    await step("everything", all, { state: "small", scheme: "dark", width: 3840, isWhole: false });

    await t.step(
      "a click sorts a list in place, another the other way round; the address says so",
      async () => {
        await using visit = await browser.visit(siteOf("small"));
        await visit.go("/node-list");
        await visit.page.evaluate("window.isSame = true");
        await visit.page.click("#sort-age");
        await eventually(async () =>
          await attribute(visit, "th:has(#sort-age)", "aria-sort") === "ascending"
        );
        equal(await address(visit), "/node-list?sort=age");
        deepEqual((await ids(visit)).slice(0, 2), ["4000", "4001"]);
        await visit.page.click("#sort-age");
        await eventually(async () =>
          await attribute(visit, "th:has(#sort-age)", "aria-sort") === "descending"
        );
        equal(await address(visit), "/node-list?sort=-age");
        equal(await visit.page.evaluate("document.activeElement.id"), "sort-age");
        await visit.page.goBack();
        await eventually(async () =>
          await attribute(visit, "th:has(#sort-age)", "aria-sort") === "ascending"
        );
        equal(await visit.page.evaluate("window.isSame"), true);
        visit.expectNoComplaint("sorting");
      },
    );

    await t.step(
      "a click on a state and a choice of a provider narrow it, and Clear undoes that",
      async () => {
        await using visit = await browser.visit(siteOf("large"));
        await visit.go("/node-list");
        match(await visit.page.innerText(".pager"), /1–200 of 2,000 nodes/);
        await visit.page.click("#state-hold");
        await eventually(async () => (await address(visit)) === "/node-list?state=hold");
        match(await visit.page.innerText("[role=status].unseen"), /^\d+ nodes$/);
        await visit.page.selectOption("#filter-provider", "cloud-1");
        await eventually(async () => (await address(visit)).includes("provider=cloud-1"));
        const held = await visit.page.locator("tbody .state").allInnerTexts();
        deepEqual(new Set(held), new Set(["hold"]));
        await visit.page.click("#clear");
        await eventually(async () => (await address(visit)) === "/node-list?state=hold");
        visit.expectNoComplaint("narrowing");
      },
    );

    await t.step(
      "the keyboard reaches the way past the navigation, the filters, the order and the rows",
      async () => {
        await using visit = await browser.visit(siteOf("small"));
        await visit.go("/node-list");
        const reached: string[] = [];
        for (let presses = 0; presses < 45; presses++) {
          await visit.page.keyboard.press("Tab");
          reached.push(
            await visit.page.evaluate(
              "document.activeElement.id || document.activeElement.textContent.trim()",
            ),
          );
        }
        equal(reached[0], "Skip to the content");
        for (
          const place of ["Nodes", "state-hold", "filter-provider", "filter-label", "sort-state", "4000"]
        ) {
          equal(reached.includes(place), true, `${place} in ${reached}`);
        }
        await visit.go("/node-list");
        await visit.page.keyboard.press("Tab");
        await visit.page.keyboard.press("Enter");
        equal(await visit.page.evaluate("document.activeElement.id"), "main");
      },
    );

    await t.step(
      "without scripts the same links and forms narrow and sort, and nothing offers what cannot work",
      async () => {
        await using visit = await browser.visit(siteOf("small"), { hasScripts: false });
        await visit.go("/node-list");
        await visit.page.click("#sort-age");
        equal(await address(visit), "/node-list?sort=age");
        await visit.page.selectOption("#filter-label", "jammy");
        await visit.page.click("button:has-text('Apply')");
        match(await address(visit), /sort=age.*label=jammy|label=jammy.*sort=age/);
        deepEqual(await ids(visit), ["4001", "4003", "4005", "4007"]);
        await visit.go("/nodes/4007");
        equal(await visit.page.locator("button.copy").count(), 0);
      },
    );

    await t.step("under another name than this machine's a page leads to the right one", async () => {
      await using visit = await browser.visit(siteOf("small"));
      await visit.go("/status");
      const { port } = new URL(visit.page.url());
      await visit.go(`http://elsewhere.example:${port}/node-list`);
      await visit.expectClean("another name");
      await visit.page.click("nav a:has-text('Nodes')");
      equal(visit.page.url(), `http://127.0.0.1:${port}/node-list`);
    });

    await t.step("paper gets the rows, without what only a screen can do", async () => {
      await using visit = await browser.visit(siteOf("small"));
      await visit.page.emulateMedia({ media: "print" });
      await visit.go("/node-list");
      for (const place of ["nav", "form.filters", ".chips", ".skip"]) {
        equal(await visit.page.locator(place).first().isVisible(), false, place);
      }
      equal(await visit.page.locator("tbody td[data-name=ID]").first().isVisible(), true);
    });

    await t.step("a command is copied by its button", async () => {
      await using visit = await browser.visit(siteOf("small"));
      await visit.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      await visit.go("/nodes/4007");
      await visit.page.click("button[aria-label='Copy nodepool ssh 4007']");
      await eventually(async () =>
        await visit.page.evaluate("navigator.clipboard.readText()") === "nodepool ssh 4007"
      );
      visit.expectNoComplaint("copying");
    });

    await t.step(
      "names that look like markup, run from right to left or never end are shown, and do nothing",
      async () => {
        const evil =
          `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202Egnp.exe`;
        const name = `${evil}${"W".repeat(200)}`;
        const nodes = [
          sampleNode({ id: 6, label: name, provider: name, comment: name, job: name, hostname: name }),
        ];
        await using visit = await browser.visit(openSite(sampleReport({ nodes })), { width: 320 });
        for (const path of ["/node-list", "/nodes/6", `/node-list?label=${encodeURIComponent(name)}`]) {
          await visit.go(path);
          await visit.expectClean(path);
          equal(await visit.overflow(), 0, path);
          equal((await visit.page.title()).includes("owned"), false, path);
        }
      },
    );
  },
);

async function address({ page }: Visit): Promise<string> {
  const { pathname, search } = new URL(page.url());
  return await Promise.resolve(pathname + search);
}

async function attribute({ page }: Visit, selector: string, name: string): Promise<string | null> {
  return await page.locator(selector).getAttribute(name);
}

async function ids({ page }: Visit): Promise<string[]> {
  return await page.locator("tbody td[data-name=ID]").allInnerTexts();
}
