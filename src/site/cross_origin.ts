/**
 * Lets pages of other origins read the status endpoint in browsers, where the configuration in force allows theirs. To
 * everybody else nothing is said, which has the browser keep the answer from the page.
 */
import type { Context } from "hono";

export function crossOrigin(allowed: () => readonly string[]) {
  return async (context: Context, next: () => Promise<void>): Promise<Response | void> => {
    const origins = allowed();
    const granted = grantFor(context.req.header("origin"), origins);
    const isPreflight = context.req.method === "OPTIONS" &&
      context.req.header("access-control-request-method") !== undefined;
    if (isPreflight && granted !== null) {
      return preflight(granted, context.req.header("access-control-request-headers"));
    }
    await next();
    if (origins.length > 0 && granted !== "*") context.res.headers.append("vary", "origin");
    if (granted === null) return;
    context.res.headers.set("access-control-allow-origin", granted);
    context.res.headers.set("access-control-expose-headers", EXPOSED);
  };
}

/** The headers of an answer that pages see besides the few that they always see. */
const EXPOSED = "etag, last-modified, allow, location";

/** The headers that allow the answer; null: nothing. */
function grantFor(origin: string | undefined, allowed: readonly string[]): string | null {
  if (allowed.includes("*")) return "*";
  return origin !== undefined && allowed.includes(origin) ? origin : null;
}

/** @param headers that the page wants to send: none of them makes a difference to what it may read */
function preflight(granted: string, headers: string | undefined): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": granted,
      "access-control-allow-methods": "GET, HEAD",
      ...(headers === undefined ? {} : { "access-control-allow-headers": headers }),
      "access-control-max-age": "600",
      vary: granted === "*" ? "access-control-request-headers" : "origin, access-control-request-headers",
    },
  });
}
