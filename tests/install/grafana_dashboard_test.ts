/** Grafana's dashboard: what it asks of Prometheus is there, and Prometheus understands it. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { dashboardRows } from "../../src/install/grafana/dashboard_rows.ts";
import { grafanaDashboard } from "../../src/install/grafana/grafana_dashboard.ts";
import { stringify } from "../../src/lib/yaml.ts";
import { metricTable } from "../../src/metrics/metric_table.ts";
import { testNeeding } from "../needs.ts";
import { unknownNames } from "./unknown_names.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

const dashboard = JSON.parse(grafanaDashboard());
const panels: readonly Panel[] = dashboard.panels;
const targets = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));

/** As Grafana puts values in for its variables. */
function filledIn(expr: string): string {
  return expr.replaceAll("$__rate_interval", "5m").replaceAll("$__range", "2h").replaceAll(
    /"\$(instance|provider|label)"/g,
    '".*"',
  );
}

Deno.test("each query of the dashboard names metrics and labels that there are, and lines by labels that it keeps", () => {
  ok(targets.length > 60);
  for (const { title, expr, legendFormat } of targets) {
    deepEqual(unknownNames(expr), [], `${title}: ${expr}`);
    const grouping = expr.match(/by \(([^)]*)\)/)?.[1]?.split(", ");
    const [metric] = expr.match(/(?:nodepool|process)_\w+/)!;
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      ok(
        grouping?.includes(label!) ?? unknownNames(`${metric}{${label}=""}`).length === 0,
        `${title}: ${label}`,
      );
    }
  }
});

Deno.test("the dashboard leaves out no metric but a few that others on it contain", () => {
  const asked = targets.map(({ expr }) => expr).join("\n");
  const left = Object.keys(metricTable).filter((name) =>
    !new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`).test(asked)
  );
  deepEqual(left, [
    "nodepool_nodes_long_in_state",
    "nodepool_launch_overhead_seconds",
    "nodepool_requested_nodes",
    "nodepool_launch_pause_seconds",
    "nodepool_api_queued_requests",
    "nodepool_api_request_interval_seconds",
    "nodepool_oldest_image_age_seconds",
    "nodepool_oldest_dib_image_age_seconds",
    "nodepool_dib_image_ready_timestamp_seconds",
    "nodepool_config_last_reload_success_timestamp_seconds",
    "nodepool_task_last_success_timestamp_seconds",
    "nodepool_event_loop_delay_seconds",
  ]);
});

Deno.test("panels of the dashboard have a place each, within the grid, and one source for all", () => {
  equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  deepEqual(
    panels.filter(({ type }) => type === "row").map(({ title }) => title),
    Object.keys(dashboardRows),
  );
  const taken = new Set<string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    ok(x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        ok(!taken.has(`${column} ${line}`), title);
        taken.add(`${column} ${line}`);
      }
    }
  }
  for (const { targets = [] } of panels) {
    equal(new Set(targets.map(({ refId }) => refId)).size, targets.length);
  }
  const variables: readonly { name: string; query: unknown }[] = dashboard.templating.list;
  deepEqual(variables.map(({ name }) => name), ["datasource", "instance", "provider", "label"]);
  for (const [, uid] of grafanaDashboard().matchAll(/"uid": "(.*)"/g)) {
    match(uid!, /^(nodepool|\$\{datasource\})$/);
  }
});

async function promtool(files: Readonly<Record<string, object>>, ...args: string[]): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-dashboard-" });
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, stringify(content));
    }
    const { code, stdout, stderr } = await new Deno.Command("promtool", { args, cwd: folder }).output();
    equal(code, 0, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testNeeding(["promtool"], "Prometheus understands each query of the dashboard", async () => {
  const rules = targets.map(({ expr }, index) => ({ record: `query:${index}`, expr: filledIn(expr) }));
  await promtool(
    { "rules.yaml": { groups: [{ name: "dashboard", rules }] } },
    "check",
    "rules",
    "rules.yaml",
  );
});

/** The query that has the title, and a legend that begins so. */
function queryOf(title: string, legend: string): string {
  return filledIn(
    targets.find((target) => target.title === title && target.legendFormat.startsWith(legend))!.expr,
  );
}

testNeeding(
  ["promtool"],
  "node-hours count nodes that came later for their time alone, and the line of the limit leaves out retired providers",
  async () => {
    const series = (name: string, values: string) => ({ series: name, values });
    const labels = 'instance="a:1",provider="p"';
    const tests = [{
      interval: "1m",
      input_series: [
        series(`nodepool_nodes{${labels},label="noble",state="used"}`, "3+0x120"),
        series(`nodepool_nodes{${labels},label="jammy",state="used"}`, "_x60 2+0x59"),
        series(`nodepool_provider_max_servers{instance="a:1",provider="p"}`, "10+0x120"),
        series(`nodepool_provider_max_servers{instance="a:1",provider="q"}`, "-1+0x120"),
      ],
      promql_expr_test: [
        {
          expr: `round(${queryOf("Node-hours by state", "{{state}}")}, 0.1)`,
          eval_time: "119m",
          exp_samples: [{ labels: '{state="used"}', value: 8 }],
        },
        {
          expr: queryOf("Nodes by state", "limit"),
          eval_time: "60m",
          exp_samples: [{ labels: "{}", value: 10 }],
        },
      ],
    }];
    await promtool(
      { "test.yaml": { rule_files: [], evaluation_interval: "1m", tests } },
      "test",
      "rules",
      "test.yaml",
    );
  },
);
