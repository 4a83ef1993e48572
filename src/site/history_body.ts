/** `/history`: the nodes that are gone in the form that was asked for, with the filters of the command `history`. */
import { type History, selectHistory } from "../domain/history.ts";
import type { NodeResult } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { historyTable, viewHistory } from "../views/history.ts";
import type { Table } from "../views/tables/column.ts";
import { sortedRows, viewBody } from "./list_body.ts";
import { controlsOf } from "./list_controls.ts";
import { renderListPage } from "./list_page.ts";
import { parseListQuery, parseWindow } from "./list_query.ts";
import type { ListFormat } from "./negotiate.ts";
import { pageFrame } from "./page.ts";
import { SiteError } from "./failure_body.ts";

export const historyFilters = [
  "label",
  "provider",
  "image",
  "job",
  "result",
  "hostname",
  "since",
  "until",
  "limit",
  "before",
] as const;

const MOST = 1_000;
const USUAL = 50;

const nodeResults: readonly NodeResult[] = ["used", "failed", "refused", "unused", "lost"];

type Asked = Partial<Record<Exclude<typeof historyFilters[number], "limit" | "before">, string>> & {
  readonly limit?: number;
  readonly before?: number;
};

/** @throws SiteError (400) for what it does not know */
export async function historyBody(
  query: URLSearchParams,
  { accept, history, report }: {
    accept: string | undefined;
    history: Pick<History, "listHistory">;
    report: PoolReport;
  },
): Promise<{ readonly format: ListFormat; readonly body: string }> {
  const parsed = parseListQuery({ filters: historyFilters, table: historyTable }, { query, accept });
  const { limit = USUAL, before, since, until, ...filter } = parsed.filter as Asked;
  if (limit > MOST) throw new SiteError(400, `limit=${limit}: an answer has at most ${MOST} nodes`);
  const times = parseWindow({ since, until }, report);
  const page = await selectHistory(history, { ...filter, ...times }, {
    limit,
    before,
  });
  const view = viewHistory(page, report);
  const table = historyTable as Table<typeof view, object>;
  if (parsed.format !== "html") {
    return { format: parsed.format, body: await viewBody(view, { query: parsed, table }) };
  }
  const columns = table.columns;
  const oldest = view.history.at(-1);
  const body = renderListPage({
    name: "history",
    frame: pageFrame(report, "/history"),
    columns,
    rows: sortedRows(view.history, { columns, sort: parsed.sort }),
    query: parsed,
    controls: [
      ...controlsOf(["label", "provider", "image"], { report, rows: view.history }),
      { name: "result", options: nodeResults },
      { name: "job" },
      { name: "hostname" },
      { name: "since", example: "2h" },
      { name: "until", example: "1h" },
    ],
    states: null,
    further: view.more && oldest !== undefined ? { before: oldest.id } : null,
  });
  return { format: parsed.format, body };
}
