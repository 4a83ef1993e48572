/** Parts that several pages have: names with values, text with commands in it, a command to copy. */
import { html } from "hono/html";
import type { Markup } from "./page.ts";

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

/** What stands between backticks as code. */
export function withCode(text: string): Markup[] {
  return text.split(/`([^`]+)`/).map((part, index) =>
    index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`
  );
}

/** A command as it is typed; where scripts run, with a button that copies it. */
export function renderCommand(command: string): Markup {
  return html`<p class="command"><code data-copy>${command}</code></p>`;
}
