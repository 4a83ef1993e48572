/** The pages in a real browser: whatever the pool is like, in both schemes and from a telephone to a wall. */
import { equal } from "node:assert/strict";
import { testNeeding } from "../needs.ts";
import { TestBrowser } from "./browser.ts";
import { poolStates, siteOf } from "./sample_states.ts";

const paths = [
  "/",
  "/node-list",
  "/label-list",
  "/provider-list",
  "/request-list",
  "/image-list",
  "/dib-image-list",
  "/job-list",
  "/status",
  "/history",
  "/explain/noble",
  "/manual",
  "/manual/endpoint",
  "/nonsense",
];

const looks = [{ scheme: "light", width: 320 }, { scheme: "dark", width: 1280 }, {
  scheme: "light",
  width: 3840,
}] as const;

testNeeding(
  ["chromium"],
  "no page has errors, hindrances or sideways scrolling, whatever the pool is like",
  async (t) => {
    await using browser = await TestBrowser.start();
    for (const state of poolStates.filter((name) => name !== "large")) {
      for (const look of looks) {
        await t.step(`${state}, ${look.scheme}, ${look.width} pixels`, async () => {
          await using visit = await browser.visit(siteOf(state), look);
          for (const path of paths) {
            await visit.go(path);
            await visit.expectClean(path);
            equal(await visit.overflow(), 0, path);
          }
        });
      }
    }
  },
);
