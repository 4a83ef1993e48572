/** `/explain/NAME`: an explanation in the form that was asked for. */
import { html } from "hono/html";
import type { History } from "../domain/history.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { renderExplanation } from "../views/explain/render_explanation.ts";
import { viewExplanation, whyNotExplained } from "../views/explain/view_explanation.ts";
import type { ListFormat } from "./negotiate.ts";
import { type PageFrame, renderPage } from "./page.ts";
import { SiteError } from "./site_error.ts";

/** @throws SiteError (404) where nothing has that name, 410 where the node that had it is gone */
export async function explanationBody(
  report: PoolReport,
  { name, format, history, frame }: { name: string; format: ListFormat; history: History; frame: PageFrame },
): Promise<string> {
  const view = viewExplanation(report, name);
  if (view === null) {
    const { status, message } = await whyNotExplained(name, { history, report });
    throw new SiteError(status, message);
  }
  if (format === "json") return JSON.stringify(view);
  const text = renderExplanation(view);
  if (format !== "html") return text;
  const body = html`<pre tabindex="0">${text}</pre>
<p><a href="?format=json">JSON</a></p>`;
  return renderPage({ frame, heading: `${view.subject.kind} ${view.subject.name}`, body });
}
