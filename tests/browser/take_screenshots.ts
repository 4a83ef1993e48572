/**
 * Pictures of the pages, to look at: every page in every state of a pool, in both schemes and three widths.
 * `scripts/screenshots FOLDER [TEXT…]`: with texts only those whose names have all of them in.
 */
import { TestBrowser } from "./browser.ts";
import { poolStates, siteOf } from "./sample_states.ts";

const [folder, ...wanted] = Deno.args;
if (folder === undefined) {
  console.error("say where the pictures are to go: scripts/screenshots FOLDER [TEXT...]");
  Deno.exit(2);
}

const pages: Readonly<Record<string, string>> = {
  overview: "/",
  nodes: "/node-list",
  labels: "/label-list",
  providers: "/provider-list",
  requests: "/request-list",
  images: "/image-list",
  jobs: "/job-list",
  status: "/status",
  history: "/history",
  gone: "/history/3999",
  node: "/nodes/6",
  held: "/nodes/4007",
  explanation: "/explain/noble",
  manual: "/manual",
  topic: "/manual/troubleshooting",
  error: "/nonsense",
};

/** Of a picture: a longer page goes on in the same way. */
const MOST_HEIGHT = 2_200;

await Deno.mkdir(folder, { recursive: true });
await using browser = await TestBrowser.start();
for (const state of poolStates) {
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [320, 1280, 3840]) {
      const names = Object.keys(pages).map((page) => ({ page, name: `${page}-${state}-${scheme}-${width}` }))
        .filter(({ name }) => wanted.every((text) => name.includes(text)));
      if (names.length === 0) continue;
      await using visit = await browser.visit(siteOf(state), { scheme, width });
      for (const { page, name } of names) {
        await visit.go(pages[page]!);
        const height = Math.min(MOST_HEIGHT, await visit.page.evaluate<number>("document.body.scrollHeight"));
        const clip = { x: 0, y: 0, width, height };
        await visit.page.screenshot({ path: `${folder}/${name}.png`, fullPage: true, clip });
        console.log(`${name}.png`);
      }
    }
  }
}
