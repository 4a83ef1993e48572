/** The alerts as Prometheus reads them. */
import { stringify } from "../lib/yaml.ts";
import { findInManual } from "../manual/manual.ts";
import { type AlertRule, alertRules } from "./alert_rules.ts";

const HEAD =
  `# Alerts on nodepool's metrics. Name this file under rule_files in prometheus.yml; its job must be called nodepool.
# runbook_url leads to the daemon's own manual, at the address that Prometheus reads the metrics from. If people reach the
# daemon elsewhere, say where with the external label nodepool_url.
`;

/** The daemon's status endpoint, as people reach it. */
const DAEMON = "{{ with $externalLabels.nodepool_url }}{{ . }}{{ else }}" +
  "{{ with $labels.instance }}http://{{ . }}{{ end }}{{ end }}";

export function prometheusRules(): string {
  return HEAD +
    stringify({ groups: [{ name: "nodepool", rules: Object.entries(alertRules).map(ruleOf) }] }, {
      lineWidth: 0,
    });
}

function ruleOf([name, rule]: [string, AlertRule]) {
  const { expr, lasts, severity = "warning", summary, description, manual } = rule;
  const { topic } = findInManual([manual])!;
  return {
    alert: name,
    expr,
    for: lasts,
    labels: { severity },
    annotations: {
      summary,
      description,
      runbook: `nodepool manual ${manual}`,
      runbook_url: `${DAEMON}/manual/${topic.name}#${manual}`,
    },
  };
}
