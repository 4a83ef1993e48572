/** The query in the address of a list: form, filter, fields. An unknown part is an error, never ignored. */
import { findColumn, parseSortOrder, type SortOrder } from "../views/tables/choose_rows.ts";
import type { PoolList } from "../views/view_pool.ts";
import type { ViewFilter } from "../views/view_filter.ts";
import { acceptedFormat, isListFormat, type ListFormat, listFormats } from "./negotiate.ts";
import { SiteError } from "./failure_body.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { type AskedWindow, type Instant, parseMoment, whyEmpty } from "../domain/time.ts";

/** More are found faster by narrowing than by reading. */
export const ROWS_OF_PAGE = 200;

export interface ListQuery {
  readonly format: ListFormat;
  readonly filter: ViewFilter;
  /** null: the usual ones. */
  readonly fields: readonly string[] | null;
  /** null: as the list is sorted. */
  readonly sort: SortOrder | null;
  /** From 1, of `ROWS_OF_PAGE` each; null: all rows, and as HTML the first page. */
  readonly page: number | null;
  /** As it stands in the address, without what is left open. */
  readonly asked: URLSearchParams;
}

/** @throws SiteError (400) for what the list does not know */
export function parseListQuery(
  { filters, states, table }: {
    readonly filters: readonly string[];
    readonly states?: readonly string[];
    readonly table: PoolList["table"];
  },
  { query, accept }: { query: URLSearchParams; accept: string | undefined },
): ListQuery {
  const filter: Record<string, string | number> = {};
  const named = query.get("format");
  const format = named ? parseFormat(named) : acceptedFormat(accept);
  // A form sends also what was left open in it.
  const asked = format === "html"
    ? new URLSearchParams([...query].filter(([, value]) => value !== ""))
    : query;
  let page: number | null = null;
  let fields: readonly string[] | null = null;
  let sort: SortOrder | null = null;
  const given = parametersOf(asked, ["format", "fields", "sort", "page", ...filters]);
  for (const [key, value] of Object.entries(given)) {
    if (key === "format") continue;
    else if (key === "page") page = parsePage(value);
    else if (key === "fields") fields = parseFields(table, value);
    else if (key === "sort") sort = parseSort(table, value);
    else filter[key] = parseFilter(key, { value, states });
  }
  return { format, filter, fields, sort, page, asked };
}

const NUMBERS: ReadonlySet<string> = new Set(["id", "before", "limit"]);

function parseFilter(
  key: string,
  { value, states }: { value: string; states: readonly string[] | undefined },
): string | number {
  if (NUMBERS.has(key)) return parseNumber(key, value);
  if (key !== "state" || states === undefined || states.includes(value)) return value;
  throw new SiteError(400, `there is no state ${value} here; known: ${states.join(", ")}`);
}

function parsePage(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new SiteError(400, `there is no page ${text}: pages are numbered from 1`);
}

function parseFormat(text: string): ListFormat {
  if (!isListFormat(text)) {
    throw new SiteError(400, `there is no format ${text}; known: ${listFormats.join(", ")}`);
  }
  return text;
}

function parseSort(table: PoolList["table"], text: string): SortOrder {
  const order = parseSortOrder(text);
  if (findColumn(table.columns, order.by) !== undefined) return order;
  throw new SiteError(400, `there is no field ${order.by} to sort by; known: ${fieldsOf(table).join(", ")}`);
}

function fieldsOf({ columns }: PoolList["table"]): readonly string[] {
  return columns.map(({ field }) => field);
}

function parseFields(table: PoolList["table"], text: string): readonly string[] {
  const known = fieldsOf(table);
  const fields = text.split(",").map((field) => field.trim()).filter((field) => field !== "");
  const wrong = fields.find((field) => !known.includes(field));
  if (wrong !== undefined) throw new SiteError(400, `there is no field ${wrong}; known: ${known.join(", ")}`);
  if (fields.length === 0) throw new SiteError(400, `no fields given; known: ${known.join(", ")}`);
  return [...new Set(fields)];
}

function parseNumber(key: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new SiteError(400, `parameter ${key} is a whole number, not ${text}`);
  if (key === "limit" && Number(text) === 0) {
    throw new SiteError(400, "parameter limit is 0: give at least 1");
  }
  return Number(text);
}

/** @throws SiteError (400) for any other parameter than those known, and for one that is given twice or left empty */
export function parametersOf(
  query: URLSearchParams,
  known: readonly string[],
): Readonly<Record<string, string>> {
  for (const [key, value] of query) {
    if (!known.includes(key)) {
      throw new SiteError(400, `there is no parameter ${key} here; known: ${known.join(", ")}`);
    }
    if (query.getAll(key).length > 1) throw new SiteError(400, `parameter ${key} may be given only once`);
    if (value === "") throw new SiteError(400, `parameter ${key} is empty: give it a value, or leave it out`);
  }
  return Object.fromEntries(query);
}

/**
 * As instants of the pool.
 * @throws SiteError (400) for what is no time, and where nothing can lie between them
 */
export function parseWindow(
  texts: { readonly since?: string | undefined; readonly until?: string | undefined },
  report: Pick<PoolReport, "now" | "wallOffset">,
): AskedWindow {
  const window = { since: instantOf(texts.since, report), until: instantOf(texts.until, report) };
  const problem = whyEmpty(window, report);
  if (problem !== null) throw new SiteError(400, problem);
  return window;
}

function instantOf(
  text: string | undefined,
  { now, wallOffset }: Pick<PoolReport, "now" | "wallOffset">,
): Instant | undefined {
  if (text === undefined) return undefined;
  const instant = parseMoment(text, now + wallOffset);
  if (instant !== null) return instant - wallOffset;
  throw new SiteError(
    400,
    `there is no time ${text}: give how long ago (2h, 1d) or one such as 2026-01-31T18:00`,
  );
}
