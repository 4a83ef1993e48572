/** A list in the form that was asked for; one of thousands is made step by step, in slices. */
import type { PoolReport } from "../domain/pool_report.ts";
import { inSlices, othersTurn } from "../lib/in_slices.ts";
import { findColumn, narrowView, pickFields, sortRows } from "../views/tables/choose_rows.ts";
import type { Column, Table } from "../views/tables/column.ts";
import { csvLines } from "../views/tables/render_csv.ts";
import { tableParts } from "../views/tables/render_table.ts";
import { type PoolList, poolLists, type PoolViewName, renderPoolJson, viewPool } from "../views/view_pool.ts";
import { controlsOf } from "./list_controls.ts";
import { renderListPage } from "./list_page.ts";
import { type ListQuery, ROWS_OF_PAGE } from "./list_query.ts";
import { pageFrame } from "./page.ts";

/** In UTF-8. @param list `isRows`: whether its rows are wanted alone, as 2016's endpoint answered under names such as `/dib-image-list.json` */
export async function listBody(
  report: PoolReport,
  { name, query, isRows }: { name: PoolViewName; query: ListQuery; isRows: boolean },
): Promise<Uint8Array<ArrayBuffer>> {
  const { format, filter, fields, sort, page } = query;
  if (format === "json" && !isRows && fields === null && sort === null && page === null) {
    return await renderPoolJson(report, { name, filter });
  }
  const table = poolLists[name].table as Table<ReturnType<typeof viewPool>, object>;
  return new TextEncoder().encode(
    format === "html"
      ? pageOf(report, { name, query, table })
      : await viewBody(viewPool(report, { name, filter }), { query, table, isRows }),
  );
}

/** Its rows are narrowed by state last: how many there are of each stands above them. */
function pageOf(
  report: PoolReport,
  { name, query, table: { columns, rows: rowsOf } }: {
    name: PoolViewName;
    query: ListQuery;
    table: Table<ReturnType<typeof viewPool>, object>;
  },
): string {
  const { state, ...filter } = query.filter;
  const { filters, states } = poolLists[name] as PoolList;
  const all = rowsOf(viewPool(report, { name, filter }));
  const stateOf = (row: object) => (row as { readonly state?: string }).state ?? "";
  const rows = state === undefined ? all : all.filter((row) => stateOf(row) === state);
  const counts = new Map(states?.map((state) => [state, 0]));
  for (const row of all) counts.set(stateOf(row), (counts.get(stateOf(row)) ?? 0) + 1);
  return renderListPage({
    name,
    frame: pageFrame(report, `/${name}`),
    columns,
    rows: sortedRows(rows, { columns, sort: query.sort }),
    query,
    controls: controlsOf(filters, { report, rows: all }),
    states: states === undefined ? null : counts,
  });
}

/** A view with a table in the form that was asked for, which is no page. */
export async function viewBody<View extends { readonly at: string }>(
  view: View,
  { query, table: { columns: all, rows: rowsOf }, isRows = false }: {
    query: ListQuery;
    table: Table<View, object>;
    isRows?: boolean;
  },
): Promise<string> {
  const { format, fields, page } = query;
  const own = rowsOf(view);
  await othersTurn();
  const sorted = sortedRows(own, { columns: all, sort: query.sort });
  const rows = page === null ? sorted : sorted.slice((page - 1) * ROWS_OF_PAGE, page * ROWS_OF_PAGE);
  const columns = fields === null
    ? all
    : fields.map((field) => all.find((column) => column.field === field)!);
  await othersTurn();
  switch (format) {
    case "json":
      if (isRows) return await joined(jsonParts(fields === null ? rows : pickFields(rows, fields)));
      return JSON.stringify(narrowView(view, { rows: own, shown: rows, columns: fields && columns }));
    case "csv":
      return await joined(csvLines({ columns, rows }));
    default:
      return await joined(tableParts({ columns, rows }, { wide: format === "wide" || fields !== null }));
  }
}

async function joined(parts: Iterable<string>): Promise<string> {
  const all: string[] = [];
  await inSlices(parts, (part) => all.push(part));
  return all.join("");
}

function* jsonParts(rows: readonly object[]): Iterable<string> {
  for (const [index, row] of rows.entries()) yield `${index === 0 ? "[" : ","}${JSON.stringify(row)}`;
  yield rows.length === 0 ? "[]" : "]";
}

export function sortedRows(
  rows: readonly object[],
  { columns, sort }: { columns: readonly Column<object>[]; sort: ListQuery["sort"] },
): readonly object[] {
  if (sort === null) return rows;
  return sortRows(rows, { column: findColumn(columns, sort.by)!, isDescending: sort.isDescending });
}
