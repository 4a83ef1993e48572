/** A number of things, for people: `1 node`, `2 nodes`. */
export function countText(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** Of several kinds, without those of which there are none: `2 nodes and 1 image`. */
export function countTexts(counts: Readonly<Record<string, number>>): string {
  const there = Object.entries(counts).filter(([, count]) => count > 0);
  return there.map(([thing, count]) => countText(count, thing)).join(" and ");
}
