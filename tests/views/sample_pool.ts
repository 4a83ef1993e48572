/** A pool for the tests of everything that shows one: a few nodes in each state, two providers, requests, secrets. */
import { PLAIN_ACCESS } from "../../src/domain/cloud_access.ts";
import type { Config, LabelConfig, ProviderConfig } from "../../src/domain/config.ts";
import type { NodeRecord, NodeState } from "../../src/domain/node.ts";
import type { DaemonReport, PoolReport, TaskReport } from "../../src/domain/pool_report.ts";
import { noSamples } from "../../src/domain/samples/pool_samples.ts";
import type { NodeRequest } from "../../src/domain/request.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";

/** 2030-01-02T03:04:05Z. */
export const NOW = Date.UTC(2030, 0, 2, 3, 4, 5);

/** Stand in the configuration; must not be seen anywhere else. */
export const SECRETS = ["pa55-of-cloud-a", "s3cret-of-cloud-b", "k3y-of-jenkins"] as const;

export const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx0ZXN0a2V5";

/** A node that is ready. */
export function sampleNode(fields: Partial<NodeRecord> & { readonly id: number }): NodeRecord {
  const provider = fields.provider ?? "cloud-a";
  const label = fields.label ?? "noble";
  const hostname = `${label}-${provider}-${fields.id}.example.org`;
  return {
    revision: 1,
    role: "node",
    providerImageId: null,
    parentId: null,
    subnodeCount: 0,
    assignedAt: null,
    jobEnd: null,
    provider,
    label,
    image: label,
    target: "default",
    manager: null,
    hostname,
    nodename: hostname.slice(0, hostname.indexOf(".")),
    imageId: "image-1",
    imageVersion: 1_893_456_000,
    flavorId: "flavor-1",
    flavorName: "m1.small",
    zone: "nova",
    state: { phase: "ready", serverId: `server-${fields.id}` },
    stateSince: NOW - 5 * MINUTE,
    phaseSince: NOW - 5 * MINUTE,
    waitingOn: null,
    retryAt: null,
    attempt: 0,
    addresses: {
      login: `203.0.113.${fields.id % 250}`,
      publicV4: `203.0.113.${fields.id % 250}`,
      publicV6: null,
      privateV4: `10.0.0.${fields.id % 250}`,
    },
    floatingIp: null,
    hostKeys: [HOST_KEY],
    comment: null,
    deletedBy: null,
    job: null,
    requestId: null,
    hold: null,
    launchReason: "min-ready 3, have 1",
    evidence: null,
    result: null,
    timings: { create: NOW - 6 * MINUTE, ready: NOW - 5 * MINUTE },
    ...fields,
  };
}

export function sampleNodes(): NodeRecord[] {
  const server = (id: number): { serverId: string } => ({ serverId: `server-${id}` });
  const booting: NodeState = { phase: "boot", ...server(3) };
  return [
    sampleNode({
      id: 4,
      provider: "cloud-b",
      state: { phase: "used", ...server(4) },
      job: "gate/unit",
      requestId: 7,
    }),
    sampleNode({ id: 2 }),
    sampleNode({ id: 1, label: "jammy", stateSince: NOW - (2 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND) }),
    sampleNode({
      id: 3,
      zone: null,
      state: booting,
      addresses: null,
      hostKeys: [],
      waitingOn: { reason: "active", message: "server is BUILD", since: NOW - 20 * SECOND },
    }),
    sampleNode({
      id: 5,
      provider: "cloud-b",
      label: "jammy",
      state: { phase: "hold", ...server(5), lostAt: null },
      hold: { reason: "disk errors", owner: "maria", until: NOW + DAY },
      comment: "disk errors",
    }),
    sampleNode({
      id: 6,
      provider: "cloud-b",
      label: "jammy",
      state: { phase: "delete-server", ...server(6), lostAt: null, askedAt: null, acceptedAt: null },
      comment: "login timed out",
      result: "failed",
      evidence: {
        at: NOW - MINUTE,
        error: "login as jenkins: connection refused",
        kind: "ssh",
        requestId: "req-1",
        fault: null,
        console: "kernel panic",
      },
    }),
  ];
}

export function sampleRequest(fields: Partial<NodeRequest> & { readonly id: number }): NodeRequest {
  return {
    revision: 1,
    label: "noble",
    count: 1,
    job: null,
    client: null,
    token: null,
    createdAt: NOW - MINUTE,
    deadline: null,
    nodes: [],
    grantedAt: null,
    waitingOn: null,
    ...fields,
  };
}

export function sampleConfig(): Config {
  return {
    scriptDir: null,
    elementsDir: null,
    imagesDir: "/images",
    cron: { imageUpdate: "14 2 * * *", cleanup: "* * * * *", check: "*/15 * * * *" },
    zmqPublishers: [],
    gearmanServers: [],
    labels: [
      sampleLabel("noble", { providers: ["cloud-a", "cloud-b"], minReady: 3 }),
      sampleLabel("jammy", { providers: ["cloud-b"], minReady: 0, maxServers: 5 }),
    ],
    diskimages: [],
    providers: [sampleProvider("cloud-a", SECRETS[0]), sampleProvider("cloud-b", SECRETS[1])],
    targets: [{
      name: "default",
      hostname: "{label.name}-{provider.name}-{node_id}",
      subnodeHostname: "{label.name}-{provider.name}-{node_id}-{subnode_id}",
      rate: SECOND,
      assignViaGearman: false,
      jenkins: {
        url: "https://jenkins.example.org",
        user: "u",
        apiKey: SECRETS[2],
        credentialsId: null,
        testJob: null,
      },
    }],
    state: "/var/lib/nodepool/nodepool.kv",
    etcd: null,
    status: { listen: [{ hostname: "127.0.0.1", port: 8005 }], allowOrigin: [], title: "nodepool" },
    buildLogDir: "/logs",
    buildLogRetention: 7,
    limits: {
      deleteDelay: MINUTE,
      nodeStuck: 8 * HOUR,
      testStuck: 5 * MINUTE,
      imageKeep: 8 * HOUR,
      idle: 10 * MINUTE,
      holdMaxAge: null,
      history: 30 * 86_400_000,
      historyNodes: 20_000,
    },
    log: { level: "info", format: null, file: null, profileDir: "/state" },
  };
}

function sampleLabel(name: string, fields: Partial<LabelConfig>): LabelConfig {
  return {
    name,
    image: name,
    minReady: 2,
    subnodes: 0,
    readyScript: null,
    providers: [],
    maxReadyAge: null,
    maxServers: null,
    ...fields,
  };
}

function sampleProvider(name: string, password: string): ProviderConfig {
  const domain = { id: null, name: "Default" };
  const image = (image: string) => ({
    name: image,
    minRamMib: 2048,
    baseImage: image,
    nameFilter: null,
    setup: null,
    diskimage: null,
    username: "jenkins",
    userHome: "/home/jenkins",
    privateKey: "/etc/nodepool/id_ed25519",
    configDrive: null,
    keypair: null,
    meta: {},
    flavorName: null,
    connectionPort: name === "cloud-b" ? 2222 : 22,
    userdata: null,
    bootFromVolume: false,
    volumeSize: null,
    pause: false,
    checkScript: null,
  });
  return {
    name,
    maxServers: 10,
    access: {
      name,
      authUrl: "https://cloud.example.org:5000/v3",
      auth: { method: "password", userId: null, username: "pool", userDomain: domain, password },
      scope: { kind: "project", id: null, name: "ci", domain },
      regionName: "RegionOne",
      ...PLAIN_ACCESS,
    },
    availabilityZones: [],
    keypair: null,
    pool: null,
    imageType: null,
    networks: [],
    ipv6Preferred: false,
    cleanFloatingIps: false,
    apiTimeout: MINUTE,
    configDrive: null,
    bootTimeout: MINUTE,
    checkTimeout: MINUTE,
    launchTimeout: HOUR,
    rate: 100,
    templateHostname: "template-{image.name}-{timestamp}",
    maxConcurrency: null,
    launchRetries: 3,
    securityGroups: [],
    hostKeyChecking: true,
    autoFloatingIp: false,
    deleteTimeout: 10 * MINUTE,
    prices: null,
    images: [image("noble"), image("jammy")],
  };
}

export function sampleTask(fields: Partial<TaskReport> = {}): TaskReport {
  return {
    name: "tick",
    runs: 9,
    lastStartedAt: NOW - SECOND,
    runningSince: null,
    lastSuccessAt: NOW - SECOND,
    lastDuration: 12,
    lastError: null,
    ...fields,
  };
}

export function sampleDaemon(fields: Partial<DaemonReport> = {}): DaemonReport {
  return {
    pid: 4711,
    version: "0.1.0",
    startedAt: NOW - DAY,
    configFile: "/etc/nodepool/nodepool.yaml",
    configLoadedAt: NOW - HOUR,
    configReadAt: NOW - HOUR,
    configProblems: [],
    configFault: null,
    accepting: true,
    tasks: [sampleTask()],
    ...fields,
  };
}

/** A daemon's report: cloud-a answers, cloud-b does not. */
const fullQuota = { kind: "quota", uses: [{ resource: "cores", limit: 40, used: 40, need: 1 }] } as const;

export function sampleReport(fields: Partial<PoolReport> = {}): PoolReport {
  return {
    now: NOW,
    wallOffset: 0,
    clock: { step: null, clouds: [] },
    installation: { id: "5d0b0f0e-0000-4000-8000-000000000001", createdAt: NOW - 30 * DAY },
    state: { problem: null, withheld: null },
    machines: null,
    daemon: sampleDaemon(),
    config: sampleConfig(),
    nodes: sampleNodes(),
    requests: [
      sampleRequest({ id: 7, nodes: [4], grantedAt: NOW - 30 * SECOND, job: "gate/unit", client: "zuul" }),
      sampleRequest({
        id: 8,
        count: 2,
        deadline: NOW + 9 * MINUTE,
        waitingOn: { reason: "node", message: "1 of 2 nodes is ready", since: NOW - MINUTE },
      }),
    ],
    demand: new Map(),
    jobs: [{ revision: 1, id: 3, job: "gate/unit", holdOnFailure: 2, createdAt: NOW - DAY }],
    pauses: [{
      provider: "cloud-b",
      label: "jammy",
      failures: 2,
      until: NOW + MINUTE,
      lastError: "login as jenkins: connection refused",
      lastFailureAt: NOW - MINUTE,
    }],
    dibImages: [],
    images: [],
    orders: [],
    uploads: new Map(),
    targets: new Map(),
    links: [],
    samples: noSamples,
    defects: [],
    whyNoMore: () => [],
    standstill: null,
    waits: new Map(),
    labels: [
      { name: "noble", wanted: 1, demand: 1, refusals: [{ provider: "cloud-a", obstacle: fullQuota }] },
      { name: "jammy", wanted: 0, demand: 0, refusals: [] },
    ],
    providers: [
      {
        name: "cloud-a",
        reachable: true,
        obstacle: null,
        stale: [],
        error: null,
        quota: {
          takenAt: NOW - MINUTE,
          instances: { limit: 20, used: 3 },
          cores: { limit: 40, used: 40 },
          ramMib: { limit: Infinity, used: 6144 },
          floatingIps: null,
          ports: null,
          untold: [],
        },
        listedAt: NOW - 10 * SECOND,
        servers: 3,
        otherServers: 0,
        frozen: null,
        foreign: [],
        foreignFloatingIps: [],
        implausible: [],
        missing: null,
        stats: {
          requests: 120,
          errors: 1,
          queued: 0,
          rate: 100,
          latency: 84.4,
          lastError: null,
          limiter: { inFlight: 3, most: 16, nextStart: 60, waiting: {} },
          connections: [],
          certificates: [],
        },
      },
      {
        name: "cloud-b",
        reachable: false,
        obstacle: null,
        stale: [{
          look: "servers",
          message: "connect to cloud.example.org:5000: connection refused",
          since: NOW - MINUTE,
          retryAt: NOW + 4 * SECOND,
          takenAt: null,
        }],
        error: { message: "connect to cloud.example.org:5000: connection refused", since: NOW - MINUTE },
        quota: null,
        listedAt: null,
        servers: null,
        otherServers: null,
        frozen: null,
        foreign: [],
        foreignFloatingIps: [],
        implausible: [],
        missing: {
          servers: 2,
          images: 0,
          found: 1,
          since: NOW - 2 * MINUTE,
          isDoubtful: true,
          isLooking: false,
        },
        stats: null,
      },
    ],
    ...fields,
  };
}

/** As many nodes as asked for, spread over three providers and five labels. */
export function manyNodes(count: number): NodeRecord[] {
  return Array.from({ length: count }, (_, index) =>
    sampleNode({
      id: index + 1,
      provider: `cloud-${"cab"[index % 3]}`,
      label: `label-${index % 5}`,
      stateSince: NOW - index * 997,
      state: { phase: "ready", serverId: crypto.randomUUID() },
    }));
}
