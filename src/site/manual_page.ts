/** The manual's list of topics, and one topic, as pages or as Markdown. Loaded when somebody asks for it. */
import { html, raw } from "hono/html";
import { findInManual, notFoundMessage, topics } from "../manual/manual.ts";
import type { Section, Topic } from "../manual/parse_topic.ts";
import { renderHtml } from "../manual/render_html.ts";
import { type PageFrame, renderPage } from "./page.ts";
import { SiteError } from "./site_error.ts";

interface Shown {
  readonly form: "html" | "markdown";
  readonly frame: PageFrame;
}

export function manualListPage({ form, frame }: Shown): string {
  if (form === "markdown") {
    const lines = topics.map(({ name, summary }) => `- [${name}](/manual/${name}): ${summary}\n`);
    return `# Manual\n\n${lines.join("")}`;
  }
  const items = topics.map(({ name, title, summary }) =>
    html`
      <dt><a href="/manual/${name}">${title}</a></dt>
      <dd>${summary}</dd>
    `
  );
  return renderPage({ frame, heading: "Manual", body: html`<dl>${items}</dl>` });
}

/** @throws SiteError 404 */
export function findManualPage(name: string): { readonly topic: Topic; readonly section: Section | null } {
  const found = findInManual([name]);
  if (found === null) throw new SiteError(404, notFoundMessage([name]));
  return found;
}

/** Where a browser finds a section. */
export function sectionAddress(topic: Topic, section: Section): string {
  return `/manual/${topic.name}#${section.names[0]}`;
}

export function manualTopicPage(topic: Topic, frame: PageFrame): string {
  const body = raw(renderHtml(topic.text, { topic: topic.name, sections: topic.sections }));
  const more = html`<p><a href="/manual">All topics</a>, <a href="/manual/${topic.name}.md">Markdown</a></p>`;
  return renderPage({ frame, heading: topic.title, body: html`${body}${more}` });
}
