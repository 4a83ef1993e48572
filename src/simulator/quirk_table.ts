/**
 * Every quirk and every personality there is, and what the settings' names of them mean. A quirk is one habit in which
 * people's clouds differ from the plain OpenStack that the simulator is without any; a cloud has a list of them
 * (`quirks` and `personality` of its settings). Unlike a fault, a quirk holds for every request, and nothing is wrong
 * with the cloud. A new one is a row in one of the tables of `quirks/`.
 */
import { nearestName } from "../lib/nearest_name.ts";
import type { SettingsProblem } from "./settings_check.ts";
import { addressQuirks } from "./quirks/addresses.ts";
import { loginQuirks } from "./quirks/logins.ts";
import { networkQuirks } from "./quirks/networks.ts";
import { oddQuirks } from "./quirks/odd_answers.ts";
import { serviceQuirks } from "./quirks/services.ts";
import type { ApiAnswer } from "./answer.ts";
import type { Breakage, Exchange } from "./exchange.ts";
import type { CloudSettings } from "./settings.ts";

const tables: readonly QuirkTable[] = [addressQuirks, networkQuirks, serviceQuirks, oddQuirks, loginQuirks];

export const quirkTable: readonly Quirk[] = tables.flatMap((table) =>
  Object.entries(table).map(([name, quirk]) => ({ name, ...quirk }))
);

/** A kind of cloud that people know: quirks that go together. */
interface Personality {
  readonly name: string;
  readonly about: string;
  readonly quirks: readonly string[];
}

export const personalities: readonly Personality[] = [
  {
    name: "rackspace",
    about: "Like Rackspace's: servers are reached at their access addresses.",
    quirks: ["networks-by-id", "dual-stack", "access-addresses", "no-address-types"],
  },
  { name: "scs", about: "Like the Sovereign Cloud Stack's.", quirks: ["flavors-without-disk"] },
  { name: "ovh", about: "Like OVH's.", quirks: ["public-network-only", "dual-stack"] },
  {
    name: "tenant",
    about: "A project with networks of its own, one of which floating IPs lead to.",
    quirks: ["second-port-routed"],
  },
  {
    name: "narrow",
    about: "A cloud that tells its users little.",
    quirks: ["limits-forbidden", "quotas-missing", "zones-forbidden", "keypairs-forbidden"],
  },
  {
    name: "plain-neutron",
    about: "A cloud with a simple Neutron.",
    quirks: ["no-paging", "no-descriptions"],
  },
  { name: "old", about: "A cloud that was not upgraded for years.", quirks: ["old-nova", "no-descriptions"] },
  {
    name: "odd",
    about: "A cloud whose lists are not as the manual says.",
    quirks: ["odd-items", "odd-servers"],
  },
  { name: "gzip", about: "A cloud behind a proxy that compresses.", quirks: ["gzip"] },
];

/** The manner of a quirky cloud, as its settings name it. */
export interface Manner {
  /** null: the plain OpenStack. */
  readonly personality: string | null;
  /** More of them, besides those of the personality. */
  readonly quirks: string[];
}

/** The quirks of a cloud, each once. Names that are not in the tables are `mannerProblems`' matter. */
export function quirksOf({ personality, quirks }: Manner): readonly Quirk[] {
  const own = personalities.find(({ name }) => name === personality)?.quirks ?? [];
  const names = new Set([...own, ...quirks]);
  return [...names].flatMap((name) => quirkTable.find((quirk) => quirk.name === name) ?? []);
}

/** The problems of the names, each with its place in the settings. */
export function mannerProblems({ personality, quirks }: Manner): readonly SettingsProblem[] {
  return [
    ...(personality === null ? [] : unknown(personality, ["personality"], personalities)),
    ...quirks.flatMap((name, index) => unknown(name, ["quirks", index], quirkTable)),
  ];
}

function unknown(
  name: string,
  path: SettingsProblem["path"],
  known: readonly { name: string }[],
): SettingsProblem[] {
  const names = known.map((one) => one.name);
  if (names.includes(name)) return [];
  const kind = known === quirkTable ? "quirk" : "personality";
  const meant = nearestName(name, names);
  const hint = meant === null ? "" : `; did you mean "${meant}"?`;
  return [{ path, message: `there is no ${kind} "${name}"${hint}; there are ${names.join(", ")}` }];
}

/** Every personality and every quirk with its sentence, as `nodepool simulate --quirks` prints them. */
export function describeQuirks(): string {
  const width = Math.max(...[...personalities, ...quirkTable].map(({ name }) => name.length));
  const line = ({ name, about }: { name: string; about: string }) => `  ${name.padEnd(width)}  ${about}`;
  return [
    "personalities:",
    ...personalities.map(({ name, about, quirks }) =>
      line({ name, about: `${about} (${quirks.join(", ")})` })
    ),
    "quirks:",
    ...quirkTable.map(line),
  ].join("\n");
}

export interface Quirk {
  readonly name: string;
  /** One sentence on what such a cloud does. */
  readonly about: string;

  /** Replaces the cloud's settings. */
  settings?(settings: CloudSettings): CloudSettings;
  /** Before a request is handled; throws a Refusal where such a cloud refuses it. */
  request?(exchange: Exchange): void;
  /** The JSON of a good answer, as such a cloud has it. */
  body?(body: Json, exchange: Exchange): Json;
  /** On every answer that goes out, good or not. */
  answer?(answer: ApiAnswer): ApiAnswer;
}

// deno-lint-ignore no-explicit-any
export type Json = any;

/** Quirks by their names. */
export type QuirkTable = Readonly<Record<string, Omit<Quirk, "name">>>;

/** The settings after all of the quirks, in their order. */
export function quirkySettings(settings: CloudSettings, quirks: readonly Quirk[]): CloudSettings {
  return quirks.reduce((changed, quirk) => quirk.settings?.(changed) ?? changed, settings);
}

/** The answer as the cloud's quirks have it. */
export function quirkyAnswer(answer: ApiAnswer | Breakage, exchange: Exchange): ApiAnswer | Breakage {
  const { quirks } = exchange.cloud;
  if (typeof answer === "string" || answer.status >= 300 || !isJson(answer)) return answer;
  if (quirks.every(({ body }) => body === undefined)) return answer;
  const plain = JSON.parse(answer.body as string);
  const body = quirks.reduce((changed, quirk) => quirk.body?.(changed, exchange) ?? changed, plain);
  return { ...answer, body: JSON.stringify(body) };
}

function isJson({ headers }: ApiAnswer): boolean {
  return headers["content-type"]?.includes("json") ?? false;
}
