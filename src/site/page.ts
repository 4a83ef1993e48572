/** The frame of every page: works without scripts, loads nothing from anywhere else, escapes everything. */
import { html, raw } from "hono/html";

/** The result of hono's `html`: text in which everything put in has been escaped. */
export type Markup = ReturnType<typeof html>;

const lists = ["status", "node-list", "label-list", "provider-list", "request-list", "job-list"] as const;

export function renderPage(
  { title, heading, body }: { title: string; heading: string; body: Markup },
): string {
  const links = [...lists, "manual"].map((name) => html`<li><a href="/${name}">${name}</a></li>`);
  const page = String(html`
    ${raw("<!doctype html>")}
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${heading} – ${title}</title>
        <link rel="stylesheet" href="/style.css">
      </head>
      <body>
        <header><a href="/">${title}</a><nav aria-label="Lists"><ul>${links}</ul></nav></header>
        <main>
    <h1>${heading}</h1>
    ${body}
        </main>
      </body>
    </html>
  `);
  return `${page.trim()}\n`;
}
