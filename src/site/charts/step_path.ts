/** Paths of SVG for values that hold until the next one: steps, never slopes, and a break where there is no value. Pure. */

interface Scale {
  /** Of a column's left edge. */
  x(column: number): number;
  y(value: number): number;
}

type Values = readonly (number | null)[];

export function linePath(values: Values, scale: Scale): string {
  return measured(values, scale).map(({ x, path }) => `M${x},${path}`).join("");
}

/** The area under the values. @param base the y of its lower edge */
export function areaPath(values: Values, scale: Scale & { readonly base: number }): string {
  const base = short(scale.base);
  return measured(values, scale).map(({ x, path }) => `M${x},${base}V${path}V${base}Z`).join("");
}

/** Those that are wanted and follow each other without a break, as indices, each up to but not including `to`. */
export function runsOf(
  values: Values,
  isWanted: (value: number | null) => boolean,
): readonly { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  for (const [index, value] of values.entries()) {
    if (!isWanted(value)) continue;
    const last = runs.at(-1);
    if (last?.to === index) last.to++;
    else runs.push({ from: index, to: index + 1 });
  }
  return runs;
}

function measured(values: Values, scale: Scale) {
  return runsOf(values, (value) => value !== null).map(({ from, to }) => ({
    x: short(scale.x(from)),
    path: steps(values.slice(from, to) as number[], { from, scale }),
  }));
}

/** From the first value's height to the end of the last column; equal neighbours share a step. */
function steps(
  values: readonly number[],
  { from, scale: { x, y } }: { from: number; scale: Scale },
): string {
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
