/** All that pages load besides themselves: the style sheet, their script, the icon of their tab. */
import type { Hono } from "hono";
import { etag } from "hono/etag";
import charts from "./assets/charts.css" with { type: "text" };
import dashboardScript from "./assets/dashboard.js" with { type: "text" };
import dashboardStyle from "./assets/dashboard.css" with { type: "text" };
import favicon from "./assets/favicon.svg" with { type: "text" };
import script from "./assets/pages.js" with { type: "text" };
import style from "./assets/style.css" with { type: "text" };

export const assets = {
  "/style.css": { type: "text/css", text: style + charts + dashboardStyle },
  "/pages.js": { type: "text/javascript", text: script },
  "/dashboard.js": { type: "text/javascript", text: dashboardScript },
  "/favicon.svg": { type: "image/svg+xml", text: favicon },
} as const;

export function addAssets(app: Hono): void {
  for (const [path, { type, text }] of Object.entries(assets)) {
    app.use(path, etag());
    app.get(path, (context) => {
      // Asked for each time, so that a page never has those of another version.
      context.header("cache-control", "no-cache");
      return context.body(text, 200, { "content-type": `${type}; charset=utf-8` });
    });
  }
}
