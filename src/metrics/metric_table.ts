/**
 * Every metric that `/metrics` shows: its type, its labels, what it says. Values of labels are names of the
 * configuration or one of a few words; never a node, a job or a message. The manual's topic `metrics` lists the same, and
 * a test compares both.
 */

export interface MetricRow {
  readonly type: "gauge" | "counter" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
  /** Of a histogram: upper bounds in seconds. */
  readonly buckets?: readonly number[];
  /** Whether its name, type or labels may change in a minor release; left out: they do not. */
  readonly mayChange?: true;
}

/** Launches, and whatever waits for servers. */
const SERVERS = [1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 3_600];
/** Answers of a cloud, and what the daemon itself takes. */
const ANSWERS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Work inside the daemon. */
const QUICK = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** Builds, uploads, jobs. */
const HOURS = [60, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800];

type Settled = Pick<MetricRow, "mayChange">;

const gauge = (labels: readonly string[], help: string, settled: Settled = {}) =>
  ({ type: "gauge", labels, help, ...settled }) as const;

const counter = (labels: readonly string[], help: string) => ({ type: "counter", labels, help }) as const;

const histogram = (
  labels: readonly string[],
  help: string,
  buckets: readonly number[],
  settled: Settled = {},
) => ({ type: "histogram", labels, help, buckets, ...settled }) as const;

export const metricTable = {
  nodepool_nodes: gauge(
    ["provider", "label", "state"],
    "Nodes by state; subnodes and the servers for images are not included.",
  ),
  nodepool_extra_nodes: gauge(
    ["provider", "role"],
    "Servers besides the nodes: subnodes, and those that build (builder) or check (checker) an image.",
  ),
  nodepool_oldest_node_age_seconds: gauge(
    ["provider", "state"],
    "Longest time that any node in the state has been in it; absent if there is no such node.",
  ),
  nodepool_nodes_long_in_state: gauge(
    ["provider", "state", "longer_than"],
    "Nodes that have been in their state for longer than 5m or 1h; those over 1h count in both.",
  ),
  nodepool_launches_total: counter(
    ["provider", "label", "result", "reason"],
    "Launches that ended: result ready, or error with the kind of failure as the reason.",
  ),
  nodepool_launch_duration_seconds: histogram(
    ["provider", "result"],
    "From the decision to launch a node until it was ready or had failed.",
    SERVERS,
  ),
  nodepool_launch_phase_duration_seconds: histogram(
    ["provider", "phase"],
    "Time in each phase of a launch that went on to the next: create, boot, address, login, prepare, assign, test.",
    SERVERS,
  ),
  nodepool_launch_overhead_seconds: histogram(
    ["provider"],
    "The part of a launch in which nodepool waited neither for the cloud nor for the server: planning, storing, noticing that the server is up; exact to half a second.",
    ANSWERS,
    { mayChange: true },
  ),
  nodepool_delete_duration_seconds: histogram(
    ["provider"],
    "From the decision to delete a node until the cloud reported it gone.",
    SERVERS,
  ),
  nodepool_requests: gauge(["label", "state"], "Requests for nodes: waiting, or granted and in use."),
  nodepool_requested_nodes: gauge(["label"], "Nodes that waiting requests ask for."),
  nodepool_oldest_request_age_seconds: gauge(
    ["label", "reason"],
    "Age of the oldest waiting request, by what stands in its way: quota, max-servers, paused and so on, or unplanned; a request may have several reasons.",
  ),
  nodepool_request_wait_seconds: histogram(
    ["label", "result"],
    "From a request until its nodes were granted, or until it was withdrawn.",
    SERVERS,
  ),
  nodepool_jobs_waiting: gauge(["label"], "Jobs in Gearman's queue that need a node of the label."),
  nodepool_job_duration_seconds: histogram(
    ["label", "result"],
    "Run time of jobs whose end was reported: success, failure, unstable, aborted, not_built, other, unknown.",
    HOURS,
  ),
  nodepool_label_min_ready: gauge(["label"], "min-ready of the label; -1: it is disabled."),
  nodepool_label_ready_nodes: gauge(["label"], "Ready nodes of the label over all providers."),
  nodepool_label_missing_nodes: gauge(
    ["label"],
    "Nodes that the last planning wanted to launch and could not.",
  ),
  nodepool_label_obstacles: gauge(
    ["label", "provider", "reason"],
    "1 for each reason why nodes are missing; without a provider, the reason applies everywhere.",
  ),
  nodepool_launch_failures_in_a_row: gauge(
    ["provider", "label"],
    "Failed launches since the last one that became ready; an empty label stands for the servers for images.",
  ),
  nodepool_launch_pause_seconds: gauge(
    ["provider", "label"],
    "Time until launches that failed are tried again; 0: no pause.",
  ),
  nodepool_provider_up: gauge(
    ["provider"],
    "1 while the provider answers, 0 while it does not or has not been asked.",
  ),
  nodepool_provider_frozen: gauge(
    ["provider"],
    "1 while nothing is created, deleted or handed out there, for the reason that status names.",
  ),
  nodepool_provider_servers: gauge(
    ["provider"],
    "Servers of this installation in the provider's newest listing.",
  ),
  nodepool_provider_max_servers: gauge(["provider"], "max-servers of the provider; -1: it is retired."),
  nodepool_provider_listing_age_seconds: gauge(
    ["provider"],
    "Age of the newest complete listing of servers.",
  ),
  nodepool_provider_quota_limit: gauge(
    ["provider", "resource"],
    "Quota of the project: instances, cores, ram_bytes, floating_ips, ports; absent where there is no limit.",
  ),
  nodepool_provider_quota_used: gauge(
    ["provider", "resource"],
    "Use of the quota, by everybody in the project.",
  ),
  nodepool_provider_missing: gauge(
    ["provider"],
    "Servers and images of the pool that the provider's listings omit.",
  ),
  nodepool_provider_doubtful: gauge(["provider"], "1 while the provider's listings are unreliable."),
  nodepool_provider_foreign_servers: gauge(
    ["provider"],
    "Servers with this installation's mark that this state did not create.",
  ),
  nodepool_provider_certificate_expiry_timestamp_seconds: gauge(
    ["provider"],
    "When the first of the certificates that the provider's servers have shown expires.",
  ),
  nodepool_api_requests_total: counter(
    ["provider", "service", "operation", "status"],
    "Requests to a cloud by HTTP status, or timeout, or unavailable where there was no response; uploads of images not included.",
  ),
  nodepool_api_request_duration_seconds: histogram(
    ["provider", "service", "operation"],
    "Time from sending a request to the end of its response.",
    ANSWERS,
  ),
  nodepool_api_rate_limit_wait_seconds: histogram(
    ["provider"],
    "Time that requests waited for their turn in the provider's rate limit.",
    ANSWERS,
  ),
  nodepool_api_queued_requests: gauge(["provider"], "Requests that wait for their turn now."),
  nodepool_api_request_interval_seconds: gauge(
    ["provider"],
    "Time between two requests that applies now: rate, or more after the cloud asked for fewer.",
  ),
  nodepool_images: gauge(["provider", "image", "state"], "Images on providers, by state."),
  nodepool_oldest_image_age_seconds: gauge(
    ["provider", "image", "state"],
    "Longest time that any image in the state has been in it.",
  ),
  nodepool_image_ready_timestamp_seconds: gauge(
    ["provider", "image"],
    "When the image that servers boot from became ready; absent before the first.",
  ),
  nodepool_image_failures_in_a_row: gauge(
    ["provider", "image"],
    "Failed uploads or snapshots since the last one that became ready.",
  ),
  nodepool_image_update_duration_seconds: histogram(
    ["provider", "image", "result"],
    "From the decision to upload or snapshot until the image was ready or had failed.",
    HOURS,
  ),
  nodepool_dib_images: gauge(["image", "state"], "Built images, by state."),
  nodepool_oldest_dib_image_age_seconds: gauge(
    ["image", "state"],
    "Longest time that any build in the state has been in it.",
  ),
  nodepool_dib_image_ready_timestamp_seconds: gauge(
    ["image"],
    "When the newest ready build became ready; absent before the first.",
  ),
  nodepool_dib_image_failures_in_a_row: gauge(
    ["image"],
    "Failed builds since the last one that became ready.",
  ),
  nodepool_dib_image_build_duration_seconds: histogram(
    ["image", "result"],
    "Run time of builds that became ready or failed.",
    HOURS,
  ),
  nodepool_leaks_deleted_total: counter(
    ["provider", "type"],
    "Leaked things that were deleted: server, floating-ip, image, keypair.",
  ),
  nodepool_target_online: gauge(["target"], "1 while the target takes nodes."),
  nodepool_link_up: gauge(
    ["link"],
    "1 while the Gearman server or the publisher of job events is connected.",
  ),
  nodepool_ready: gauge([], "1 while /readyz answers 200."),
  nodepool_state_writable: gauge([], "1 while the state can be written."),
  nodepool_state_queued_changes: gauge([], "Changes that wait until the current commit is written."),
  nodepool_state_commit_duration_seconds: histogram([], "Time to store a commit in the state.", QUICK),
  nodepool_config_last_reload_successful: gauge(
    [],
    "1 if the configuration last read is fully in effect, 0 if anything went wrong in the last reload.",
  ),
  nodepool_config_last_reload_success_timestamp_seconds: gauge(
    [],
    "When a configuration that could be put into effect was last read.",
  ),
  nodepool_defects: gauge([], "Things that stand still because of a defect until somebody looks into them."),
  nodepool_task_last_success_timestamp_seconds: gauge(
    ["task"],
    "When a run of the task last succeeded; absent before the first.",
  ),
  nodepool_task_failing: gauge(["task"], "1 if the task's last run failed."),
  nodepool_task_run_age_seconds: gauge(
    ["task"],
    "How long the task's current run has lasted; 0 between two runs.",
  ),
  nodepool_tick_duration_seconds: histogram([], "Time of each turn of the loop that plans.", QUICK),
  nodepool_event_loop_delay_seconds: histogram(
    [],
    "How late a timer that is due every 50 ms fires: how long the event loop was blocked, less up to 50 ms.",
    QUICK,
    { mayChange: true },
  ),
  nodepool_event_loop_delay_max_seconds: gauge([], "The longest such delay of the last minute.", {
    mayChange: true,
  }),
  nodepool_leader: gauge(
    ["pool"],
    "With the state on etcd: 1 while this machine is sure to lead the pool, 0 while it does not.",
  ),
  nodepool_members: gauge(["pool", "role"], "Other machines of the pool: standby, builder."),
  nodepool_members_lost: gauge(
    ["pool", "role"],
    "Machines that left the pool in the last day and have not come back: standby, builder.",
  ),
  nodepool_machines_seen_age_seconds: gauge(
    ["pool"],
    "How long ago the machines of the pool and the members of etcd were last seen.",
  ),
  nodepool_etcd_up: gauge(["pool", "endpoint"], "1 while the member of etcd answers."),
  nodepool_etcd_full: gauge(
    ["pool", "endpoint"],
    "1 while the member of etcd takes no more writes, since its database is full.",
  ),
  nodepool_etcd_database_bytes: gauge(["pool", "endpoint"], "Size of the member's database."),
  nodepool_etcd_quota_bytes: gauge(["pool", "endpoint"], "Maximum size of the member's database."),
  nodepool_etcd_clock_ahead_seconds: gauge(
    ["pool"],
    "By how much etcd's clock is ahead of this machine's; negative: behind.",
  ),
  nodepool_build_info: gauge(["version", "commit", "deno"], "Always 1; the labels name what runs."),
  process_cpu_seconds_total: counter([], "Processor time of the daemon, user and system."),
  process_resident_memory_bytes: gauge([], "Memory of the daemon."),
  process_start_time_seconds: gauge([], "When the daemon started."),
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof metricTable;

/** Takes one value of a gauge as it is now: what functions that compute gauges write to. */
export type PutGauge = (name: MetricName, labels: Readonly<Record<string, string>>, value: number) => void;
