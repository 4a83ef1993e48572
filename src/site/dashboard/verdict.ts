/** The first thing that one reads: all is well, or what needs attention, since when, why, and what to do about it. */
import { html } from "hono/html";
import type { Moment } from "../../domain/time.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import type { PoolProblem } from "../../views/pool_problem.ts";
import { type Markup, readable } from "../page.ts";
import { age, countdown } from "./moments.ts";
import { thingLink } from "../links.ts";

/** More of them are folded away. */
const OPEN = 4;
/** Ways out of one; its explanation has them all. */
const WAYS = 2;

export function renderVerdict(dashboard: Dashboard): Markup {
  const { problems: { rows, total } } = dashboard;
  if (total === 0) {
    return html`
      <section id="verdict" class="verdict good" aria-labelledby="verdict-title">
        <h2 id="verdict-title"><span role="status">All is well</span></h2>
        <p>Nothing needs attention now.</p>
      </section>
    `;
  }
  const items = rows.map((problem) => renderProblem(problem, dashboard));
  const folded = items.length - OPEN;
  const rest = folded <= 0 ? "" : html`
    <details id="further-problems">
      <summary>${folded} more</summary>
      <ol>${items.slice(OPEN)}</ol>
    </details>
  `;
  const unseen = total - rows.length;
  return html`<section id="verdict" class="verdict bad" aria-labelledby="verdict-title">
<h2 id="verdict-title"><span role="status">${
    total === 1 ? "1 thing needs" : `${total} things need`
  } attention</span></h2>
<ol>${items.slice(0, OPEN)}</ol>
${rest}
${unseen > 0 ? html`<p class="more"><a href="/status">${unseen} more problems</a></p>` : ""}
</section>`;
}

function renderProblem(problem: PoolProblem, moment: Moment): Markup {
  const { message, thing } = problem;
  return html`
    <li class="problem" data-key="${message.slice(0, 80)}">
    <h3>${readable(message)}</h3>
    ${remediesOf(problem)}
    <p class="facts">${factsOf(problem, moment)}${thing === null ? "" : thingLink(thing)}</p>
    </li>
  `;
}

/** The section on problems of its kind stands behind the last way out; without one, alone. */
function remediesOf({ remedies, manual, thing }: PoolProblem): Markup {
  const distinct = [...new Map(remedies.map((one) => [`${one.remedy}\n${one.manual}`, one])).values()];
  const ways = distinct.filter(({ remedy, manual }) => remedy !== null || manual !== null)
    .map(({ remedy, manual }) => ({ text: remedy, sections: manual === null ? [] : [manual] }));
  if (manual !== null && ways.length === 0) ways.push({ text: null, sections: [] });
  if (manual !== null) ways.at(-1)!.sections.push(manual);
  if (ways.length === 0) return html``;
  const lines = ways.slice(0, WAYS).map(({ text, sections }) =>
    html`<li>${text === null ? "" : readable(text)} ${
      sections.map((name) =>
        html`
          <a class="read" href="/manual/${name}">Manual: ${name}</a>
        `
      )
    }</li>`
  );
  const more = ways.length - lines.length;
  return html`<ul class="remedies" aria-label="What to do">${lines}${
    more === 0 || thing === null ? "" : html`<li>${thingLink(thing, `${more} more ways`)}</li>`
  }</ul>`;
}

function factsOf({ since, lastAt, until }: PoolProblem, moment: Moment): Markup {
  return html`${since === null ? "" : html`<span>for ${age(since, moment)}</span>`}${
    lastAt === null ? "" : html`<span>last ${age(lastAt, moment)} ago</span>`
  }${until === null ? "" : html`<span>next attempt ${countdown(until, moment)}</span>`}`;
}
