/** The dashboard as Grafana imports it: any Prometheus as its source, with variables for daemon, provider and label. */
import { dashboardRows, type Panel, type Query } from "./dashboard_rows.ts";

/** Of Grafana 10.4; newer ones migrate it. */
const SCHEMA = 39;

/** Columns of Grafana's grid, and how much of it a panel takes. */
const COLUMNS = 24;
const SIZES = {
  number: { w: 6, h: 4 },
  lines: { w: 8, h: 8 },
  stack: { w: 8, h: 8 },
  bars: { w: 8, h: 8 },
} as const;

const TYPES = { number: "stat", lines: "timeseries", stack: "timeseries", bars: "bargauge" } as const;

const source = { type: "prometheus", uid: "${datasource}" };

export function grafanaDashboard(): string {
  const dashboard = {
    uid: "nodepool",
    title: "nodepool",
    tags: ["nodepool"],
    schemaVersion: SCHEMA,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    timezone: "",
    annotations: { list: [] },
    links: [],
    templating: {
      list: [
        { name: "datasource", label: "Source", type: "datasource", query: "prometheus", current: {} },
        variable("instance", { label: "Daemon", of: "nodepool_build_info" }),
        variable("provider", {
          label: "Provider",
          of: 'nodepool_provider_max_servers{instance=~"$instance"}',
        }),
        variable("label", { label: "Label", of: 'nodepool_label_min_ready{instance=~"$instance"}' }),
      ],
    },
    panels: panelsOf(Object.entries(dashboardRows)),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function variable(name: string, { label, of }: { label: string; of: string }) {
  const definition = `label_values(${of}, ${name})`;
  return {
    name,
    label,
    type: "query",
    datasource: source,
    definition,
    query: { query: definition, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ".*",
    current: { selected: true, text: ["All"], value: ["$__all"] },
  };
}

/** From left to right, each row below the one before. */
function panelsOf(rows: readonly [title: string, panels: readonly Panel[]][]): readonly object[] {
  const made: object[] = [];
  let y = 0;
  for (const [title, panels] of rows) {
    made.push({
      id: made.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    let [x, height] = [0, 0];
    for (const panel of panels) {
      const { w, h } = SIZES[panel.kind];
      if (x + w > COLUMNS || height !== h && height > 0) [x, y, height] = [0, y + height, 0];
      made.push({ id: made.length + 1, gridPos: { x, y, w, h }, ...panelOf(panel) });
      [x, height] = [x + w, h];
    }
    y += height;
  }
  return made;
}

function panelOf({ title, kind, unit, queries, about, redFrom }: Panel) {
  const isNow = kind === "number" || kind === "bars";
  return {
    type: TYPES[kind],
    title,
    ...(about !== undefined && { description: about }),
    datasource: source,
    targets: queries.map((query, index) => target(query, { index, isNow })),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        noValue: "–",
        ...looks[kind],
        ...(redFrom !== undefined && { thresholds: redAt(redFrom) }),
      },
      overrides: kind === "stack" ? [limitLine] : [],
    },
    options: kind === "number"
      ? { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "value", graphMode: "none" }
      : kind === "bars"
      ? { reduceOptions: { calcs: ["lastNotNull"] }, orientation: "horizontal", displayMode: "basic" }
      : { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
  };
}

const looks = {
  number: {},
  bars: { color: { mode: "palette-classic" } },
  lines: { custom: { lineWidth: 1, fillOpacity: 0, showPoints: "never" } },
  stack: {
    custom: { lineWidth: 1, fillOpacity: 40, showPoints: "never", stacking: { mode: "normal", group: "A" } },
  },
} as const;

/** A line over the stack, no part of it. */
const limitLine = {
  matcher: { id: "byName", options: "limit" },
  properties: [
    { id: "custom.stacking", value: { mode: "none" } },
    { id: "custom.fillOpacity", value: 0 },
    { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
    { id: "color", value: { mode: "fixed", fixedColor: "red" } },
  ],
};

function redAt(value: number) {
  return { mode: "absolute", steps: [{ color: "green", value: null }, { color: "red", value }] };
}

function target([expr, legend]: Query, { index, isNow }: { index: number; isNow: boolean }) {
  return {
    refId: String.fromCharCode("A".charCodeAt(0) + index),
    datasource: source,
    expr,
    legendFormat: legend,
    ...(isNow ? { instant: true, range: false } : { range: true }),
  };
}
