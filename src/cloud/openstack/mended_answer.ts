/**
 * Reads an answer as far as it goes: what does not fit the schema is read as what it stands for ("1" as 1), else left
 * out, by itself where it is optional, with the item of the list that it is needed for where it is not. So one odd
 * server, flavor or port spoils no listing; each thing is logged once. `session` and `keystone_login` call it.
 */
import * as v from "valibot";
import { loggerOf } from "../../lib/logging.ts";
import { tidy } from "./classify_response.ts";

/** Something in an answer that is not as documented, and what was made of it. */
export interface Oddity {
  /** `servers.3.metadata.owner`. */
  readonly path: string;
  /** The id or name of the innermost thing around it that has one; null: none has. */
  readonly thing: string | null;
  /** `expected string, received null`. */
  readonly problem: string;
  /** `left out`, `read without it`, `read as 1`. */
  readonly treatment: string;
}

type Key = string | number;

/** Each round mends every trouble that it sees; what is left out can be the next round's trouble, one level higher. */
const MAX_ROUNDS = 12;

/**
 * @param value parsed JSON; changed while it is mended
 * @param refuse makes the error where nothing of it can be read
 */
export function mendedAnswer<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  { refuse, tell }: { refuse: (message: string) => Error; tell: (oddity: Oddity) => void },
): v.InferOutput<S> {
  const oddities: Oddity[] = [];
  let problem = "";
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const result = v.safeParse(schema, value);
    if (result.success) {
      for (const oddity of oneForEachThing(oddities)) tell(oddity);
      return result.output;
    }
    problem = describe(result.issues[0]);
    const repairs = result.issues.flatMap((issue) => repairOf(value, issue) ?? []);
    if (repairs.length < result.issues.length) break;
    oddities.push(...repairs.map(({ oddity }) => oddity));
    for (const { parent, key, replacement } of repairs) {
      if (replacement === undefined) delete parent[key];
      else parent[key] = replacement;
    }
    dropRemoved(repairs.map(({ parent }) => parent));
  }
  throw refuse(`the response does not match the documented API: ${problem}`);
}

/** The first problem of each thing, and how it was treated in the end. */
function oneForEachThing(oddities: readonly Oddity[]): Iterable<Oddity> {
  const things = new Map<string | null, Oddity>();
  for (const oddity of oddities) {
    things.set(oddity.thing, { ...things.get(oddity.thing) ?? oddity, treatment: oddity.treatment });
  }
  return things.values();
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return tidy(path === null ? issue.message : `${path}: ${issue.message}`);
}

interface Repair {
  readonly oddity: Oddity;
  readonly parent: Record<Key, unknown>;
  readonly key: Key;
  /** undefined: the parent does without it. */
  readonly replacement: unknown;
}

/** Stands in a list for what is to go, so that the places of the others stay as they are told. */
const REMOVED = Symbol("removed");

/** null: it is the answer itself that cannot be read. */
function repairOf(value: unknown, issue: v.BaseIssue<unknown>): Repair | null {
  const keys = (issue.path ?? []).map(({ key }) => key as Key);
  const meant = meaningOf(issue);
  // What is not there cannot be left out: what lacks it can.
  const at = meant === undefined && issue.input === undefined ? keys.slice(0, -1) : keys;
  const key = at.at(-1);
  if (key === undefined) return null;
  const parent = valueAt(value, at.slice(0, -1)) as Record<Key, unknown>;
  const isItem = Array.isArray(parent) && at.length === 2;
  const oddity: Oddity = {
    path: keys.join("."),
    thing: nameOf(value, at),
    problem: `expected ${issue.expected}, received ${tidy(issue.received)}`,
    treatment: meant !== undefined ? `read as ${meant}` : isItem ? "left out" : "read without it",
  };
  return { oddity, parent, key, replacement: meant ?? (Array.isArray(parent) ? REMOVED : undefined) };
}

/** The value that the odd one stands for; undefined: not known. */
function meaningOf({ expected, input }: v.BaseIssue<unknown>): unknown {
  if (expected === "string" && (typeof input === "number" || typeof input === "boolean")) {
    return String(input);
  }
  if (typeof input !== "string") return undefined;
  const text = input.trim();
  if (expected === "number" && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (expected === "boolean" && /^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return undefined;
}

function valueAt(value: unknown, keys: readonly Key[]): unknown {
  return keys.reduce<unknown>((inner, key) => (inner as Record<Key, unknown>)[key], value);
}

function nameOf(value: unknown, keys: readonly Key[]): string | null {
  for (let depth = keys.length; depth > 0; depth--) {
    const thing = valueAt(value, keys.slice(0, depth));
    if (typeof thing !== "object" || thing === null) continue;
    const { id, name, type } = thing as Record<string, unknown>;
    for (const known of [id, name, type]) {
      if (typeof known === "string" || typeof known === "number") return tidy(String(known));
    }
  }
  return null;
}

function dropRemoved(parents: readonly object[]): void {
  for (const parent of new Set(parents)) {
    if (!Array.isArray(parent) || !parent.includes(REMOVED)) continue;
    parent.splice(0, parent.length, ...parent.filter((item) => item !== REMOVED));
  }
}

/** @param action what the answer is to: "list servers" */
export type TellOddity = (action: string, oddity: Oddity) => void;

/** The number of problems remembered; the oldest are forgotten first, and logged again. */
const REMEMBERED = 1_000;

/** Things with the same problem that are logged: a cloud may have it with each of its servers. */
const MOST = 50;

const log = loggerOf("provider");

/** Logs what is odd in a cloud's answers, each of some things once; to be made once for each cloud. */
export function oddityTeller(provider: string): TellOddity {
  const told = new Map<string, Set<string | null>>();
  return (action, { path, thing, problem, treatment }) => {
    const field = path.replace(/\.\d+(?=\.|$)/g, "");
    const things = told.getOrInsertComputed([action, field, problem].join("\n"), () => new Set());
    if (things.has(thing) || things.size === MOST) return;
    things.add(thing);
    for (const oldest of told.keys()) if (told.size > REMEMBERED) told.delete(oldest);
    const rest = things.size < MOST ? "" : "; others with this problem are no longer logged";
    log.warning(
      "{action} on {provider}: {thing} is not as documented ({field}: {problem}); it is {treatment}",
      { action, provider, thing: thing ?? "an item", treatment: treatment + rest, field, problem },
    );
  };
}
