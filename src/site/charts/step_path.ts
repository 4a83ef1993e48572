/** Paths of SVG for values that hold until the next one: steps, never slopes, and a break where there is no value. Pure. */

interface Scale {
  /** Of a column's left edge. */
  x(column: number): number;
  y(value: number): number;
}

type Values = readonly (number | null)[];

/** A line along the values. */
export function linePath(values: Values, scale: Scale): string {
  return runsOf(values).map((run) => `M${short(scale.x(run.from))},${steps(run, scale)}`).join("");
}

/** The area under the values. @param base the y of its lower edge */
export function areaPath(values: Values, scale: Scale & { readonly base: number }): string {
  const base = short(scale.base);
  return runsOf(values).map((run) => `M${short(scale.x(run.from))},${base}V${steps(run, scale)}V${base}Z`)
    .join("");
}

interface Run {
  readonly from: number;
  readonly values: number[];
}

/** Those that follow each other without a break. */
function runsOf(values: Values): readonly Run[] {
  const runs: Run[] = [];
  for (const [column, value] of values.entries()) {
    if (value === null) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.from + last.values.length === column) last.values.push(value);
    else runs.push({ from: column, values: [value] });
  }
  return runs;
}

/** From the first value's height to the end of the last column; equal neighbours share a step. */
function steps({ from, values }: Run, { x, y }: Scale): string {
  const heights = values.map((value) => short(y(value)));
  return heights.map((height, index) => {
    const up = index === 0 ? height : height === heights[index - 1] ? "" : `V${height}`;
    const isLast = index === heights.length - 1 || heights[index + 1] !== height;
    return isLast ? `${up}H${short(x(from + index + 1))}` : up;
  }).join("");
}

function short(number: number): string {
  return String(Math.round(number * 10) / 10);
}
