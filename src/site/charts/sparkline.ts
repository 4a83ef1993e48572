/**
 * One measure over time as a small line beside its number: an inline SVG of its own size, with a step for every change
 * and a break wherever nothing was measured. Pages call it.
 */
import { html } from "hono/html";
import type { Markup } from "../page.ts";
import { peaksOf } from "./columns.ts";
import { linePath } from "./step_path.ts";

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
