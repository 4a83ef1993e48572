/** The time line of a node's life: one bar with a part for each phase, and the same as a table. */
import { html } from "hono/html";
import { SECOND, spacedDuration } from "../domain/time.ts";
import type { NodeDetails } from "../views/node_details.ts";
import { type Markup, moment } from "./page.ts";

type Stretches = NonNullable<NodeDetails["time_line"]>;

/** Of the bar, in its own units. */
const WIDTH = 1_000;

/** The least part, so that something of each phase is seen. */
const LEAST = 4;

export function renderPhases(stretches: Stretches): Markup {
  if (stretches.length === 0) return html``;
  const whole = stretches.reduce((sum, { duration }) => sum + duration, 0);
  return html`<h2>Time line</h2>
<div class="card">
${renderBar(stretches, Math.max(1, whole))}
<div class="scroll plain" role="region" aria-label="time line" tabindex="0">
<table><thead><tr><th scope="col">Phase</th><th scope="col" class="number">Took</th><th scope="col">From</th></tr></thead>
<tbody>
${
    stretches.map(({ phase, state, duration, from }) =>
      html`
        <tr>
          <td><span class="state state-${state}">${phase}</span></td>
          <td class="number">${lengthOf(duration)}</td>
          <td class="is-time">${moment(from)}</td>
        </tr>
      `
    )
  }</tbody></table>
</div>
<p class="small muted">${lengthOf(whole)} in all</p>
</div>`;
}

function renderBar(stretches: Stretches, whole: number): Markup {
  let at = 0;
  const parts = stretches.map(({ phase, state, duration }) => {
    const width = Math.max(LEAST, duration / whole * WIDTH);
    const part = html`
      <rect class="fill-${state}" x="${at.toFixed(1)}" width="${width.toFixed(1)}" height="16">
        <title>${phase}: ${lengthOf(duration)}</title>
      </rect>
    `;
    at += width + 1;
    return part;
  });
  // The table below says the same.
  return html`
    <svg class="phases" viewBox="0 0 ${Math.ceil(at)} 16" preserveAspectRatio="none"
      aria-hidden="true">${parts}</svg>
  `;
}

function lengthOf(seconds: number): string {
  return seconds < 1 ? "0s" : spacedDuration(seconds * SECOND);
}
