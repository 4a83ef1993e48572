/**
 * The frame of every page: skip link, navigation, content, and a footer that says how old the page is; and parts that several
 * have. Works without scripts, loads nothing from anywhere else, escapes everything.
 */
import { html, raw } from "hono/html";
import type { PoolReport } from "../domain/pool_report.ts";
import { visibleText } from "../lib/visible_text.ts";
import { isoTime } from "../views/view_head.ts";
import { assets } from "./add_assets.ts";
import type { ExplanationView } from "../views/explain/explanation.ts";

/** The result of hono's `html`: text in which everything put in has been escaped. */
export type Markup = ReturnType<typeof html>;

/** The same on all pages of an answer. */
export interface PageFrame {
  /** Of the pool. */
  readonly title: string;
  /** Of the program; null: no daemon runs. */
  readonly version: string | null;
  /** The moment that the page shows, in ISO 8601; null: it shows nothing of the pool. */
  readonly at: string | null;
  /** Of the page's address: its entry in the navigation is marked. */
  readonly path: string;
}

export function pageFrame(report: PoolReport, path: string): PageFrame {
  return {
    title: report.config?.status.title ?? "nodepool",
    version: report.daemon?.version ?? null,
    at: isoTime(report.now, report),
    path,
  };
}

interface Page {
  readonly frame: PageFrame;
  readonly heading: string;
  readonly body: Markup;
  /** In the tab's title; not given: 0. */
  readonly problems?: number;
  /** Besides the one that all pages have; each is a route. */
  readonly scripts?: readonly string[];
  /** Where links lead to that begin with `/`; not given: to where the page is from, which has all that it loads. */
  readonly base?: string | undefined;
}

const pages = {
  "/": "Overview",
  "/node-list": "Nodes",
  "/label-list": "Labels",
  "/provider-list": "Providers",
  "/request-list": "Requests",
  "/image-list": "Images",
  "/dib-image-list": "Builds",
  "/job-list": "Jobs",
  "/history": "History",
  "/status": "Status",
  "/manual": "Manual",
} as const;

/** Where pages below a folder belong. */
const sections: Readonly<Record<string, keyof typeof pages>> = { nodes: "/node-list" };

export function pageName(path: string): string {
  return (pages as Readonly<Record<string, string>>)[path] ?? path;
}

export function renderPage({ frame, heading, body, problems = 0, scripts = [], base }: Page): string {
  const page = String(html`
    ${raw("<!doctype html>")}
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${problems === 0 ? "" : `(${problems}) `}${heading} – ${frame.title}</title>
        ${base === undefined ? loadedParts(scripts) : ownParts(base)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <a class="brand" href="/">${frame.title}</a>
          <nav aria-label="Pages"><ul>${navigation(frame.path)}</ul></nav>
        </header>
        <main id="main" tabindex="-1">
    <h1>${heading}</h1>
    ${body}
        </main>
        ${footer(frame)}
      </body>
    </html>
  `);
  return `${page.trim().replaceAll(TURNED_TEXT, (text) => text.replaceAll(TURNING, visibleText))}\n`;
}

/** Text between two tags, with characters in it that turn the direction of writing for all that follows. */
const TURNED_TEXT = />[^<]*[\u202a-\u202e\u2066-\u2069][^<]*</g;
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

function loadedParts(scripts: readonly string[]): Markup {
  return html`<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
${["/pages.js", ...scripts].map((path) => html`<script type="module" src="${path}"></script>`)}`;
}

/** Browsers let a page load nothing from under another name. */
function ownParts(base: string): Markup {
  return html`
    <base href="${base}">
    <style>${raw(assets["/style.css"].text)}</style>
  `;
}

function navigation(path: string): Markup[] {
  const [, folder = ""] = path.split("/");
  const current = sections[folder] ?? `/${folder}`;
  return Object.entries(pages).map(([href, name]) =>
    html`<li><a href="${href}"${href === current ? raw(' aria-current="page"') : ""}>${name}</a></li>`
  );
}

function footer({ version, at }: PageFrame): Markup {
  const age = at === null ? "" : html`
    As of ${moment(at)}<span data-age="${at}"></span>.
  `;
  return html`
    <footer>
      <p>${version === null ? "nodepool" : `nodepool ${version}`}.${age}</p>
    </footer>
  `;
}

/** A moment in ISO 8601, to the second. */
export function moment(iso: string): Markup {
  return html`<time datetime="${iso}">${momentText(iso)}</time>`;
}

/** `2026-01-02 03:04:05 UTC`, of ISO 8601. */
export function momentText(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}

type Failure = Omit<ExplanationView["errors"][number], "of">;

type Content = Markup | Markup[] | string;

export function renderFacts(facts: readonly (readonly [name: string, value: Content])[]): Markup {
  return html`<dl class="facts">${
    facts.map(([name, value]) =>
      html`
        <dt>${name}</dt>
        <dd>${value}</dd>
      `
    )
  }</dl>`;
}

const PARTS = /(`[^`]+`|\d{4}-\d\d-\d\dT[\d:]{8}(?:\.\d+)?Z|nodepool manual [a-z][\w-]*)/;

/**
 * Text as people read it: commands, which stand between backticks, as code, moments without letters and fractions, and the
 * command that shows a part of the manual as a link to that part.
 */
export function readable(text: string): Markup[] {
  return text.split(PARTS).map((part, index) => {
    if (index % 2 === 0) return html`${part}`;
    if (part.startsWith("`")) return html`<code>${part.slice(1, -1)}</code>`;
    if (!part.startsWith(MANUAL)) return moment(part);
    return html`<a href="/manual/${part.slice(MANUAL.length)}">${part}</a>`;
  });
}

const MANUAL = "nodepool manual ";

export function renderFailure(of: string, { at, error, request_id, fault, console }: Failure): Markup {
  return html`<section class="card bad">
<p><b>${of}</b>: ${readable(error)}</p>
${fault === null ? "" : html`<p>Server fault: ${fault}</p>`}
${
    at === null && request_id === null
      ? ""
      : html`<p class="small muted">${at === null ? "" : moment(at)} ${request_id ?? ""}</p>`
  }
${console === null ? "" : renderConsole(console)}
</section>`;
}

export function renderConsole(text: string): Markup {
  return html`<pre tabindex="0" role="region" aria-label="Console">${text}</pre>`;
}
