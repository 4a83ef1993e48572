/**
 * A quirk: one habit in which people's clouds differ from the plain OpenStack that the simulator is without any.
 * A cloud has a list of them (`quirks` and `personality` of its settings), each a small module in `quirks/` and a row
 * of `quirk_table.ts`. Unlike a fault, a quirk holds for every request, and nothing is wrong with the cloud.
 */
import type { ApiAnswer } from "./answer.ts";
import type { Breakage, Exchange } from "./exchange.ts";
import type { CloudSettings } from "./settings.ts";

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
