/** The alerts, by Prometheus' own tool: each fires when it must and at no other time. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { alertRules } from "../../src/install/alert_rules.ts";
import { prometheusRules } from "../../src/install/prometheus_rules.ts";
import { stringify } from "../../src/lib/yaml.ts";
import { findInManual } from "../../src/manual/manual.ts";
import { topicTexts } from "../../src/manual/topics.ts";
import { PrometheusMetrics } from "../../src/metrics/prometheus_metrics.ts";
import { sampleFacts } from "../metrics/sample_facts.ts";
import { testNeeding } from "../needs.ts";
import { tableRows } from "../readme/document.ts";
import { manyNodes, sampleReport } from "../views/sample_pool.ts";
import { alertCases, type Series } from "./alert_cases.ts";
import { unknownNames } from "./unknown_names.ts";

const FIRING = 'alertstate="firing"';

/**
 * @param series by name and labels, without those that the scrape adds
 * @param apart the label that tells them from others
 */
function inputs(series: Series, value = "pool:8005", apart = "instance") {
  return Object.entries(series).map(([name, values]) => ({
    series: name.replace("{", `{${apart}="${value}",job="nodepool",`).replace(",}", "}"),
    values,
  }));
}

/** The alerts that fire then, each once. */
function expecting(minutes: number, alerts: readonly string[], matchers = "") {
  return expectation(`ALERTS{${FIRING}${matchers}}`, { minutes, alerts });
}

/** No such alert has fired in the first two hours. */
function never(matchers = "") {
  return expectation(`count_over_time(ALERTS{${FIRING}${matchers}}[121m])`, { minutes: 120, alerts: [] });
}

function expectation(of: string, { minutes, alerts }: { minutes: number; alerts: readonly string[] }) {
  return {
    expr: `group by (alertname) (${of})`,
    eval_time: `${minutes}m`,
    exp_samples: alerts.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
  };
}

function group(series: ReturnType<typeof inputs>, tests: readonly object[] = []) {
  return { interval: "1m", input_series: series, promql_expr_test: tests };
}

async function promtool(tests: readonly object[]): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "nodepool rules " });
  try {
    await Deno.writeTextFile(`${folder}/rules.yaml`, prometheusRules());
    const file = { rule_files: ["rules.yaml"], evaluation_interval: "1m", tests };
    await Deno.writeTextFile(`${folder}/test.yaml`, stringify(file));
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command("promtool", { args, cwd: folder }).output();
      const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      equal(code, 0, said);
      return said;
    };
    return await run("check", "rules", "rules.yaml") + await run("test", "rules", "test.yaml");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Each case is an instance of its own, so that promtool runs all of them at once. */
function allCases() {
  return Object.entries(alertCases).flatMap(([name, { apart = "instance", fires, by, notYet, silent }]) => {
    const on = (value: string) => `,${apart}="${value}",alertname="${name}"`;
    const early = notYet === undefined ? [] : [expecting(notYet, [], on(name))];
    return [
      { series: inputs(fires, name, apart), tests: [expecting(by, [name], on(name)), ...early] },
      ...silent.map((series, index) => {
        const value = `${name} ${index}`;
        return { series: inputs(series, value, apart), tests: [never(on(value))] };
      }),
    ];
  });
}

testNeeding(
  ["promtool"],
  "each alert fires for its trouble, not before its time, and not for less",
  async () => {
    deepEqual(Object.keys(alertCases).sort(), Object.keys(alertRules).sort());
    const cases = allCases();
    const said = await promtool([
      group(cases.flatMap(({ series }) => series), cases.flatMap(({ tests }) => tests)),
    ]);
    match(said, new RegExp(`SUCCESS: ${Object.keys(alertRules).length} rules found`));
  },
);

/** The samples of a pool that has nothing to do, as `/metrics` shows them. */
async function idleSeries(): Promise<Series> {
  const report = sampleReport({
    requests: [],
    pauses: [],
    labels: [{ name: "noble", wanted: 0, demand: 0, refusals: [] }],
    nodes: manyNodes(9),
    providers: sampleReport().providers.slice(0, 1),
  });
  const { body } = await new PrometheusMetrics().scrape(report, { facts: sampleFacts, isOpenMetrics: false });
  const samples = [...body.matchAll(/^(\w+)(\{.*\})? (\S+)$/gm)];
  ok(samples.length > 50);
  return Object.fromEntries(
    samples.map(([, name, labels = "{}", value]) => [name + labels, `${Number(value)}+0x200`]),
  );
}

testNeeding(
  ["promtool"],
  "no alert fires for an idle pool, and only one for a daemon that is down",
  async () => {
    const idle = { ...await idleSeries(), "up{}": "1+0x200" };
    await promtool([
      group(inputs(idle), [never()]),
      group(inputs({ "up{}": "0+0x200" }), [expecting(100, ["NodepoolDown"])]),
      group([], [expecting(100, ["NodepoolDown"])]),
    ]);
  },
);

function alertTest(external: Readonly<Record<string, string>>, url: string) {
  return {
    ...group(inputs({ 'nodepool_oldest_request_age_seconds{label="noble",reason="quota"}': "0+60x60" })),
    external_labels: external,
    alert_rule_test: [{
      eval_time: "20m",
      alertname: "NodepoolRequestWaits",
      exp_alerts: [{
        exp_labels: { severity: "warning", instance: "pool:8005", label: "noble", reason: "quota" },
        exp_annotations: {
          summary: "A request for noble waits",
          description: "It has been waiting for 20m 0s. What stands in its way: quota.",
          runbook: "nodepool manual no-node",
          runbook_url: `${url}/manual/troubleshooting#no-node`,
        },
      }],
    }],
  };
}

testNeeding(
  ["promtool"],
  "an alert leads to the manual at the daemon, or where people reach it",
  async () => {
    await promtool([
      alertTest({}, "http://pool:8005"),
      alertTest({ nodepool_url: "https://ci.example.org/pool" }, "https://ci.example.org/pool"),
    ]);
  },
);

Deno.test("each alert names a section of the manual, and metrics and labels that there are", () => {
  for (const [name, { expr, manual, summary, description }] of Object.entries(alertRules)) {
    ok(findInManual([manual])?.section?.names.includes(manual), `${name}: ${manual}`);
    deepEqual(unknownNames(expr), [], name);
    const [metric] = expr.match(/(?:nodepool|process)_\w+|up/)!;
    for (const [, label] of `${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)) {
      const grouping = expr.match(/by \(([^)]*)\)/)?.[1]?.split(", ");
      ok(
        grouping?.includes(label!) ?? unknownNames(`${metric}{${label}=""}`).length === 0,
        `${name}: ${label}`,
      );
    }
  }
});

Deno.test("the manual lists the alerts with their severity and what they say", () => {
  const rows = tableRows(topicTexts["metrics"]!).filter(([name]) => name!.startsWith("`Nodepool"));
  const known = Object.entries(alertRules).map(([name, { severity = "warning", summary, lasts, manual }]) => [
    `\`${name}\``,
    severity,
    lasts === "0m" ? "" : lasts,
    `${summary.replaceAll(/\{\{.*?\}\}/g, "…")}.`,
    `[${manual}](${findInManual([manual])!.topic.name}.md#${manual})`,
  ]);
  deepEqual(rows, known);
});
