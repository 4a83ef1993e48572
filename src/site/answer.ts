/** Answers with a text in some form, or with 304 to who has it already. */
import { createHash } from "node:crypto";
import type { Context } from "hono";
import { SECOND } from "../domain/time.ts";
import type { ListFormat } from "./negotiate.ts";

type Form = ListFormat | "markdown";

export const contentTypes: Readonly<Record<Form, string>> = {
  text: "text/plain; charset=utf-8",
  wide: "text/plain; charset=utf-8",
  json: "application/json",
  html: "text/html; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  markdown: "text/markdown; charset=utf-8",
};

/** Tagged by its content, ages included: a page that is reloaded shows them updated. */
export function answer(context: Context, format: Form, body: string): Response {
  const known = notModified(context, tagOf(body));
  if (known !== null) return known;
  context.header("content-type", contentTypes[format]);
  return context.body(body);
}

/** 304 where the client has it already. Sets the headers of either answer. @param change null: since when is not known */
export function notModified(
  context: Context,
  tag: string,
  change: Omit<Change, "tag"> | null = null,
): Response | null {
  context.header("etag", `W/"${tag}"`);
  if (change !== null) context.header("last-modified", new Date(change.at * SECOND).toUTCString());
  context.header("cache-control", "no-cache");
  context.header("vary", "accept");
  return hasIt(context, tag, change) ? context.body(null, 304) : null;
}

/** The tag counts where both are sent: it tells more than a second does. Proxies may have taken its `W/` away. */
function hasIt(context: Context, tag: string, change: Omit<Change, "tag"> | null): boolean {
  const tags = context.req.header("if-none-match")?.split(",").map((text) => text.trim().replace(/^W\//, ""));
  if (tags !== undefined) return tags.includes(`"${tag}"`) || tags.includes("*");
  const since = context.req.header("if-modified-since") ?? "";
  // The oldest form names no zone.
  const time = HTTP_DATE.test(since) ? Date.parse(`${since.replace(/ GMT$/, "")} GMT`) : NaN;
  return change !== null && !change.isSecond && time >= change.at * SECOND;
}

/** HTTP's three forms of a date (RFC 9110, 5.6.7): anything else is ignored. */
const HTTP_DATE =
  /^(?:\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT|\w+day, \d\d-\w{3}-\d\d [\d:]{8} GMT|\w{3} \w{3} [\d ]\d [\d:]{8} \d{4})$/;

export function tagOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, 22);
}

interface Change {
  readonly tag: string;
  /** Unix time in seconds. */
  readonly at: number;
  /** Whether it said something else earlier in that second. */
  readonly isSecond: boolean;
}

/** Questions that are remembered; one that was forgotten counts as changed now. */
const MOST = 100;

/**
 * When each page last changed, for clients that ask with `If-Modified-Since`. HTTP tells whole seconds: of a page that
 * changed twice within one, that second does not say which of both a client has.
 */
export class LastModified {
  readonly #changes = new Map<string, Change>();

  /** @param state `tag`: another one for other contents; `now`: seconds by the machine's clock */
  of(question: string, { tag, now }: { tag: string; now: number }): Omit<Change, "tag"> {
    const known = this.#changes.get(question);
    if (known?.tag === tag) return known;
    // A clock that was set back makes nothing older than what clients have.
    const at = Math.max(now, known?.at ?? 0);
    const change = { tag, at, isSecond: known?.at === at };
    this.#changes.delete(question);
    this.#changes.set(question, change);
    for (const oldest of this.#changes.keys()) {
      if (this.#changes.size > MOST) this.#changes.delete(oldest);
    }
    return change;
  }
}
