/** Markdown as HTML, every text escaped: anything that looks like HTML in it is shown literally. */
import { html } from "hono/html";
import { Marked, type Tokens } from "marked";
import { linkTarget } from "./manual.ts";
import { slug, type Topic } from "./parse_topic.ts";

/** Without the first heading, which the page shows by itself. The names of sections become ids. */
export function renderHtml(
  { name: topic, text, sections }: Pick<Topic, "name" | "text" | "sections">,
): string {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        if (depth === 1) return "";
        const names = sections.find(({ names }) => names.includes(slug(text)))?.names ?? [slug(text)];
        const [first, ...others] = names.map(escapeHtml);
        const anchors = others.map((name) => `<a id="${name}"></a>`).join("");
        return `<h${depth} id="${first}">${anchors}${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const target = linkTarget(href, topic);
        if (target === null) return text;
        const fragment = target.section === null ? "" : `#${target.section}`;
        return `<a href="/manual/${escapeHtml(target.topic + fragment)}">${text}</a>`;
      },
      table(token) {
        return `<div class="scroll" role="region" aria-label="table" tabindex="0">${
          tableOf(token, (cell) => this.parser.parseInline(cell.tokens))
        }</div>\n`;
      },
      code: ({ text }) => `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>\n`,
      html: ({ text }) => escapeHtml(text),
      image: ({ text }) => escapeHtml(text),
    },
  });
  return marked.parse(text, { async: false });
}

function tableOf({ header, rows }: Tokens.Table, inline: (cell: Tokens.TableCell) => string): string {
  const heads = header.map((cell) => `<th scope="col">${inline(cell)}</th>`).join("");
  const lines = rows.map((row) => `<tr>${row.map((cell) => `<td>${inline(cell)}</td>`).join("")}</tr>`);
  return `<table><thead><tr>${heads}</tr></thead><tbody>${lines.join("\n")}</tbody></table>`;
}

function escapeHtml(text: string): string {
  return String(html`${text}`);
}
