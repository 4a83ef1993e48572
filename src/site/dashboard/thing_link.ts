/** Things by their names, as links to where there is more about them. */
import { html } from "hono/html";
import type { Thing } from "../../views/pool_problem.ts";
import type { Markup } from "../page.ts";

/** @param text not given: its kind and name */
export function thingLink(thing: Thing, text = `${thing.kind} ${thing.name}`): Markup {
  return html`<a href="${hrefOf(thing)}">${text}</a>`;
}

function hrefOf({ kind, name }: Thing): string {
  const safe = encodeURIComponent(name);
  return kind === "node" ? `/nodes/${safe}` : `/explain/${kind}:${safe}`;
}
