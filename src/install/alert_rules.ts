/**
 * The alerts for Prometheus, on the metrics of `metric_table.ts`. None is for a pool that has nothing to do, and none fires
 * because a series is missing, but the one for a daemon that is down. The manual's topic `metrics` lists them, and tests
 * have promtool fire each and keep it silent.
 */
import type { ObstacleKind } from "../domain/obstacle.ts";

export interface AlertRule {
  readonly expr: string;
  /** How long it must last, as Prometheus writes it. */
  readonly lasts: string;
  /** `critical`: the pool as a whole does not work, or people have been waiting for long; by default `warning`. */
  readonly severity?: "critical" | "warning";
  /** One line, as a template. */
  readonly summary: string;
  /** The numbers, and what happens meanwhile, as a template. */
  readonly description: string;
  /** The section of the manual that says what to do. */
  readonly manual: string;
}

const DAY = 86_400;

/** A value of the label `reason` of what stands in the way. */
function reasons(...kinds: readonly ObstacleKind[]): string {
  return `reason=~"${kinds.join("|")}"`;
}

const full = reasons("max-servers", "label-max-servers", "reserved-room");
const noRoom = reasons("quota", "quota-refused", "no-capacity");
const misconfigured = reasons(
  "unauthorized",
  "forbidden",
  "image-missing",
  "image-not-configured",
  "flavor-missing",
  "flavor-too-small",
  "network-missing",
  "local-file",
);

/** By name. */
export const alertRules: Readonly<Record<string, AlertRule>> = {
  NodepoolDown: {
    expr: 'up{job="nodepool"} == 0 or absent(up{job="nodepool"})',
    lasts: "5m",
    severity: "critical",
    summary: "nodepool does not answer",
    description:
      "Prometheus gets no metrics from {{ with $labels.instance }}{{ . }}{{ else }}the job nodepool{{ end }}. " +
      "Nodes stay as they are, and nobody gets a new node unless another machine leads the pool.",
    manual: "killed",
  },
  NodepoolNotReady: {
    expr: "nodepool_ready == 0",
    lasts: "5m",
    severity: "critical",
    summary: "nodepool cannot do its work",
    description: "/readyz on {{ $labels.instance }} answers 503 and says why.",
    manual: "monitoring",
  },
  NodepoolNoLeader: {
    expr: "max by (pool) (nodepool_leader) == 0",
    lasts: "2m",
    severity: "critical",
    summary: "No machine leads the pool {{ $labels.pool }}",
    description:
      "Daemons are running, but none is sure that it leads. Jobs on nodes continue, and nobody gets a new node.",
    manual: "no-leader",
  },
  NodepoolTwoLeaders: {
    expr: "sum by (pool) (nodepool_leader) > 1",
    lasts: "2m",
    severity: "critical",
    summary: "{{ $value }} machines claim to lead the pool {{ $labels.pool }}",
    description:
      "etcd lets only one leader write. If these are two pools with the same name, each has its own etcd.",
    manual: "two-leaders",
  },
  NodepoolMachineLost: {
    expr: "nodepool_members_lost > 0",
    lasts: "5m",
    summary: "A {{ $labels.role }} of the pool {{ $labels.pool }} is gone",
    description: "It left, and has not come back: {{ $value }} in all. `nodepool status` names the machine.",
    manual: "lost-machine",
  },
  NodepoolEtcdMemberDown: {
    expr: "nodepool_etcd_up == 0",
    lasts: "5m",
    summary: "A member of etcd does not answer",
    description: "The leader of the pool {{ $labels.pool }} cannot reach {{ $labels.endpoint }}. " +
      "The pool works as long as a majority of the members does.",
    manual: "etcd-member-down",
  },
  NodepoolEtcdFull: {
    expr: "nodepool_etcd_full == 1",
    lasts: "1m",
    severity: "critical",
    summary: "etcd is full and takes no more writes",
    description:
      "{{ $labels.endpoint }} has used up its quota. The pool {{ $labels.pool }} stands still until it has room.",
    manual: "etcd-full",
  },
  NodepoolEtcdNearlyFull: {
    expr: "nodepool_etcd_database_bytes / nodepool_etcd_quota_bytes > 0.8",
    lasts: "10m",
    summary: "etcd will be full soon",
    description:
      "The database at {{ $labels.endpoint }} has {{ $value | humanizePercentage }} of what its quota allows.",
    manual: "etcd-full",
  },
  NodepoolEtcdClockOff: {
    expr: "abs(nodepool_etcd_clock_ahead_seconds) > 2.5",
    lasts: "10m",
    summary: "The clock of a machine is wrong",
    description:
      "The clock at {{ $labels.instance }} and etcd's are {{ $value | humanizeDuration }} apart. " +
      "A machine whose clock is wrong does not lead.",
    manual: "clock",
  },
  NodepoolStateNotWritable: {
    expr: "nodepool_state_writable == 0",
    lasts: "1m",
    severity: "critical",
    summary: "nodepool cannot write its state",
    description: "Nothing is launched, deleted or handed out by {{ $labels.instance }} until it can.",
    manual: "disk-full",
  },
  NodepoolRestarts: {
    expr: 'resets(process_cpu_seconds_total{job="nodepool"}[1h]) >= 3',
    lasts: "0m",
    summary: "nodepool is restarted again and again",
    description:
      "The daemon on {{ $labels.instance }} was started {{ $value }} times in an hour. Its log says why it ended.",
    manual: "killed",
  },
  NodepoolRequestWaits: {
    expr: "max by (instance, label, reason) (nodepool_oldest_request_age_seconds) > 900",
    lasts: "1m",
    summary: "A request for {{ $labels.label }} waits",
    description:
      "It has been waiting for {{ $value | humanizeDuration }}. What stands in its way: {{ $labels.reason }}.",
    manual: "no-node",
  },
  NodepoolRequestStarves: {
    expr: "max by (instance, label) (nodepool_oldest_request_age_seconds) > 3600",
    lasts: "1m",
    severity: "critical",
    summary: "Somebody has been waiting for {{ $labels.label }} for over an hour",
    description: "The oldest request for {{ $labels.label }} is {{ $value | humanizeDuration }} old.",
    manual: "no-node",
  },
  NodepoolNoReadyNodes: {
    expr:
      "nodepool_label_ready_nodes == 0 and nodepool_label_min_ready > 0 and nodepool_label_missing_nodes > 0 " +
      `unless on (instance, label) nodepool_label_obstacles{${full}}`,
    lasts: "30m",
    summary: "{{ $labels.label }} has no ready nodes",
    description: "The pool has wanted to launch nodes for {{ $labels.label }} for half an hour and cannot. " +
      "`nodepool explain {{ $labels.label }}` says why.",
    manual: "no-node",
  },
  NodepoolNoRoom: {
    expr: `max by (instance, label, provider) (nodepool_label_obstacles{${noRoom}}) == 1`,
    lasts: "30m",
    summary: "{{ $labels.provider }} has no room for {{ $labels.label }}",
    description: "Nodes of {{ $labels.label }} are missing because the quota or the cloud is full.",
    manual: "quota",
  },
  NodepoolMisconfigured: {
    expr: `max by (instance, label, provider, reason) (nodepool_label_obstacles{${misconfigured}}) == 1`,
    lasts: "10m",
    summary: "{{ $labels.label }} needs a different configuration",
    description:
      "No node of {{ $labels.label }} can be launched{{ with $labels.provider }} on {{ . }}{{ end }}: " +
      "{{ $labels.reason }}. This does not go away by itself.",
    manual: "missing-image",
  },
  NodepoolLaunchesFail: {
    expr:
      'sum by (instance, provider, label) (increase(nodepool_launches_total{result="error"}[30m])) >= 5 and ' +
      'sum by (instance, provider, label) (increase(nodepool_launches_total{result="error"}[30m])) > 0.5 * ' +
      "sum by (instance, provider, label) (increase(nodepool_launches_total[30m]))",
    lasts: "5m",
    summary: "Most launches of {{ $labels.label }} on {{ $labels.provider }} fail",
    description: "{{ $value | humanize }} launches failed in half an hour, more than became ready.",
    manual: "paused",
  },
  NodepoolLabelPaused: {
    expr: "max by (instance, provider, label) (max_over_time(nodepool_launch_pause_seconds[15m])) > 0",
    lasts: "30m",
    summary: "Launches on {{ $labels.provider }} are paused because they fail",
    description:
      "One launch at a time is tried for {{ with $labels.label }}{{ . }}{{ else }}images{{ end }} after each pause, " +
      "and has failed for half an hour.",
    manual: "paused",
  },
  NodepoolNodeStuck: {
    expr:
      'max by (instance, provider, state) (nodepool_oldest_node_age_seconds{state=~"building|delete"}) > 5400',
    lasts: "1m",
    summary: "A node on {{ $labels.provider }} is stuck in {{ $labels.state }}",
    description: "It has been in {{ $labels.state }} for {{ $value | humanizeDuration }}. " +
      "`nodepool list --state {{ $labels.state }} -o wide` says what it waits for.",
    manual: "stuck-delete",
  },
  NodepoolProviderDown: {
    expr: "nodepool_provider_up == 0 unless on (instance, provider) nodepool_provider_max_servers < 0",
    lasts: "10m",
    summary: "{{ $labels.provider }} does not answer",
    description: "nodepool cannot list the servers on {{ $labels.provider }}. Other providers go on.",
    manual: "unreachable",
  },
  NodepoolProviderFrozen: {
    expr: "nodepool_provider_frozen == 1",
    lasts: "2m",
    severity: "critical",
    summary: "Nothing is done on {{ $labels.provider }}",
    description:
      "Another daemon may work on a copy of the state. `nodepool status` names the server that shows it.",
    manual: "two-daemons",
  },
  NodepoolProviderDoubtful: {
    expr: "nodepool_provider_doubtful == 1",
    lasts: "30m",
    summary: "The listings of {{ $labels.provider }} omit servers",
    description: "nodepool launches nothing there until it has looked up each of them.",
    manual: "doubtful",
  },
  NodepoolCertificateExpires: {
    expr: `nodepool_provider_certificate_expiry_timestamp_seconds - time() < ${14 * DAY}`,
    lasts: "1h",
    summary: "A certificate of {{ $labels.provider }} expires",
    description:
      "{{ if gt $value 0.0 }}It is valid for another {{ $value | humanizeDuration }}{{ else }}It has expired{{ end }}. " +
      "The provider is unreachable without a valid one.",
    manual: "online",
  },
  NodepoolImageFails: {
    expr: "nodepool_image_failures_in_a_row >= 3 or nodepool_dib_image_failures_in_a_row >= 3",
    lasts: "0m",
    summary: "The image {{ $labels.image }} is not being made",
    description:
      "{{ $value }} attempts in a row have failed{{ with $labels.provider }} on {{ . }}{{ end }}. " +
      "Nodes are launched from the image before it.",
    manual: "no-image",
  },
  NodepoolImageOld: {
    expr: `time() - nodepool_image_ready_timestamp_seconds > ${8 * DAY}`,
    lasts: "1h",
    summary: "The image {{ $labels.image }} on {{ $labels.provider }} is old",
    description: "Nodes are launched from an image made {{ $value | humanizeDuration }} ago.",
    manual: "no-image",
  },
  NodepoolLinkDown: {
    expr: "nodepool_link_up == 0",
    lasts: "10m",
    summary: "{{ $labels.link }} is not connected",
    description: "Without it, nodepool does not learn what jobs need, or when they end.",
    manual: "no-jobs",
  },
  NodepoolTargetOffline: {
    expr: "nodepool_target_online == 0",
    lasts: "30m",
    summary: "The target {{ $labels.target }} takes no nodes",
    description: "`nodepool status` says why. Its nodes wait meanwhile.",
    manual: "no-jobs",
  },
  NodepoolConfigurationBroken: {
    expr: "nodepool_config_last_reload_successful == 0",
    lasts: "5m",
    summary: "nodepool's configuration is broken",
    description: "{{ $labels.instance }} goes on with the last good one. A restart would fail.",
    manual: "broken-configuration",
  },
  NodepoolTaskFails: {
    expr: "nodepool_task_failing == 1",
    lasts: "30m",
    summary: "The task {{ $labels.task }} fails",
    description: "It is tried again and again. `nodepool status` and the log say why.",
    manual: "monitoring",
  },
  NodepoolTaskHangs: {
    expr: "max by (instance, task) (nodepool_task_run_age_seconds) > 600",
    lasts: "1m",
    summary: "The task {{ $labels.task }} hangs",
    description:
      "Its current run has lasted for {{ $value | humanizeDuration }}. `nodepool dump` shows where it waits.",
    manual: "slow",
  },
  NodepoolDefect: {
    expr: "nodepool_defects > 0",
    lasts: "1m",
    summary: "A defect of nodepool holds something up",
    description: "`nodepool status` says what stands still: {{ $value }} in all. Report it with the log.",
    manual: "monitoring",
  },
  NodepoolSlow: {
    expr: "min_over_time(nodepool_event_loop_delay_max_seconds[10m]) > 1",
    lasts: "5m",
    summary: "nodepool is slow",
    description:
      "Its event loop is blocked for up to {{ $value | humanizeDuration }} at a time. The log names the work.",
    manual: "slow",
  },
};
