/** A list in the form that was asked for. */
import type { PoolReport } from "../domain/pool_report.ts";
import { findColumn, sortRows } from "../views/tables/choose_rows.ts";
import { type Column, plainColumns } from "../views/tables/column.ts";
import { narrowView, pickFields } from "../views/tables/narrow_view.ts";
import { renderCsv } from "../views/tables/render_csv.ts";
import { renderTable } from "../views/tables/render_table.ts";
import { poolLists, type PoolViewName, renderPoolJson, viewPool } from "../views/view_pool.ts";
import { renderListPage } from "./list_page.ts";
import type { ListQuery } from "./list_query.ts";
import { pageFrame } from "./page.ts";

/** `name` is a list with rows of its own under its table. */
export function listBody(
  report: PoolReport,
  { name, query }: { name: PoolViewName; query: ListQuery },
): Body {
  const { format, filter, fields, sort } = query;
  if (format === "json" && fields === null && sort === null) return renderPoolJson(report, { name, filter });
  const view = viewPool(report, { name, filter });
  return viewBody(view, { name, query, table: poolLists[name].table as TableOf<typeof view>, report });
}

/** A view with a table in the form that was asked for. */
export function viewBody<View extends { readonly at: string }>(
  view: View,
  { name, query: { format, fields, sort }, table: { columns: all, rows: rowsOf }, report }: {
    name: string;
    query: ListQuery;
    table: TableOf<View>;
    report: PoolReport;
  },
): Body {
  const own = rowsOf(view);
  const rows = sortedRows(own, { columns: all, sort });
  const columns = fields === null
    ? all
    : fields.map((field) => all.find((column) => column.field === field)!);
  switch (format) {
    case "json":
      return JSON.stringify(narrowView(view, { rows: own, shown: rows, columns: fields && columns }));
    case "csv":
      return renderCsv({ columns, rows });
    case "html":
      return renderListPage({
        name,
        frame: pageFrame(report, `/${name}`),
        // Wide columns are shown where they are asked for by name.
        columns: fields === null ? plainColumns({ columns, rows }) : columns,
        rows,
        at: view.at,
      });
    default:
      return renderTable({ columns, rows }, { wide: format === "wide" || fields !== null });
  }
}

/** The rows alone, as JSON: what 2016's endpoint answered under names such as `/dib-image-list.json`. */
export function rowsBody(
  report: PoolReport,
  { name, query }: { name: PoolViewName; query: ListQuery },
): Body {
  const view = viewPool(report, { name, filter: query.filter });
  const { columns, rows: rowsOf } = poolLists[name].table as TableOf<typeof view>;
  const rows = sortedRows(rowsOf(view), { columns, sort: query.sort });
  return JSON.stringify(query.fields === null ? rows : pickFields(rows, query.fields));
}

function sortedRows(
  rows: readonly object[],
  { columns, sort }: { columns: readonly Column<object>[]; sort: ListQuery["sort"] },
): readonly object[] {
  if (sort === null) return rows;
  return sortRows(rows, { column: findColumn(columns, sort.by)!, isDescending: sort.isDescending });
}

/** Text, or its bytes in UTF-8. */
export type Body = string | Uint8Array<ArrayBuffer>;

export interface TableOf<View> {
  readonly columns: readonly Column<object>[];
  rows(view: View): readonly object[];
}
