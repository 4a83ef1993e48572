/**
 * The crumb in force: Jenkins' protection against forged requests, wanted with every POST. Asked for before the first,
 * renewed when it is refused, with one request in progress however many calls wait for it. It belongs to the session
 * in which it was issued, whose cookie goes with it. `jenkins_client` calls this.
 */
import * as v from "valibot";
import type { SendResponse } from "../../http/send.ts";
import { orAborted } from "../../lib/or_aborted.ts";
import { parseAnswer } from "../../lib/parse_answer.ts";

export interface Crumb {
  /** The headers that every POST carries; empty where Jenkins has the protection switched off. */
  readonly headers: Readonly<Record<string, string>>;
}

export class CrumbCache {
  /** No single caller's signal may end it: its answer is shared. */
  readonly #ask: () => Promise<Crumb>;
  #crumb: Crumb | null = null;
  #asking: Promise<Crumb> | null = null;

  constructor(ask: () => Promise<Crumb>) {
    this.#ask = ask;
  }

  async get({ signal }: { signal: AbortSignal }): Promise<Crumb> {
    signal.throwIfAborted();
    return this.#crumb ?? await orAborted(this.#asking ??= this.#start(), signal);
  }

  /** Forgets a crumb that was refused; one that came later stays. */
  forget(refused: Crumb): void {
    if (this.#crumb === refused) this.#crumb = null;
  }

  async #start(): Promise<Crumb> {
    try {
      return this.#crumb = await this.#ask();
    } finally {
      this.#asking = null;
    }
  }
}

const CrumbSchema = v.object({ crumb: v.string(), crumbRequestField: v.string() });

/** Reads the answer of `/crumbIssuer/api/json`. @param refuse makes the error from a message */
export function readCrumb(response: SendResponse, refuse: (message: string) => Error): Crumb {
  if (response.status === 404) return { headers: {} };
  const { crumb, crumbRequestField } = parseAnswer(CrumbSchema, response, refuse);
  const cookie = readCookies(response.headers["set-cookie"] ?? "");
  return { headers: { [crumbRequestField.toLowerCase()]: crumb, ...(cookie !== "" && { cookie }) } };
}

/** `a=1; Path=/, b=2; Expires=Thu, 01 Jan …` becomes `a=1; b=2`: several cookies come as one header. */
function readCookies(setCookie: string): string {
  return setCookie
    .split(/,\s*(?=[^;,=\s]+=)/)
    .map((cookie) => cookie.split(";", 1)[0]!.trim())
    .filter((cookie) => cookie !== "")
    .join("; ");
}
