/** The pool over the last hours, as the dashboard shows it. */
import { html, raw } from "hono/html";
import type { PoolSamples } from "../../domain/samples/pool_samples.ts";
import { wholePool } from "../../domain/samples/sample.ts";
import { HOUR, type Moment } from "../../domain/time.ts";
import { renderPoolChart } from "../charts/pool_chart.ts";
import type { Markup } from "../page.ts";
import { panel } from "./panel.ts";

export const historyHours = [1, 6, 24] as const;

export type HistoryHours = typeof historyHours[number];

export function renderHistoryPanel(
  samples: PoolSamples,
  { hours, moment }: { hours: HistoryHours; moment: Moment },
): Markup {
  const span = hours * HOUR;
  const links = historyHours.map((choice) => {
    const mark = choice === hours ? raw(' aria-current="true"') : "";
    return html`<li><a href="/?hours=${choice}#past"${mark}>${choice} h</a></li>`;
  });
  const readings = samples.read(wholePool, { now: moment.now, span });
  return panel({
    id: "past",
    title: "Over time",
    body: html`<ul class="choices" aria-label="How far back">${links}</ul>
${renderPoolChart(readings, { id: "pool", name: "All servers", span, moment })}`,
  });
}
