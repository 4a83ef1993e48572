/** The pool in numbers, each with a line of its last six hours. */
import { html } from "hono/html";
import type { PoolSamples } from "../../domain/samples/pool_samples.ts";
import { type Measure, wholePool } from "../../domain/samples/sample.ts";
import { HOUR } from "../../domain/time.ts";
import { countText } from "../../domain/count_text.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import { renderSparkline } from "../charts/sparkline.ts";
import type { Markup } from "../page.ts";
import { age } from "./moments.ts";

const SPAN = 6 * HOUR;

export function renderNumbers(dashboard: Dashboard, samples: PoolSamples): Markup {
  const { nodes, waiting } = dashboard;
  const readings = samples.read(wholePool, { now: dashboard.now, span: SPAN });
  const tile = (name: string, number: number, measure: Measure, href: string, note: Markup | string = "") =>
    html`
      <li class="tile ${measure}" data-key="${name}">
      <a href="${href}"><span class="number">${number}</span> <span class="name">${name}</span></a>
      ${renderSparkline(readings[measure], { name, over: "the last 6 hours" })}
      <p class="note">${note}</p>
      </li>
    `;
  const state = (name: string) => `/node-list?state=${name}`;
  const asked = waiting.oldest === null
    ? waiting.requests === 0 ? "nobody waits" : ""
    : html`oldest for ${age(waiting.oldest, dashboard)}`;
  const jobs = waiting.jobs === 0 ? "" : html`, ${countText(waiting.jobs, "job")} in Gearman`;
  return html`
    <section id="numbers" aria-labelledby="numbers-title">
      <h2 id="numbers-title" class="unseen">In numbers</h2>
      <ul class="tiles">
    ${tile("ready", nodes.ready, "ready", state("ready"))}
    ${tile(
      "building",
      nodes.building + nodes.test,
      "building",
      state("building"),
      nodes.test === 0 ? "" : `${nodes.test} being tested`,
    )}
    ${tile("used", nodes.used, "used", state("used"))}
    ${tile("held", nodes.hold, "held", state("hold"))}
    ${tile("deleting", nodes.delete, "deleting", state("delete"))}
    ${tile("waiting", waiting.requests, "waiting", "/request-list?state=waiting", html`${asked}${jobs}`)}
      </ul>
    </section>
  `;
}
