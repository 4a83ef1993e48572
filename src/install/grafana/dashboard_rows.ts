/**
 * The panels of the dashboard for Grafana, row by row, from what people feel down to the daemon itself. A test holds each
 * metric and label against `metric_table.ts`, and has promtool parse each expression.
 */

/** An expression of PromQL, and the name of its lines as a template. */
export type Query = readonly [expr: string, legend: string];

export interface Panel {
  readonly title: string;
  /** `lines` and `stack` over time, `number` for now, `bars` for the time that is shown. */
  readonly kind: "lines" | "stack" | "number" | "bars";
  /** Grafana's name for it. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Shown behind the title. */
  readonly about?: string;
  /** A number turns red from this value on. */
  readonly redFrom?: number;
}

/** Makes panels of a kind; their queries stand by the names of their lines. */
function panel(kind: Panel["kind"], unit = "short") {
  return (
    title: string,
    queries: Readonly<Record<string, string>>,
    look: Pick<Panel, "about" | "redFrom"> = {},
  ): Panel => ({
    title,
    kind,
    unit,
    queries: Object.entries(queries).map(([legend, expr]) => [expr, legend]),
    ...look,
  });
}

const lines = panel("lines");
const seconds = panel("lines", "s");
const shares = panel("lines", "percentunit");
const bytes = panel("lines", "bytes");
const stack = panel("stack");
const stackOfSeconds = panel("stack", "s");
const rates = panel("stack", "reqps");
const number = panel("number");
const numberOfSeconds = panel("number", "s");
const bars = panel("bars");
const barsOfSeconds = panel("bars", "s");
const hours = panel("bars", "h");

/** Narrow a query to the choices at the top of the dashboard. */
const I = 'instance=~"$instance"';
const P = `${I},provider=~"$provider"`;
const L = `${I},label=~"$label"`;
const PL = `${P},label=~"$label"`;

/** The value that 95 of 100 observations, or another part of them, do not exceed. @param of a histogram */
function quantile(of: string, by = "", { part = 0.95, over = "$__rate_interval" } = {}): string {
  const buckets = of.replace("{", "_bucket{");
  const grouping = by === "" ? "le" : `${by}, le`;
  return `histogram_quantile(${part}, sum by (${grouping}) (rate(${buckets}[${over}])))`;
}

/** Two lines for each of those that it is grouped by. */
function medianAnd95(of: string, by: string): Record<string, string> {
  return {
    [`{{${by}}}, median`]: quantile(of, by, { part: 0.5 }),
    [`{{${by}}}, 95 %`]: quantile(of, by),
  };
}

/** How many there were in an hour. */
function hourly(by: string, counter: string): string {
  return `sum by (${by}) (rate(${counter}[$__rate_interval])) * 3600`;
}

/** Node-hours within the time that is shown: a sample a minute, where missing ones are none. */
function nodeHours(by: string, selector: string): string {
  return `sum_over_time(sum by (${by}) (nodepool_nodes{${selector}})[$__range:1m]) / 60`;
}

const GRANTED = `nodepool_request_wait_seconds{${L},result="granted"}`;

/** By the titles of the rows. */
export const dashboardRows: Readonly<Record<string, readonly Panel[]>> = {
  "Are people waiting?": [
    number("Waiting requests", { "": `sum(nodepool_requests{${L},state="waiting"})` }, { redFrom: 10 }),
    numberOfSeconds(
      "Oldest waiting request",
      { "": `max(nodepool_oldest_request_age_seconds{${L}}) or vector(0)` },
      { redFrom: 900 },
    ),
    numberOfSeconds("95 % waited at most", { "": quantile(GRANTED, "", { over: "1h" }) }, {
      about: "From a request until its nodes were granted, in the last hour.",
    }),
    number("Ready nodes", { "": `sum(nodepool_label_ready_nodes{${L}})` }),
    stack("Waiting requests by label", {
      "{{label}}": `sum by (label) (nodepool_requests{${L},state="waiting"})`,
    }),
    seconds("Oldest request, and what stands in its way", {
      "{{label}}: {{reason}}": `max by (label, reason) (nodepool_oldest_request_age_seconds{${L}})`,
    }),
    seconds("From demand to ready", medianAnd95(GRANTED, "label")),
    stack("Jobs in Gearman's queue", { "{{label}}": `sum by (label) (nodepool_jobs_waiting{${L}})` }),
    lines("Nodes that cannot be launched", {
      "{{label}}": `sum by (label) (nodepool_label_missing_nodes{${L}})`,
    }),
    stack("Reasons", { "{{reason}}": `sum by (reason) (nodepool_label_obstacles{${PL}})` }, {
      about: "Labels and providers that each reason holds up.",
    }),
  ],
  "Nodes against limits and quota": [
    stack("Nodes by state", {
      "{{state}}": `sum by (state) (nodepool_nodes{${PL}})`,
      "limit": `sum(nodepool_provider_max_servers{${P}} >= 0)`,
    }),
    shares("Servers against max-servers", {
      "{{provider}}": `nodepool_provider_servers{${P}} / (nodepool_provider_max_servers{${P}} > 0)`,
    }),
    shares("Use of the quota", {
      "{{provider}}: {{resource}}":
        `nodepool_provider_quota_used{${P}} / (nodepool_provider_quota_limit{${P}} > 0)`,
    }, { about: "By everybody in the project." }),
    lines("Ready nodes against min-ready", {
      "{{label}}": `sum by (label) (nodepool_label_ready_nodes{${L}})`,
      "{{label}}, min-ready": `sum by (label) (nodepool_label_min_ready{${L}} >= 0)`,
    }),
    seconds("Longest in a state", {
      "{{provider}}: {{state}}": `max by (provider, state) (nodepool_oldest_node_age_seconds{${P}})`,
    }),
    stack("Subnodes, and servers for images", { "{{role}}": `sum by (role) (nodepool_extra_nodes{${P}})` }),
  ],
  "Launches and failures": [
    stack("Launches an hour", {
      "{{result}}": hourly("result", `nodepool_launches_total{${PL}}`),
    }),
    stack("Failures an hour", {
      "{{provider}}: {{reason}}": hourly(
        "provider, reason",
        `nodepool_launches_total{${PL},result="error"}`,
      ),
    }),
    seconds(
      "Time to launch",
      medianAnd95(`nodepool_launch_duration_seconds{${P},result="ready"}`, "provider"),
    ),
    stackOfSeconds("Phases of a launch", {
      "{{phase}}":
        `sum by (phase) (rate(nodepool_launch_phase_duration_seconds_sum{${P}}[$__rate_interval])) / ` +
        `sum by (phase) (rate(nodepool_launch_phase_duration_seconds_count{${P}}[$__rate_interval]))`,
    }, { about: "Mean time in each phase." }),
    lines("Failures in a row", {
      "{{provider}}: {{label}}": `max by (provider, label) (nodepool_launch_failures_in_a_row{${PL}})`,
    }),
    seconds("Time to delete, 95 %", {
      "{{provider}}": quantile(`nodepool_delete_duration_seconds{${P}}`, "provider"),
    }),
  ],
  "Clouds": [
    stack("Providers without an answer, frozen or doubtful", {
      "{{provider}}: no answer": `sum by (provider) (1 - nodepool_provider_up{${P}}) > 0`,
      "{{provider}}: frozen": `sum by (provider) (nodepool_provider_frozen{${P}}) > 0`,
      "{{provider}}: doubtful": `sum by (provider) (nodepool_provider_doubtful{${P}}) > 0`,
    }),
    rates("Requests a second by status", {
      "{{status}}": `sum by (status) (rate(nodepool_api_requests_total{${P}}[$__rate_interval]))`,
    }),
    seconds("Response time, 95 %", {
      "{{provider}}: {{service}}": quantile(
        `nodepool_api_request_duration_seconds{${P}}`,
        "provider, service",
      ),
    }),
    seconds("Wait for the rate limit, 95 %", {
      "{{provider}}": quantile(`nodepool_api_rate_limit_wait_seconds{${P}}`, "provider"),
    }),
    seconds("Age of the newest listing", {
      "{{provider}}": `max by (provider) (nodepool_provider_listing_age_seconds{${P}})`,
    }),
    lines("Servers that listings omit, or that others made", {
      "{{provider}}: missing": `sum by (provider) (nodepool_provider_missing{${P}})`,
      "{{provider}}: foreign": `sum by (provider) (nodepool_provider_foreign_servers{${P}})`,
    }),
    barsOfSeconds("Certificates are valid for", {
      "{{provider}}":
        `min by (provider) (nodepool_provider_certificate_expiry_timestamp_seconds{${P}}) - time()`,
    }),
  ],
  "Images": [
    seconds("Age of the images in use", {
      "{{provider}}: {{image}}":
        `time() - max by (provider, image) (nodepool_image_ready_timestamp_seconds{${P}})`,
    }),
    lines("Failures in a row", {
      "{{provider}}: {{image}}": `max by (provider, image) (nodepool_image_failures_in_a_row{${P}})`,
      "build of {{image}}": `max by (image) (nodepool_dib_image_failures_in_a_row{${I}})`,
    }),
    seconds("Time of builds and uploads", {
      "build of {{image}}":
        `sum by (image) (increase(nodepool_dib_image_build_duration_seconds_sum{${I}}[$__range])) / sum by (image) (increase(nodepool_dib_image_build_duration_seconds_count{${I}}[$__range]))`,
      "{{provider}}: {{image}}":
        `sum by (provider, image) (increase(nodepool_image_update_duration_seconds_sum{${P}}[$__range])) / sum by (provider, image) (increase(nodepool_image_update_duration_seconds_count{${P}}[$__range]))`,
    }, { about: "Mean over the time range shown." }),
    stack("Images by state", {
      "{{state}}": `sum by (state) (nodepool_images{${P}})`,
      "builds, {{state}}": `sum by (state) (nodepool_dib_images{${I}})`,
    }),
  ],
  "Node-hours and waste": [
    hours("Node-hours by state", { "{{state}}": nodeHours("state", PL) }, {
      about: "In the time range shown.",
    }),
    hours("Used node-hours by label", { "{{label}}": nodeHours("label", `${PL},state="used"`) }),
    hours("Node-hours that nobody used", {
      "{{label}}: ready": nodeHours("label", `${PL},state="ready"`),
      "{{provider}}: failed launches":
        `sum by (provider) (increase(nodepool_launch_duration_seconds_sum{${P},result="error"}[$__range])) / 3600`,
    }, { about: "Nodes that were ready, and launches that failed." }),
    shares("Share of the nodes in use", {
      "used": `sum(nodepool_nodes{${PL},state="used"}) / (sum(nodepool_nodes{${PL}}) > 0)`,
    }),
    stack("Jobs an hour by result", {
      "{{result}}": hourly("result", `nodepool_job_duration_seconds_count{${L}}`),
    }),
    bars("Leftovers deleted", {
      "{{provider}}: {{type}}":
        `sum by (provider, type) (increase(nodepool_leaks_deleted_total{${P}}[$__range]))`,
    }),
  ],
  "The daemon": [
    stack("Something is wrong", {
      "not ready": `sum(1 - nodepool_ready{${I}}) > 0`,
      "state cannot be written": `sum(1 - nodepool_state_writable{${I}}) > 0`,
      "configuration is broken": `sum(1 - nodepool_config_last_reload_successful{${I}}) > 0`,
      "defects": `sum(nodepool_defects{${I}}) > 0`,
      "task {{task}} fails": `sum by (task) (nodepool_task_failing{${I}}) > 0`,
      "{{link}} is not connected": `sum by (link) (1 - nodepool_link_up{${I}}) > 0`,
      "{{target}} is offline": `sum by (target) (1 - nodepool_target_online{${I}}) > 0`,
    }),
    stack("Versions", {
      "{{version}} ({{commit}})": `sum by (version, commit) (nodepool_build_info{${I}})`,
    }),
    seconds("Uptime", { "{{instance}}": `time() - process_start_time_seconds{${I},job="nodepool"}` }),
    shares("Processor", {
      "{{instance}}": `rate(process_cpu_seconds_total{${I},job="nodepool"}[$__rate_interval])`,
    }),
    bytes("Memory", { "{{instance}}": `process_resident_memory_bytes{${I},job="nodepool"}` }),
    seconds("Planning and storing, 95 %", {
      "planning": quantile(`nodepool_tick_duration_seconds{${I}}`),
      "commit": quantile(`nodepool_state_commit_duration_seconds{${I}}`),
      "event loop, at most": `max(nodepool_event_loop_delay_max_seconds{${I}})`,
    }),
    seconds(
      "Longest runs of tasks",
      { "{{task}}": `max by (task) (nodepool_task_run_age_seconds{${I}}) > 1` },
    ),
    lines("Changes that wait to be stored", {
      "{{instance}}": `max by (instance) (nodepool_state_queued_changes{${I}})`,
    }),
  ],
  "Several machines, with the state on etcd": [
    stack("Who leads", { "{{pool}}: {{instance}}": `sum by (pool, instance) (nodepool_leader{${I}})` }),
    stack("Other machines", {
      "{{pool}}: {{role}}": `max by (pool, role) (nodepool_members{${I}})`,
      "{{pool}}: {{role}} that is gone": `max by (pool, role) (nodepool_members_lost{${I}})`,
    }),
    bytes("etcd's databases", {
      "{{endpoint}}": `max by (endpoint) (nodepool_etcd_database_bytes{${I}})`,
      "quota of {{endpoint}}": `max by (endpoint) (nodepool_etcd_quota_bytes{${I}})`,
    }),
    stack("Something is wrong with etcd", {
      "{{endpoint}} does not answer": `max by (endpoint) (1 - nodepool_etcd_up{${I}}) > 0`,
      "{{endpoint}} is full": `max by (endpoint) (nodepool_etcd_full{${I}}) > 0`,
    }),
    seconds("Clock and age of the last look", {
      "{{pool}}: etcd's clock is ahead by": `max by (pool) (nodepool_etcd_clock_ahead_seconds{${I}})`,
      "{{pool}}: last look at the machines": `max by (pool) (nodepool_machines_seen_age_seconds{${I}})`,
    }),
  ],
};
