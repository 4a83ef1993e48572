/** The manual's list of topics, and one topic, as pages or as Markdown. Loaded when somebody asks for it. */
import { html, raw } from "hono/html";
import { findInManual, notFoundMessage, topics } from "../manual/manual.ts";
import type { Section, Topic } from "../manual/parse_topic.ts";
import { renderHtml } from "../manual/render_html.ts";
import { type Markup, type PageFrame, readable, renderPage } from "./page.ts";
import { SiteError } from "./failure_body.ts";

export function manualListPage({ form, frame }: { form: "html" | "markdown"; frame: PageFrame }): string {
  if (form === "markdown") {
    const lines = topics.map(({ name, summary }) => `- [${name}](/manual/${name}): ${summary}\n`);
    return `# Manual\n\n${lines.join("")}`;
  }
  const items = topics.map(({ name, title, summary }) =>
    html`
      <dt><a href="/manual/${name}">${title}</a></dt>
      <dd>${readable(summary)}</dd>
    `
  );
  return renderPage({ frame, heading: "Manual", body: html`<dl class="facts topics">${items}</dl>` });
}

/** @throws SiteError 404 */
export function findManualPage(name: string): { readonly topic: Topic; readonly section: Section | null } {
  const found = findInManual([name]);
  if (found === null) throw new SiteError(404, notFoundMessage([name]));
  return found;
}

export function manualTopicPage(topic: Topic, frame: PageFrame): string {
  const text = raw(renderHtml(topic));
  const body = html`<div class="manual">
${renderContents(topic)}
<article>
${text}
<p class="screen"><a href="/manual">All topics</a>, <a href="/manual/${topic.name}.md">Markdown</a></p>
</article>
</div>`;
  return renderPage({ frame, heading: topic.title, body });
}

/** The headings of the topic, those of its second level. */
function renderContents({ sections }: Topic): Markup {
  const main = sections.filter(({ text }) => text.startsWith("## "));
  if (main.length < 2) return html``;
  return html`
    <nav class="contents screen" aria-label="Contents">
      <h2>Contents</h2>
      <ul>${main.map(({ names, title }) =>
        html`<li><a href="#${names[0]}">${title.replaceAll("`", "")}</a></li>`
      )}</ul>
    </nav>
  `;
}
