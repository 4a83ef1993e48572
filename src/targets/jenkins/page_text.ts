/**
 * The text of an answer of Jenkins, or of the proxy before it, in one line. Pure; `describe_refusal` calls it.
 * Jenkins' servlet container puts its message into the title, Jenkins into the main panel of a page; everything else
 * is the text of a page.
 */
import type { SendResponse } from "../../http/send.ts";
import { unescapeEntities } from "./entities.ts";

const MAX_TEXT = 300;
/** Jenkins' own pages are longer, their messages stand well before this. */
const MAX_PAGE = 65_536;

/** Empty where it says nothing. */
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
