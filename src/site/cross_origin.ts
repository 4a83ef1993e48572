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
    if (isPreflight && granted !== null) return preflight(granted);
    await next();
    if (origins.length > 0 && granted !== "*") context.res.headers.append("vary", "origin");
    if (granted === null) return;
    context.res.headers.set("access-control-allow-origin", granted);
    context.res.headers.set("access-control-expose-headers", "etag");
  };
}

/** The headers that allow the answer; null: nothing. */
function grantFor(origin: string | undefined, allowed: readonly string[]): string | null {
  if (allowed.includes("*")) return "*";
  return origin !== undefined && allowed.includes(origin) ? origin : null;
}

function preflight(granted: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": granted,
      "access-control-allow-methods": "GET, HEAD",
      "access-control-allow-headers": "accept, if-none-match, if-modified-since",
      "access-control-max-age": "600",
      ...(granted === "*" ? {} : { vary: "origin" }),
    },
  });
}
