/** `/explain/NAME`: an explanation in the form that was asked for. On its page the obstacles and what cures them come first. */
import { html } from "hono/html";
import type { History } from "../domain/history.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { ExplanationView } from "../views/explain/explanation.ts";
import { renderExplanation } from "../views/explain/render_explanation.ts";
import { viewExplanation, whyNotExplained } from "../views/explain/view_explanation.ts";
import { link, listAddress } from "./links.ts";
import type { ListFormat } from "./negotiate.ts";
import {
  type Markup,
  moment,
  type PageFrame,
  readable,
  renderFacts,
  renderFailure,
  renderPage,
} from "./page.ts";
import { SiteError } from "./failure_body.ts";

/** @throws SiteError (404) where nothing has that name, 410 where the node that had it is gone */
export async function explanationBody(
  report: PoolReport,
  { name, format, history, frame }: {
    name: string;
    format: ListFormat;
    history: History;
    frame: PageFrame;
  },
): Promise<string> {
  const view = viewExplanation(report, name);
  if (view === null) {
    const { status, message } = await whyNotExplained(name, { history, report });
    throw new SiteError(status, message);
  }
  if (format === "json") return JSON.stringify(view);
  return format === "html" ? renderExplanationPage(view, frame) : renderExplanation(view);
}

function renderExplanationPage(view: ExplanationView, frame: PageFrame): string {
  const { subject, summary, obstacles, facts, next, errors, also } = view;
  const body = html`<p class="lead">${readable(summary)}</p>
${obstacles.map(renderObstacle)}
${next.length === 0 ? "" : renderNext(next)}
<h2>Facts</h2>
${renderFacts(facts.map(({ name, value }) => [name, readable(value)]))}
${
    errors.length === 0
      ? ""
      : html`<h2>Last errors</h2>${errors.map((error) => renderFailure(error.of, error))}`
  }
${renderWays(view)}
${
    also.length === 0 ? "" : html`<p class="muted">Also of that name: ${
      also.map((one) =>
        html`
          ${link(`/explain/${encodeURIComponent(one)}`, one)}
        `
      )
    }</p>`
  }`;
  const heading = `${subject.kind.charAt(0).toUpperCase()}${subject.kind.slice(1)} ${subject.name}`;
  return renderPage({ frame, heading, body });
}

/** In words that somebody can act on: whether it may pass by itself, or somebody has to do something. */
const cures = {
  time: "may pass by itself",
  repair: "needs repair",
  configuration: "needs a different configuration",
};

function renderObstacle(
  { provider, message, since, until, cure, remedy, manual }: ExplanationView["obstacles"][number],
): Markup {
  return html`<section class="card ${cure === "time" ? "warn" : "bad"}">
<h2>${provider === null ? "" : `${provider}: `}${readable(message)}</h2>
${remedy === null ? "" : html`<p>${readable(`${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}`)}.</p>`}
<p class="small muted">${[
    html`This ${cures[cure]}`,
    ...(since === null ? [] : [html`, since ${moment(since)}`]),
    ...(until === null ? [] : [html`, until ${moment(until)}`]),
  ]}.${
    manual === null ? "" : html`
      ${link(`/manual/${manual}`, `Manual: ${manual}`)}
    `
  }</p>
</section>`;
}

function renderNext(next: ExplanationView["next"]): Markup {
  return html`<h2>Next</h2>
<ol class="next">${
    next.map(({ at, what }) =>
      html`<li>${
        at === null ? "" : html`
          ${moment(at)}:
        `
      }${readable(what)}</li>`
    )
  }</ol>`;
}

/** To the nodes that it is about, and to the explanation as a program reads it. */
function renderWays({ subject: { kind, name } }: ExplanationView): Markup {
  const nodes = kind === "label" || kind === "provider"
    ? [link(listAddress("/node-list", { asked: new URLSearchParams({ [kind]: name }) }), "Its nodes"), ", "]
    : kind === "node" && /^\d+$/.test(name)
    ? [link(`/nodes/${name}`, "All about it"), ", "]
    : [];
  const address = `/explain/${encodeURIComponent(`${kind}:${name}`)}`;
  const forms = html`${link(`${address}?format=text`, "text")}, ${link(`${address}?format=json`, "JSON")}`;
  return html`<p class="screen">${nodes}${forms}</p>`;
}
