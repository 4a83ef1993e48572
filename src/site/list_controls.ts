/**
 * The controls that narrow a list on its page: a row of states to click, and a form for the rest. Links and a form, so that it works
 * without scripts; the page's script takes both to change the list in place.
 */
import { html, raw } from "hono/html";
import type { PoolReport } from "../domain/pool_report.ts";
import { compareText } from "../views/view_head.ts";
import { listAddress } from "./links.ts";
import type { Markup } from "./page.ts";

export interface ListControl {
  readonly name: string;
  /** The values to choose from; not given: any text. */
  readonly options?: readonly string[];
  readonly example?: string;
}

/** The states that the rows are in, with how many are. */
export type StateCountsOfRows = ReadonlyMap<string, number>;

interface Asked {
  readonly path: string;
  readonly asked: URLSearchParams;
}

/** For a list's filters, `state` and `id` left out: the names that the configuration and the rows have. */
export function controlsOf(
  filters: readonly string[],
  { report, rows }: { report: PoolReport; rows: readonly object[] },
): readonly ListControl[] {
  return filters.filter((name) => name !== "state" && name !== "id").map((name) => {
    const own = rows.map((row) => (row as Record<string, unknown>)[name]);
    const names = [...configured(name, report), ...own.filter((value) => typeof value === "string")];
    return { name, options: [...new Set(names)].filter(Boolean).sort(compareText) };
  });
}

function configured(filter: string, { config }: PoolReport): readonly string[] {
  const { providers = [], labels = [], diskimages = [] } = config ?? {};
  const things: Readonly<Record<string, readonly { readonly name: string }[]>> = {
    provider: providers,
    label: labels,
    image: [...diskimages, ...providers.flatMap(({ images }) => images)],
  };
  return (things[filter] ?? []).map(({ name }) => name);
}

export function renderStates(counts: StateCountsOfRows, { path, asked }: Asked): Markup {
  const current = asked.get("state") ?? "";
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const chip = (state: string, count: number) =>
    html`<li><a id="state-${state}" href="${listAddress(path, { asked, change: { state } })}"${
      state === current ? raw(' aria-current="true"') : ""
    }>${
      state === "" ? "all" : html`<span class="state state-${state}">${state}</span>`
    } <b>${count}</b></a></li>`;
  const shown = [...counts].filter(([state, count]) => count > 0 || state === current);
  return html`<ul class="chips screen" aria-label="States">${chip("", all)}${
    shown.map(([state, count]) => chip(state, count))
  }</ul>`;
}

/** Nothing where there is nothing to choose. */
export function renderForm(controls: readonly ListControl[], { path, asked }: Asked): Markup {
  const shown = controls.filter(({ name, options }) =>
    options === undefined || options.length > 1 || asked.has(name)
  );
  const kept = [...asked].filter(([key]) => key !== "page" && !shown.some(({ name }) => name === key));
  const isNarrowed = shown.some(({ name }) => asked.has(name));
  const cleared = Object.fromEntries(shown.map(({ name }) => [name, null]));
  if (shown.length === 0) return html``;
  return html`<form class="filters screen" action="${path}" role="search" aria-label="Filters">
${kept.map(([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`)}
${shown.map((control) => renderControl(control, asked.get(control.name) ?? ""))}
<button>Apply</button>
${isNarrowed ? html`<a id="clear" href="${listAddress(path, { asked, change: cleared })}">Clear</a>` : ""}
</form>`;
}

function renderControl({ name, options, example = "" }: ListControl, value: string): Markup {
  const label = name.charAt(0).toUpperCase() + name.slice(1);
  const field = options === undefined
    ? html`
      <input id="filter-${name}" name="${name}" value="${value}" placeholder="${example}"
        autocomplete="off">
    `
    : html`<select id="filter-${name}" name="${name}"><option value="">any</option>${
      withValue(options, value).map((option) =>
        html`<option${option === value ? raw(" selected") : ""}>${option}</option>`
      )
    }</select>`;
  return html`<label>${label} ${field}</label>`;
}

/** The one that was asked for is shown even if it does not exist. */
function withValue(options: readonly string[], value: string): readonly string[] {
  return value === "" || options.includes(value) ? options : [value, ...options];
}
