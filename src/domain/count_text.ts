/** A number of things, for people: `1 node`, `2 nodes`. */
export function countText(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
