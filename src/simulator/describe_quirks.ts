import { personalities, quirkTable } from "./quirk_table.ts";

/** Every personality and every quirk with its sentence, as `nodepool simulate --quirks` prints them. */
export function describeQuirks(): string {
  const width = Math.max(...[...personalities, ...quirkTable].map(({ name }) => name.length));
  const line = ({ name, about }: { name: string; about: string }) => `  ${name.padEnd(width)}  ${about}`;
  return [
    "personalities:",
    ...personalities.map(({ name, about, quirks }) =>
      line({ name, about: `${about} (${quirks.map((quirk) => quirk.name).join(", ")})` })
    ),
    "quirks:",
    ...quirkTable.map(line),
  ].join("\n");
}
