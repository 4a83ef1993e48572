/** One node as a page. */
import { html } from "hono/html";
import type { NodeDetailsView } from "../views/node_details.ts";
import { factsOf } from "../views/node_facts.ts";
import { type PageFrame, renderPage } from "./page.ts";

export function renderNodePage({ node }: NodeDetailsView, frame: PageFrame): string {
  const facts = factsOf(node).map(([name, value]) =>
    html`
      <dt>${name}</dt>
      <dd>${value}</dd>
    `
  );
  const console = node.evidence?.console ?? null;
  const evidence = console === null ? "" : html`<h2>Console</h2>
<pre tabindex="0">${console}</pre>`;
  const body = html`<dl>
${facts}</dl>
${evidence}
<p><a href="/nodes/${node.id}?format=json">JSON</a>, <a href="/nodes/${node.id}/metadata">metadata</a></p>`;
  return renderPage({ frame, heading: `Node ${node.id}`, body });
}
