/** Every quirk and every personality there is, and what the settings' names of them mean. A new one is a row here. */
import { nearestName } from "../config/nearest_name.ts";
import type { Quirk } from "./quirk.ts";
import { gzip } from "./quirks/gzip.ts";
import { limitsForbidden } from "./quirks/policies.ts";
import { oddItems } from "./quirks/odd_items.ts";

/** A cloud that people know: quirks that go together. */
export interface Personality {
  readonly name: string;
  readonly about: string;
  readonly quirks: readonly Quirk[];
}

export const quirkTable: readonly Quirk[] = [limitsForbidden, oddItems, gzip];

export const personalities: readonly Personality[] = [
  { name: "odd", about: "Every listing has an item that is not as the manual says.", quirks: [oddItems] },
];

/** What makes a cloud quirky, as its settings name it. */
export interface Manner {
  /** null: the plain OpenStack. */
  readonly personality: string | null;
  /** More of them, besides those of the personality. */
  readonly quirks: string[];
}

/** The quirks of a cloud, each once. Names that are not in the tables are `mannerProblems`' matter. */
export function quirksOf({ personality, quirks }: Manner): readonly Quirk[] {
  const own = personalities.find(({ name }) => name === personality)?.quirks ?? [];
  const single = quirks.flatMap((name) => quirkTable.find((quirk) => quirk.name === name) ?? []);
  return [...new Set([...own, ...single])];
}

/** What is wrong with the names, each with its place in the settings. */
export function mannerProblems({ personality, quirks }: Manner) {
  const unknown = (kind: string, name: string, known: readonly { name: string }[]) => {
    const names = known.map((one) => one.name);
    if (names.includes(name)) return null;
    const meant = nearestName(name, names);
    return `no ${kind} is named ${name}${meant === null ? "" : `; did you mean "${meant}"?`}; there are ${
      names.join(", ")
    }`;
  };
  return [
    {
      path: ["personality"],
      message: personality === null ? null : unknown("personality", personality, personalities),
    },
    ...quirks.map((name, index) => ({
      path: ["quirks", index],
      message: unknown("quirk", name, quirkTable),
    })),
  ].flatMap(({ path, message }) => message === null ? [] : [{ path, message }]);
}
