/** The changes between two configurations, one line each, for the log of a reload. Shows no secret. */
import { isDeepStrictEqual } from "node:util";
import type { Config } from "../domain/config.ts";
import { Secret, type View, viewConfig } from "./config_view.ts";

/** E.g. `provider alpha: max-servers 10 -> 20`, `label big: added`; empty where nothing changed. */
export function diffConfig(before: Config, after: Config): readonly string[] {
  return diffRecords({ before: viewConfig(before), after: viewConfig(after) }, { place: "", prefix: "" });
}

type ViewRecord = { readonly [key: string]: View };

interface Pair<Of> {
  readonly before: Of;
  readonly after: Of;
}

/** `place` names the thing that changed, `prefix` the keys below it. */
interface Where {
  readonly place: string;
  readonly prefix: string;
}

/** Lists whose items have names; one item is called as the list, without its plural. */
const NAMED = ["labels", "providers", "diskimages", "targets", "images"];

function diffRecords({ before, after }: Pair<ViewRecord>, where: Where): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => {
    const [old, now] = [own(before, key), own(after, key)];
    if (NAMED.includes(key) && isNamedList(old) && isNamedList(now)) {
      return diffLists(key, { before: old, after: now, place: where.place });
    }
    if (isRecord(old) && isRecord(now)) {
      return diffRecords({ before: old, after: now }, { ...where, prefix: `${where.prefix}${key}.` });
    }
    if (sameView(old, now)) return [];
    const [from, to] = [describe(old), describe(now)];
    // Secrets look alike.
    return [`${where.place}${where.prefix}${key} ${from === to ? "changed" : `${from} -> ${to}`}`];
  });
}

/** Names are the user's own, so that one may be called as something that every object has. */
function own(record: ViewRecord, key: string): View | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

type NamedList = readonly (ViewRecord & { readonly name: string })[];

function diffLists(key: string, { before, after, place }: Pair<NamedList> & { place: string }): string[] {
  const old = new Map(before.map((item) => [item.name, item]));
  const now = new Map(after.map((item) => [item.name, item]));
  const placeOf = (name: string) => `${place}${key.slice(0, -"s".length)} ${name}: `;
  const removed = [...old.keys()].filter((name) => !now.has(name)).map((name) => `${placeOf(name)}removed`);
  const others = [...now].flatMap(([name, item]) => {
    const earlier = old.get(name);
    return earlier === undefined
      ? [`${placeOf(name)}added`]
      : diffRecords({ before: earlier, after: item }, { place: placeOf(name), prefix: "" });
  });
  // Labels and providers are planned and listed in their order.
  const kept = [...old.keys()].filter((name) => now.has(name));
  const isSameOrder = isDeepStrictEqual(kept, [...now.keys()].filter((name) => old.has(name)));
  return [...removed, ...others, ...(isSameOrder ? [] : [`${place}${key}: order changed`])];
}

function describe(view: View | undefined): string {
  if (view === undefined || view === null) return "none";
  if (Array.isArray(view)) {
    return `[${view.map((item) => isNamed(item) ? item.name : describe(item)).join(", ")}]`;
  }
  return typeof view === "object" && !(view instanceof Secret) ? JSON.stringify(view) : String(view);
}

function sameView(a: View | undefined, b: View | undefined): boolean {
  if (a instanceof Secret || b instanceof Secret) {
    return a instanceof Secret && b instanceof Secret && a.equals(b);
  }
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return a === b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => sameView(own(a as ViewRecord, key), own(b as ViewRecord, key)));
}

function isRecord(view: View | undefined): view is ViewRecord {
  return view !== undefined && view !== null && typeof view === "object" && !Array.isArray(view) &&
    !(view instanceof Secret);
}

function isNamed(view: View): view is ViewRecord & { readonly name: string } {
  return isRecord(view) && typeof view.name === "string";
}

/** A label's `providers` are names alone and read better as one list. */
function isNamedList(view: View | undefined): view is NamedList {
  return Array.isArray(view) && view.every((item) => isNamed(item) && Object.keys(item).length > 1);
}
