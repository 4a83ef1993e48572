/**
 * A pool's servers over the last hours as a figure: stacked by state, the limit as a line, failed launches
 * as marks, and hatched where nothing was measured; the same in words and as a table. An inline SVG that is as wide as its
 * place, whose texts keep their size. Pages call it.
 */
import { html } from "hono/html";
import type { Readings } from "../../domain/samples/pool_samples.ts";
import { minuteOf } from "../../domain/samples/sample.ts";
import { HOUR, type Milliseconds, MINUTE, type Moment, spacedDuration } from "../../domain/time.ts";
import { countText } from "../../domain/count_text.ts";
import type { Markup } from "../page.ts";
import { type ChartColumn, columnsOf, stackOrder, totalOf } from "./columns.ts";
import { areaPath, linePath, runsOf } from "./step_path.ts";
import { timeAxis } from "./time_axis.ts";

interface PoolChart {
  /** Begins the ids of the figure's parts: one figure of a page has one of its own. */
  readonly id: string;
  /** Whose servers they are, as a heading says it: `All servers`, `Label small`. */
  readonly name: string;
  readonly span: Milliseconds;
  readonly moment: Moment;
}

/** More would be finer than what one sees. */
const MOST_COLUMNS = 180;
const MARKS = 48;
const ROWS = 12;

/** Pixels: of the plot, of the marks' line below it, and of the times' line below that. */
const PLOT = 200;
const MARK_LINE = PLOT + 14;
const TIME_LINE = PLOT + 32;
const ALL = PLOT + 38;

export function renderPoolChart(readings: Readings, chart: PoolChart): Markup {
  const facts = factsOf(readings, chart);
  return html`<figure class="chart">
<figcaption>${chart.name}, ${facts.over}</figcaption>
${drawing(facts)}
${legend(facts)}
${table(facts)}
</figure>`;
}

type Facts = ReturnType<typeof factsOf>;

function factsOf(readings: Readings, chart: PoolChart) {
  const minutes = minuteOf(chart.span);
  const columns = columnsOf(readings, Math.max(1, Math.ceil(minutes / MOST_COLUMNS)));
  const peak = Math.max(0, ...columns.map(({ stack }) => stack === null ? 0 : totalOf(stack)));
  const highestLimit = Math.max(0, ...columns.map(({ limit }) => limit ?? 0));
  // A limit far above would press everything else onto the ground.
  const isLimitShown = highestLimit > 0 && highestLimit <= 4 * Math.max(peak, 5);
  const top = roundTop(isLimitShown ? Math.max(peak, highestLimit) : peak);
  const last = columns.at(-1)?.to ?? 0;
  return {
    ...chart,
    readings,
    minutes,
    columns,
    peak,
    limit: columns.findLast(({ limit }) => limit !== null)?.limit ?? null,
    isLimitShown,
    top,
    scale: {
      x: (index: number) => columns[index]?.from ?? last,
      y: (value: number) => PLOT - value / top * PLOT,
      base: PLOT,
    },
    failed: columns.reduce((sum, { failed }) => sum + failed, 0),
    gaps: runsOf(readings.used, (value) => value === null),
    axis: timeAxis(chart.span, chart.moment),
    over: chart.span === HOUR ? "the last hour" : `the last ${Math.round(chart.span / HOUR)} hours`,
  };
}

/** A number that is easily halved, no less than the highest value. */
function roundTop(highest: number): number {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, highest))));
  return [1, 2, 4, 6, 8, 10].map((digit) => digit * power).find((top) => top >= highest) ?? 10 * power;
}

function drawing(facts: Facts): Markup {
  const { id, minutes, top } = facts;
  return html`<svg width="100%" height="${ALL}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${facts.name}, ${facts.over}</title>
<desc id="${id}-desc">${describe(facts)}</desc>
<defs><pattern id="${id}-gap" width="12" height="12" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<line x1="0" y1="0" x2="0" y2="12" class="chart-hatch"/></pattern></defs>
${facts.gaps.map((gap) => hatch(gap, facts))}
<svg viewBox="0 0 ${minutes} ${PLOT}" width="100%" height="${PLOT}" preserveAspectRatio="none">${
    bands(facts)
  }${limitLine(facts)}</svg>
${[1, 0.5].filter((part) => Number.isInteger(top * part)).map((part) => heightLine(part, top))}
<line class="chart-axis" x1="0" y1="${PLOT}" x2="100%" y2="${PLOT}"/>
${marks(facts)}
${facts.axis.ticks.map(tickMark)}
</svg>`;
}

/** Says so where there is room for words. */
function hatch({ from, to }: Facts["gaps"][number], { id, minutes }: Facts): Markup {
  const percent = (minute: number) => `${round(minute / minutes * 100)}%`;
  const isWide = to - from > minutes / 3;
  const words = html`<text class="chart-text" x="${percent((from + to) / 2)}" y="${
    PLOT / 2
  }" text-anchor="middle">not measured</text>`;
  return html`
    <rect class="chart-gap" x="${percent(from)}" y="0" width="${percent(to - from)}" height="${PLOT}"
      fill="url(#${id}-gap)" />
    ${isWide ? words : ""}
  `;
}

/** The highest first: each covers those before it up to its own height. */
function bands({ columns, scale }: Facts): Markup[] {
  return stackOrder.map((measure, index) => ({ measure, index })).toReversed().flatMap(
    ({ measure, index }) => {
      if (columns.every(({ stack }) => (stack?.[index] ?? 0) === 0)) return [];
      const heights = columns.map(({ stack }) => stack && totalOf(stack.slice(0, index + 1)));
      return [html`
        <path class="chart-${measure}" vector-effect="non-scaling-stroke" d="${areaPath(heights, scale)}" />
      `];
    },
  );
}

function limitLine({ columns, scale, isLimitShown }: Facts): Markup {
  if (!isLimitShown) return html``;
  const d = linePath(columns.map(({ limit }) => limit), scale);
  return html`
    <path class="chart-limit" vector-effect="non-scaling-stroke" d="${d}" />
  `;
}

function heightLine(part: number, top: number): Markup {
  const y = PLOT - part * PLOT;
  return html`
    <line class="chart-grid" x1="0" y1="${y}" x2="100%" y2="${y}" />
    <text class="chart-text" x="2" y="${y + 12}">${top * part}</text>
  `;
}

function tickMark({ at, text }: { at: number; text: string }): Markup {
  const x = `${round(at * 100)}%`;
  return html`
    <line class="chart-axis" x1="${x}" y1="${PLOT}" x2="${x}" y2="${PLOT + 5}" />
    <text class="chart-text" x="${x}" y="${TIME_LINE}" text-anchor="middle">${text}</text>
  `;
}

function marks({ readings, minutes, axis }: Facts): Markup[] {
  return columnsOf(readings, Math.max(1, Math.ceil(minutes / MARKS))).filter(({ failed }) => failed > 0)
    .map(({ from, to, failed }) => {
      const title = `${countText(failed, "launch failure")}, ${axis.textAt(from / minutes)} to ${
        axis.textAt(to / minutes)
      }`;
      const x = `${round((from + to) / 2 / minutes * 100)}%`;
      return html`
        <text class="chart-failed" x="${x}" y="${MARK_LINE}"
          text-anchor="middle">×<title>${title}</title></text>
      `;
    });
}

function describe({ over, peak, limit, failed, gaps, axis, columns }: Facts): string {
  if (columns.every(({ stack }) => stack === null)) return `Nothing was measured in ${over}.`;
  const missing = gaps.reduce((sum, { from, to }) => sum + to - from, 0);
  return [
    `At most ${countText(peak, "server")} at once${limit === null ? "" : `, of ${limit} allowed`}.`,
    failed === 0 ? "No launch failed." : `${countText(failed, "launch failure")}.`,
    missing === 0 ? "" : `Not measured for ${spacedDuration(missing * MINUTE)}.`,
    `From ${axis.textAt(0)} to ${axis.textAt(1)}, ${axis.zone}.`,
  ].filter((sentence) => sentence !== "").join(" ");
}

/** As the stack stands, from its top. */
function legend({ columns, limit, isLimitShown, failed, gaps, axis }: Facts): Markup {
  const now = columns.at(-1)?.stack ?? null;
  const entries = stackOrder.map((measure, index) =>
    html`<li><svg width="14" height="14" aria-hidden="true"><rect class="chart-${measure}" width="14" height="14"/></svg>${measure}${
      now === null ? "" : ` ${now[index]}`
    }</li>`
  ).toReversed();
  const line =
    html`<li><svg width="14" height="14" aria-hidden="true"><path class="chart-limit" d="M0,7H14"/></svg>limit ${limit}${
      isLimitShown ? "" : ", above the picture"
    }</li>`;
  return html`<ul class="chart-legend">${entries}${limit === null ? "" : line}
${
    failed === 0
      ? ""
      : html`<li><span class="chart-failed" aria-hidden="true">×</span> ${
        countText(failed, "launch failure")
      }</li>`
  }
${gaps.length === 0 ? "" : html`<li>hatched: not measured</li>`}
<li>times in ${axis.zone}</li></ul>`;
}

function table({ readings, minutes, axis, over, name }: Facts): Markup {
  const rows = columnsOf(readings, Math.max(1, Math.ceil(minutes / ROWS))).map((column) =>
    row(column, axis.textAt(column.from / minutes))
  );
  const headers = [...stackOrder, "all", "limit", "launch failures"]
    .map((header) => html`<th scope="col" class="number">${header}</th>`);
  const length = spacedDuration(Math.ceil(minutes / ROWS) * MINUTE);
  return html`
    <details>
      <summary>As a table</summary>
      <div class="scroll" role="region" aria-label="${name}, ${over}, as a table" tabindex="0">
        <table>
          <caption>The fullest minute of each ${length}; times in ${axis.zone}</caption>
          <thead>
            <tr><th scope="col">from</th>${headers}</tr>
          </thead>
          <tbody>${rows}</tbody>
        </table>
      </div>
    </details>
  `;
}

function row({ stack, limit, failed }: ChartColumn, time: string): Markup {
  const cells = stack === null
    ? html`<td colspan="8">not measured</td>`
    : [...stack, totalOf(stack), limit ?? "", failed].map((cell) => html`<td class="number">${cell}</td>`);
  return html`<tr><th scope="row">${time}</th>${cells}</tr>`;
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}
