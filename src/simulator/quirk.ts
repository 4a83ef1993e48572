/**
 * A quirk: one habit in which people's clouds differ from the plain OpenStack that the simulator is without any.
 * A cloud has a list of them (`quirks` and `personality` of its settings), each a small module in `quirks/` and a row
 * of `quirk_table.ts`. Unlike a fault, a quirk holds for every request, and nothing is wrong with the cloud.
 */
import type { Exchange } from "./exchange.ts";
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
  answer?(answer: Response): Promise<Response>;
}

// deno-lint-ignore no-explicit-any
export type Json = any;

/** The settings after all of the quirks, in their order. */
export function quirkySettings(settings: CloudSettings, quirks: readonly Quirk[]): CloudSettings {
  return quirks.reduce((changed, quirk) => quirk.settings?.(changed) ?? changed, settings);
}

/** The answer as a cloud with these quirks gives it. */
export async function quirkyAnswer(
  answer: Response,
  { exchange, quirks }: { exchange: Exchange; quirks: readonly Quirk[] },
): Promise<Response> {
  if (!answer.ok || !isJson(answer) || quirks.every(({ body }) => body === undefined)) return answer;
  const plain = await answer.json();
  const body = quirks.reduce((changed, quirk) => quirk.body?.(changed, exchange) ?? changed, plain);
  return new Response(JSON.stringify(body), answer);
}

function isJson({ headers }: Response): boolean {
  return headers.get("content-type")?.includes("json") ?? false;
}
