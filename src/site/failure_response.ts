/** Answers that are errors: a page for browsers, JSON for programs that ask for it, a line of text for everybody else. */
import type { Context } from "hono";
import { html } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { acceptedFormat } from "./negotiate.ts";
import { type PageFrame, renderPage } from "./page.ts";
import { SiteError } from "./site_error.ts";

/** @param error any but a SiteError is our own fault, and says nothing to who asked */
export function failureResponse(context: Context, error: Error, frame: () => PageFrame): Response {
  const status = error instanceof SiteError ? error.status : 500;
  const message = error instanceof SiteError ? error.message : "cannot create the response; see the log";
  context.header("vary", "accept");
  context.header("cache-control", "no-store");
  switch (acceptedFormat(context.req.header("accept"))) {
    case "json":
      return context.json({ error: message, status }, status);
    case "html":
      return context.html(renderFailure(frame(), { status, message }), status);
    default:
      return context.text(`${message}\n`, status);
  }
}

const headings: Readonly<Record<number, string>> = {
  400: "This address asks for something unknown",
  404: "Not found",
  405: "Read-only",
  410: "Gone",
  421: "Another name, please",
  500: "Something went wrong here",
};

function renderFailure(
  frame: PageFrame,
  { status, message }: { status: ContentfulStatusCode; message: string },
): string {
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  const body = html`
    <p class="lead">${sentence}.</p>
    <p
      class="muted">HTTP status ${status}. <a href="/">Overview</a>, <a href="/manual/endpoint">what there is</a></p>
  `;
  return renderPage({ frame, heading: headings[status] ?? "Error", body });
}
