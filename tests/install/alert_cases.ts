/** For each alert: series that fire it, and series like them that must not. Values are those of promtool, a minute apart. */

export type Series = Readonly<Record<string, string>>;

interface AlertCase {
  readonly fires: Series;
  /** The label that tells its series from those of others; by default the instance, which is added to each. */
  readonly apart?: "pool";
  /** Minutes after which it has fired. */
  readonly by: number;
  /** Minutes after which it has not; left out: a minute before its time is too soon to tell. */
  readonly notYet?: number;
  readonly silent: readonly Series[];
}

const HOURS = "x180";

export const alertCases: Readonly<Record<string, AlertCase>> = {
  NodepoolDown: {
    fires: { "up{}": `0+0${HOURS}` },
    by: 7,
    notYet: 4,
    silent: [{ "up{}": `1+0${HOURS}` }, { "up{}": `1 1 0 0 0 1+0${HOURS}` }],
  },
  NodepoolNotReady: {
    fires: { "nodepool_ready{}": `0+0${HOURS}` },
    by: 7,
    notYet: 4,
    silent: [{ "nodepool_ready{}": `1+0${HOURS}` }, { "nodepool_ready{}": `0 0 0 1+0${HOURS}` }],
  },
  NodepoolNoLeader: {
    apart: "pool",
    fires: leaders("0+0", "0+0"),
    by: 4,
    notYet: 1,
    silent: [leaders("0+0", "1+0"), leaders("1 0 0 _ _ _", "0 0 1+0"), leaders("1+0")],
  },
  NodepoolTwoLeaders: {
    apart: "pool",
    fires: leaders("1+0", "1+0"),
    by: 4,
    notYet: 1,
    silent: [leaders("1+0", "0+0"), leaders("1 1 0+0", "0 1 1+0")],
  },
  NodepoolMachineLost: {
    fires: { 'nodepool_members_lost{pool="ci",role="standby"}': `1+0${HOURS}` },
    by: 7,
    notYet: 4,
    silent: [
      { 'nodepool_members_lost{pool="ci",role="builder"}': `0+0${HOURS}` },
      { 'nodepool_members_lost{pool="ci",role="builder"}': `1 1 1 0+0${HOURS}` },
    ],
  },
  NodepoolEtcdMemberDown: {
    fires: { 'nodepool_etcd_up{pool="ci",endpoint="https://e1:2379"}': `0+0${HOURS}` },
    by: 7,
    notYet: 4,
    silent: [{ 'nodepool_etcd_up{pool="ci",endpoint="https://e1:2379"}': `0 0 1+0${HOURS}` }],
  },
  NodepoolEtcdFull: {
    fires: { 'nodepool_etcd_full{pool="ci",endpoint="https://e1:2379"}': `1+0${HOURS}` },
    by: 2,
    silent: [{ 'nodepool_etcd_full{pool="ci",endpoint="https://e1:2379"}': `0+0${HOURS}` }],
  },
  NodepoolEtcdNearlyFull: {
    fires: databaseSeries({ bytes: 3.5e9 }),
    by: 12,
    notYet: 9,
    silent: [databaseSeries({ bytes: 3.2e9 })],
  },
  NodepoolEtcdClockOff: {
    fires: { 'nodepool_etcd_clock_ahead_seconds{pool="ci"}': `-4+0${HOURS}` },
    by: 12,
    notYet: 9,
    silent: [{ 'nodepool_etcd_clock_ahead_seconds{pool="ci"}': `0.7+0${HOURS}` }],
  },
  NodepoolStateNotWritable: {
    fires: { "nodepool_state_writable{}": `0+0${HOURS}` },
    by: 2,
    silent: [{ "nodepool_state_writable{}": `1+0${HOURS}` }],
  },
  NodepoolRestarts: {
    fires: { "process_cpu_seconds_total{}": "0 9 1 9 1 9 1 9 9 9" },
    by: 9,
    notYet: 4,
    silent: [{ "process_cpu_seconds_total{}": `9 9 0+1${HOURS}` }],
  },
  NodepoolRequestWaits: {
    fires: { 'nodepool_oldest_request_age_seconds{label="noble",reason="quota"}': `0+60${HOURS}` },
    by: 18,
    notYet: 14,
    silent: [{ 'nodepool_oldest_request_age_seconds{label="noble",reason="building"}': "0+60x12" }],
  },
  NodepoolRequestStarves: {
    fires: { 'nodepool_oldest_request_age_seconds{label="noble",reason="quota"}': `0+60${HOURS}` },
    by: 63,
    notYet: 59,
    silent: [{ 'nodepool_oldest_request_age_seconds{label="noble",reason="building"}': "0+60x55" }],
  },
  NodepoolNoReadyNodes: {
    fires: labelSeries({ ready: 0, minReady: 2, missing: 2 }),
    by: 32,
    notYet: 29,
    silent: [
      labelSeries({ ready: 0, minReady: 2, missing: 0 }),
      labelSeries({ ready: 0, minReady: 0, missing: 3 }),
      labelSeries({ ready: 0, minReady: -1, missing: 0 }),
      labelSeries({ ready: 2, minReady: 2, missing: 1 }),
      {
        ...labelSeries({ ready: 0, minReady: 2, missing: 2 }),
        'nodepool_label_obstacles{label="noble",provider="a",reason="max-servers"}': `1+0${HOURS}`,
      },
    ],
  },
  NodepoolNoRoom: {
    fires: { 'nodepool_label_obstacles{label="noble",provider="a",reason="quota"}': `1+0${HOURS}` },
    by: 32,
    notYet: 29,
    silent: [
      { 'nodepool_label_obstacles{label="noble",provider="a",reason="max-servers"}': `1+0${HOURS}` },
      { 'nodepool_label_obstacles{label="noble",provider="a",reason="quota"}': "1+0x20" },
    ],
  },
  NodepoolMisconfigured: {
    fires: { 'nodepool_label_obstacles{label="noble",provider="a",reason="flavor-missing"}': `1+0${HOURS}` },
    by: 12,
    notYet: 9,
    silent: [{ 'nodepool_label_obstacles{label="noble",provider="",reason="first-look"}': `1+0${HOURS}` }],
  },
  NodepoolLaunchesFail: {
    fires: launchSeries({ errors: "1+1x60", ready: "0+0x60" }),
    by: 20,
    silent: [
      launchSeries({ errors: "1+1x60", ready: "0+9x60" }),
      launchSeries({ errors: "1 1 1 2 2+0x60", ready: "0+0x60" }),
      launchSeries({ errors: `70+0${HOURS}`, ready: `70+0${HOURS}` }),
    ],
  },
  NodepoolLabelPaused: {
    fires: pauseSeries(
      "600 300 0 600 300 0 600 300 0 600 300 0 600 300 0 600 300 0 600 300 0 600 300 0 600+0x60",
    ),
    by: 33,
    notYet: 29,
    silent: [pauseSeries(`0+0${HOURS}`), pauseSeries(`600 300 0+0${HOURS}`)],
  },
  NodepoolNodeStuck: {
    fires: { 'nodepool_oldest_node_age_seconds{provider="a",state="delete"}': `0+60${HOURS}` },
    by: 93,
    notYet: 89,
    silent: [
      { 'nodepool_oldest_node_age_seconds{provider="a",state="used"}': `0+60${HOURS}` },
      { 'nodepool_oldest_node_age_seconds{provider="a",state="building"}': "0+60x61" },
    ],
  },
  NodepoolProviderDown: {
    fires: providerSeries({ up: 0, maxServers: 10 }),
    by: 12,
    notYet: 9,
    silent: [providerSeries({ up: 1, maxServers: 10 }), providerSeries({ up: 0, maxServers: -1 })],
  },
  NodepoolProviderFrozen: {
    fires: { 'nodepool_provider_frozen{provider="a"}': `1+0${HOURS}` },
    by: 4,
    notYet: 1,
    silent: [{ 'nodepool_provider_frozen{provider="a"}': `0+0${HOURS}` }],
  },
  NodepoolProviderDoubtful: {
    fires: { 'nodepool_provider_doubtful{provider="a"}': `1+0${HOURS}` },
    by: 32,
    notYet: 29,
    silent: [{ 'nodepool_provider_doubtful{provider="a"}': `1 1 1 0+0${HOURS}` }],
  },
  NodepoolCertificateExpires: {
    fires: { 'nodepool_provider_certificate_expiry_timestamp_seconds{provider="a"}': `1200000+0${HOURS}` },
    by: 62,
    notYet: 59,
    silent: [{ 'nodepool_provider_certificate_expiry_timestamp_seconds{provider="a"}': `2592000+0${HOURS}` }],
  },
  NodepoolImageFails: {
    fires: { 'nodepool_dib_image_failures_in_a_row{image="noble"}': `3+0${HOURS}` },
    by: 1,
    silent: [
      { 'nodepool_dib_image_failures_in_a_row{image="noble"}': `2+0${HOURS}` },
      { 'nodepool_image_failures_in_a_row{provider="a",image="noble"}': `0+0${HOURS}` },
    ],
  },
  NodepoolImageOld: {
    fires: { 'nodepool_image_ready_timestamp_seconds{provider="a",image="noble"}': `-691300+0${HOURS}` },
    by: 62,
    notYet: 59,
    silent: [{ 'nodepool_image_ready_timestamp_seconds{provider="a",image="noble"}': `-600000+0${HOURS}` }],
  },
  NodepoolLinkDown: {
    fires: { 'nodepool_link_up{link="Gearman server g:4730"}': `0+0${HOURS}` },
    by: 12,
    notYet: 9,
    silent: [{ 'nodepool_link_up{link="Gearman server g:4730"}': `0 0 0 1+0${HOURS}` }],
  },
  NodepoolTargetOffline: {
    fires: { 'nodepool_target_online{target="jenkins"}': `0+0${HOURS}` },
    by: 32,
    notYet: 29,
    silent: [{ 'nodepool_target_online{target="jenkins"}': `1+0${HOURS}` }],
  },
  NodepoolConfigurationBroken: {
    fires: { "nodepool_config_last_reload_successful{}": `0+0${HOURS}` },
    by: 7,
    notYet: 4,
    silent: [{ "nodepool_config_last_reload_successful{}": `0 0 1+0${HOURS}` }],
  },
  NodepoolTaskFails: {
    fires: { 'nodepool_task_failing{task="tick"}': `1+0${HOURS}` },
    by: 32,
    notYet: 29,
    silent: [{ 'nodepool_task_failing{task="tick"}': `1 0 1 0 1 0 0+0${HOURS}` }],
  },
  NodepoolTaskHangs: {
    fires: { 'nodepool_task_run_age_seconds{task="cleanup of cloud-a"}': `0+60${HOURS}` },
    by: 13,
    notYet: 9,
    silent: [{ 'nodepool_task_run_age_seconds{task="cleanup of cloud-a"}': `0 60 120 0 60 120 0+0${HOURS}` }],
  },
  NodepoolDefect: {
    fires: { "nodepool_defects{}": `1+0${HOURS}` },
    by: 2,
    silent: [{ "nodepool_defects{}": `0+0${HOURS}` }],
  },
  NodepoolSlow: {
    fires: { "nodepool_event_loop_delay_max_seconds{}": `2+0${HOURS}` },
    by: 7,
    silent: [{ "nodepool_event_loop_delay_max_seconds{}": `2 0.1 0.1 0.1 2 0.1 0.1+0${HOURS}` }],
  },
};

function databaseSeries({ bytes }: { bytes: number }): Series {
  const member = '{pool="ci",endpoint="https://e1:2379"}';
  return {
    [`nodepool_etcd_database_bytes${member}`]: `${bytes}+0${HOURS}`,
    [`nodepool_etcd_quota_bytes${member}`]: `4294967296+0${HOURS}`,
  };
}

/** What each machine of a pool says: whether it leads. */
function leaders(...values: readonly string[]): Series {
  return Object.fromEntries(
    values.map((
      value,
      index,
    ) => [`nodepool_leader{host="${index}"}`, /[+]/.test(value) ? value + HOURS : value]),
  );
}

function labelSeries({ ready, minReady, missing }: Record<"ready" | "minReady" | "missing", number>): Series {
  return {
    'nodepool_label_ready_nodes{label="noble"}': `${ready}+0${HOURS}`,
    'nodepool_label_min_ready{label="noble"}': `${minReady}+0${HOURS}`,
    'nodepool_label_missing_nodes{label="noble"}': `${missing}+0${HOURS}`,
  };
}

function launchSeries({ errors, ready }: { errors: string; ready: string }): Series {
  return {
    'nodepool_launches_total{provider="a",label="noble",result="error",reason="ssh"}': errors,
    'nodepool_launches_total{provider="a",label="noble",result="ready",reason=""}': ready,
  };
}

function pauseSeries(values: string): Series {
  return { 'nodepool_launch_pause_seconds{provider="a",label="noble"}': values };
}

function providerSeries({ up, maxServers }: { up: number; maxServers: number }): Series {
  return {
    'nodepool_provider_up{provider="a"}': `${up}+0${HOURS}`,
    'nodepool_provider_max_servers{provider="a"}': `${maxServers}+0${HOURS}`,
  };
}
