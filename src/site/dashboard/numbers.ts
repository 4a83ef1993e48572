/**
 * The pool in numbers, each with a line of its last six hours: an inline SVG of its own size, with a step for every change and
 * a break wherever nothing was measured.
 */
import { html } from "hono/html";
import type { PoolSamples } from "../../domain/samples/pool_samples.ts";
import { type Measure, wholePool } from "../../domain/samples/sample.ts";
import { HOUR } from "../../domain/time.ts";
import { countText } from "../../domain/count_text.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import type { Markup } from "../page.ts";
import { age } from "./moments.ts";
import { peaksOf } from "../charts/columns.ts";
import { linePath } from "../charts/step_path.ts";

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

const WIDTH = 120;
const HEIGHT = 24;
/** So that the stroke of the highest and the lowest value is inside. */
const MARGIN = 2;

/**
 * @param values one a minute, as samples are read; null: not measured
 * @param options `name`: what is drawn, for screen readers; `over`: the time in words, such as "the last 6 hours"
 */
export function renderSparkline(
  values: readonly (number | null)[],
  { name, over }: { name: string; over: string },
): Markup {
  const perColumn = Math.max(1, Math.ceil(values.length / WIDTH));
  const peaks = peaksOf(values, perColumn);
  const highest = Math.max(1, ...peaks.map((peak) => peak ?? 0));
  const width = WIDTH / peaks.length;
  const path = linePath(peaks, {
    x: (column) => column * width,
    y: (value) => HEIGHT - MARGIN - value / highest * (HEIGHT - 2 * MARGIN),
  });
  const label = `${name} over ${over}: ${describe(values)}`;
  return html`
    <svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img"
      aria-label="${label}">
      <path d="${path}" />
    </svg>
  `;
}

function describe(values: readonly (number | null)[]): string {
  const measured = values.filter((value) => value !== null);
  if (measured.length === 0) return "not measured yet";
  const [lowest, highest] = [Math.min(...measured), Math.max(...measured)];
  return lowest === highest
    ? `always ${lowest}`
    : `from ${lowest} to ${highest}, most recently ${measured.at(-1)}`;
}
