/** Parts that several pages have: names with values, text with commands in it, a command to copy. */
import { html } from "hono/html";
import type { ExplanationView } from "../views/explain/explanation.ts";
import { type Markup, moment } from "./page.ts";

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

/** What went wrong with that thing, with what there is of evidence. */
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

/** A command as it is typed; where scripts run, with a button that copies it. */
export function renderCommand(command: string): Markup {
  return html`<p class="command"><code data-copy>${command}</code></p>`;
}
