/** `/explain/NAME`: an explanation in the form that was asked for. */
import { html } from "hono/html";
import type { PoolReport } from "../domain/pool_report.ts";
import { renderExplanation } from "../views/explain/render_explanation.ts";
import { viewExplanation } from "../views/explain/view_explanation.ts";
import type { ListFormat } from "./negotiate.ts";
import { renderPage } from "./page.ts";
import { SiteError } from "./site_error.ts";

/** @throws SiteError (404) where nothing has that name */
export function explanationBody(
  report: PoolReport,
  { name, format, title }: { name: string; format: ListFormat; title: string },
): string {
  const view = viewExplanation(report, name);
  if (view === null) {
    throw new SiteError(404, `there is no label, provider, image, node or request ${name}`);
  }
  if (format === "json") return JSON.stringify(view);
  const text = renderExplanation(view);
  if (format !== "html") return text;
  const body = html`<pre tabindex="0">${text}</pre>
<p><a href="?format=json">JSON</a></p>`;
  return renderPage({ title, heading: `${view.subject.kind} ${view.subject.name}`, body });
}
