/** Explains an answer that was not one of the expected ones. Pure; `jenkins_client` calls it. */
import type { SendResponse } from "../../http/send.ts";
import type { TargetErrorKind } from "../target_error.ts";
import { unescapeEntities } from "./entities.ts";

interface Refusal {
  readonly kind: TargetErrorKind;
  /** The problem and what to do, in one line. */
  readonly problem: string;
}

/** @param options `user`: who asks, null for nobody; `missing`: what a 404 means */
export function describeRefusal(
  response: SendResponse,
  { user, missing }: { user: string | null; missing: string },
): Refusal {
  const { status } = response;
  const said = pageText(response);
  const refusal = (kind: TargetErrorKind, what: string, advice?: string): Refusal => ({
    kind,
    problem: `${what} (HTTP ${status})${advice === undefined ? "" : `; ${advice}`}`,
  });
  if (status === 401) return refusal("unauthorized", said || "Jenkins requires a login", loginAdvice(user));
  if (status === 403) return refusal("unauthorized", said || "forbidden", rightsAdvice(said, user));
  if (status === 404) return refusal("notFound", missing);
  if (status === 409) return refusal("conflict", said || "not possible in its present state");
  if (status >= 500 || status === 408 || status === 429) {
    const advice = status === 500 ? "see the log of Jenkins" : undefined;
    return refusal("unavailable", said || "Jenkins failed without saying why", advice);
  }
  if (status >= 400) return refusal("badRequest", said || "Jenkins refused it without saying why");
  if (status >= 300) return refusal("badResponse", `redirected to ${whereTo(response)}`, "check url");
  return refusal("badResponse", "the response is not from Jenkins", "check url");
}

/** Refused before anything was done: the request may be sent again with a new crumb. */
export function isCrumbRefused(response: SendResponse): boolean {
  return response.status === 403 && /no valid crumb/i.test(pageText(response));
}

function loginAdvice(user: string | null): string {
  return user === null ? "set user and apikey" : `check user ${user} and its apikey`;
}

function rightsAdvice(said: string, user: string | null): string {
  if (/no valid crumb/i.test(said)) return "check whether a proxy drops headers or cookies";
  return user === null ? "set user and apikey" : `check the permissions of user ${user} in Jenkins`;
}

/** Without the query, which may hold what a login page was sent there with. */
function whereTo({ headers }: SendResponse): string {
  return (headers.location ?? "nowhere").replace(/[?#].*$/s, "");
}

const MAX_TEXT = 300;
/** Jenkins' own pages are longer, their messages stand well before this. */
const MAX_PAGE = 65_536;

/**
 * The text of an answer of Jenkins, or of the proxy before it, in one line; empty where it says nothing. Jenkins' servlet
 * container puts its message into the title, Jenkins into the main panel of a page; everything else is the text of a page.
 */
export function pageText({ body }: Pick<SendResponse, "body">): string {
  const page = new TextDecoder().decode(body.subarray(0, MAX_PAGE));
  const text = titleOfError(page) ?? plainText(mainPanel(page));
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line;
}

/** Jetty's and Winstone's pages: `<title>Error 403 No valid crumb was included in the request</title>`. */
function titleOfError(page: string): string | undefined {
  const title = page.match(/<title>\s*Error \d{3} ([^<]*)<\/title>/i)?.[1];
  return title === undefined ? undefined : plainText(title);
}

/** Without Jenkins' header, menus, footer, and a heading that says no more than the status does. */
function mainPanel(page: string): string {
  const start = page.search(/<div[^<>]*\bid=["']?main-panel\b/i);
  if (start < 0) return page;
  const end = page.slice(start).search(/<footer\b/i);
  const panel = end < 0 ? page.slice(start) : page.slice(start, start + end);
  return panel.replace(/<h1>\s*(Error|Oops!?|Access Denied)\s*<\/h1>/i, "");
}

function plainText(html: string): string {
  return unescapeEntities(
    html
      .replace(/<!--[\s\S]*?(?:-->|$)/g, " ")
      .replace(/<(head|style|script|pre)\b[\s\S]*?(?:<\/\1>|$)/gi, " ")
      .replace(/<[^<>]*>/g, " "),
  );
}
