/** Answers that are errors: a page for browsers, JSON for programs that ask for it, a line of text for everybody else. */
import { html } from "hono/html";
import { visibleText } from "../lib/visible_text.ts";
import { acceptedFormat } from "./negotiate.ts";
import { type PageFrame, renderPage } from "./page.ts";

interface Failure {
  readonly status: number;
  /** For the client. */
  readonly message: string;
  /** Called where a page is wanted. */
  frame(): PageFrame;
  /** As a page has it. */
  readonly base?: string | undefined;
}

export function failureBody(
  accept: string | undefined,
  { status, message, frame, base }: Failure,
): { readonly type: string; readonly body: string } {
  switch (acceptedFormat(accept)) {
    case "json":
      return { type: "application/json", body: JSON.stringify({ error: message, status }) };
    case "html":
      return { type: "text/html; charset=utf-8", body: renderFailure(frame(), { status, message, base }) };
    default:
      return { type: "text/plain; charset=utf-8", body: `${visibleText(message)}\n` };
  }
}

/** The answer of an endpoint that shows no pool, whose page has all that it loads in itself. @param base where its links lead */
export function bareFailure(
  accept: string | undefined,
  { status, message, title, base }: Pick<Failure, "status" | "message"> & { title: string; base: string },
): Response {
  const frame = () => ({ title, version: null, at: null, path: "" });
  const { type, body } = failureBody(accept, { status, message, frame, base });
  const headers = {
    "content-type": type,
    "cache-control": "no-store",
    "vary": "accept",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
  };
  return new Response(body, { status, headers });
}

const headings: Readonly<Record<number, string>> = {
  400: "This address is not valid",
  404: "Not found",
  405: "Read-only",
  410: "Gone",
  421: "Not under this name",
  500: "Something went wrong here",
  503: "Not available now",
};

function renderFailure(frame: PageFrame, { status, message, base }: Omit<Failure, "frame">): string {
  const body = html`
    <p class="lead">${message.charAt(0).toUpperCase()}${message.slice(1)}.</p>
    <p
      class="muted">HTTP status ${status}. <a href="/">Overview</a>, <a href="/manual/endpoint">all addresses</a></p>
  `;
  return renderPage({ frame, heading: headings[status] ?? "Error", body, base });
}

export class SiteError extends Error {
  override readonly name = "SiteError";
  constructor(readonly status: 400 | 404 | 405 | 410, message: string) {
    super(message);
  }
}
