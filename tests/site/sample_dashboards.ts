/** Pools as the dashboard's tests look at them: new, calm, in trouble, and large ones, with what was measured of them. */
import type { NodeRecord, NodeState } from "../../src/domain/node.ts";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { type PoolSamples, readingsOf } from "../../src/domain/samples/pool_samples.ts";
import { type Measure, minuteOf } from "../../src/domain/samples/sample.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import type { EventView } from "../../src/views/events.ts";
import { isoTime } from "../../src/views/view_head.ts";
import { sampleDibImage, sampleImage, sampleOrder } from "../views/sample_images.ts";
import { manyNodes, NOW, sampleNode, sampleReport, sampleRequest } from "../views/sample_pool.ts";

/** A day that comes and goes, with a gap and a few failures. @param size about how many servers there are */
function sampleReadings(size: number): PoolSamples {
  const value = (measure: Measure, minute: number): number | null => {
    if (minute % 1_440 > 700 && minute % 1_440 < 712) return null;
    const wave = 1.3 + Math.sin(minute / 70) + 0.3 * Math.sin(minute / 11);
    switch (measure) {
      case "limit":
        return Math.ceil(size * 1.2);
      case "failed":
        return minute % 97 === 0 ? 2 : 0;
      case "waiting":
        return Math.max(0, Math.round(wave * size / 40 - 1));
      case "oldest":
        return Math.max(0, Math.round(wave * 60 - 30));
      case "used":
        return Math.round(wave * size / 4);
      case "ready":
        return Math.round((2.7 - wave) * size / 8);
      case "building":
        return Math.round(Math.abs(Math.sin(minute / 13)) * size / 10);
      default:
        return Math.round(size / 40);
    }
  };
  return {
    since: NOW - DAY,
    read: (_group, { now, span }) => {
      const length = minuteOf(span);
      const first = minuteOf(now) + 1 - length;
      return readingsOf((measure) => Array.from({ length }, (_, index) => value(measure, first + index)));
    },
    waits: (label) => label === "jammy" ? null : { count: 42, median: 41 * SECOND, p95: 4 * MINUTE },
  };
}

/** The newest first. */
export function sampleEvents(): EventView[] {
  const event = (id: number, kind: string, message: string, ago: number): EventView => ({
    version: 1,
    id,
    time: isoTime(NOW - ago, { wallOffset: 0 }),
    kind,
    subject: { type: kind.startsWith("node") ? "node" : "request", id: id - 80, name: "n" },
    labels: {},
    message,
  });
  return [
    event(92, "node.ready", "node 12 is ready after 1m10s", 4 * SECOND),
    event(91, "request.made", "request 8 for 2 of noble", MINUTE),
    event(90, "node.failed", "node 10 failed: login as jenkins: connection refused", 2 * MINUTE),
    event(89, "hold.begun", "node 5 is held by maria: disk errors", 4 * MINUTE),
    event(88, "node.launching", "node 11 will be launched on cloud-a: min-ready 3, have 1", 5 * MINUTE),
    event(87, "node.gone", "node 7 is gone after 32m: used for gate/unit", HOUR),
  ];
}

/** Just started: configured, and nothing there yet. */
export function newPool(): PoolReport {
  const report = calmPool();
  return {
    ...report,
    nodes: [],
    requests: [],
    samples: sampleReport().samples,
    dibImages: [],
    images: [],
    orders: [],
  };
}

/** Small, and nothing is wrong. */
export function calmPool(): PoolReport {
  const report = sampleReport();
  const [alpha, beta] = report.providers;
  const well = { ...alpha!, otherServers: 6, missing: null, stats: { ...alpha!.stats!, errors: 0 } };
  const quota = { ...alpha!.quota!, cores: { limit: 40, used: 22 }, instances: { limit: 20, used: 11 } };
  return {
    ...report,
    config: madeImages(report.config!),
    nodes: report.nodes.filter(({ id }) => id !== 6),
    requests: report.requests.slice(0, 1),
    pauses: [],
    labels: report.labels.map((label) => ({ ...label, wanted: 0, refusals: [] })),
    providers: [{ ...well, quota }, {
      ...well,
      name: beta!.name,
      quota: { ...quota, cores: null, ramMib: null },
    }],
    dibImages: [sampleDibImage({ id: 1 }), sampleDibImage({ id: 2 })],
    images: [
      sampleImage({ id: 3 }),
      sampleImage({ id: 4 }),
      sampleImage({
        id: 5,
        provider: "cloud-b",
        state: { phase: "upload", externalId: "e", startedAt: NOW - MINUTE },
      }),
    ],
    orders: [sampleOrder({ provider: null, doneVersion: Math.floor(NOW / SECOND) - 3 * 3_600 })],
    uploads: new Map([[5, { sent: 620, total: 1_000 }]]),
    samples: sampleReadings(12),
  };
}

function madeImages(config: NonNullable<PoolReport["config"]>): PoolReport["config"] {
  return {
    ...config,
    diskimages: [{
      name: "noble",
      elements: ["ubuntu"],
      release: "noble",
      envVars: {},
      formats: ["qcow2"],
      pause: false,
      buildTimeout: 8 * HOUR,
      rebuildAge: DAY,
      parent: null,
    }],
    providers: config.providers.map((provider) => ({
      ...provider,
      images: provider.images.map((image) =>
        image.name === "noble" ? { ...image, diskimage: "noble", baseImage: null } : image
      ),
    })),
  };
}

/** One provider down, a full quota, launches that fail, a build that fails, things that are late. */
export function troubledPool(): PoolReport {
  const calm = calmPool();
  const report = sampleReport();
  const refused = {
    kind: "unreachable",
    message: "connection refused",
    since: NOW - MINUTE,
    until: NOW + 4 * SECOND,
  } as const;
  const [alpha, beta] = report.providers;
  return {
    ...calm,
    nodes: [
      ...report.nodes,
      sampleNode({
        id: 9,
        state: { phase: "login", serverId: "s9", activeAt: NOW - 14 * MINUTE },
        stateSince: NOW - 16 * MINUTE,
        phaseSince: NOW - 14 * MINUTE,
        waitingOn: {
          reason: "login",
          message: "log in to 203.0.113.9: connection refused",
          since: NOW - 14 * MINUTE,
        },
      }),
    ],
    requests: [
      ...report.requests,
      sampleRequest({ id: 9, createdAt: NOW - 25 * MINUTE, client: "zuul", job: "gate/unit" }),
    ],
    pauses: report.pauses,
    labels: [report.labels[0]!, {
      name: "jammy",
      wanted: 3,
      demand: 1,
      refusals: [{ provider: "cloud-b", obstacle: refused }],
    }],
    providers: [{ ...alpha!, stats: { ...alpha!.stats!, rate: 900 } }, { ...beta!, obstacle: refused }],
    dibImages: [
      ...calm.dibImages,
      sampleDibImage({
        id: 8,
        state: { phase: "delete" },
        stateSince: NOW - 5 * MINUTE,
        logFile: "/logs/noble-8.log",
      }),
    ],
    orders: [sampleOrder({
      provider: null,
      failures: 3,
      until: NOW + 9 * MINUTE,
      lastError: "the build of noble failed with exit code 1",
      lastFailureAt: NOW - 5 * MINUTE,
    })],
  };
}

/** @param size how many nodes, labels and providers there are, and of how many labels nodes are missing */
export function largePool(
  { nodes, labels, providers, missing = 0 }: {
    nodes: number;
    labels: number;
    providers: number;
    missing?: number;
  },
): PoolReport {
  const calm = calmPool();
  const config = calm.config!;
  const providerNames = Array.from({ length: providers }, (_, index) => `cloud-${index}`);
  const names = Array.from({ length: labels }, (_, index) => `label-${String(index).padStart(2, "0")}`);
  const full = { kind: "max-servers", resource: "maxServers", limit: 500, used: 500, need: 1 } as const;
  return {
    ...calm,
    config: {
      ...config,
      labels: names.map((name) => ({ ...config.labels[0]!, name, providers: providerNames, minReady: 5 })),
      providers: providerNames.map((name) => ({ ...config.providers[0]!, name, maxServers: 500 })),
    },
    nodes: manyNodes(nodes).map((node, index) => ({
      ...node,
      ...livesOf(node, index),
      label: names[index % labels]!,
      provider: providerNames[index % providers]!,
    })),
    requests: Array.from(
      { length: Math.floor(nodes / 50) },
      (_, index) =>
        sampleRequest({
          id: 100_000 + index,
          label: names[index % labels]!,
          createdAt: NOW - index * SECOND,
        }),
    ),
    labels: names.map((name, index) => ({
      name,
      wanted: index < missing ? 2 : 0,
      demand: 0,
      refusals: index < missing ? providerNames.map((provider) => ({ provider, obstacle: full })) : [],
    })),
    providers: providerNames.map((name) => ({ ...calm.providers[0]!, name })),
    samples: sampleReadings(nodes),
  };
}

function livesOf({ id }: NodeRecord, index: number): Partial<NodeRecord> {
  const server = { serverId: `server-${id}` };
  const states: readonly NodeState[] = [
    { phase: "ready", ...server },
    { phase: "used", ...server },
    { phase: "used", ...server },
    { phase: "boot", ...server },
    { phase: "ready", ...server },
  ];
  if (index % 101 === 0) {
    return {
      state: { phase: "hold", ...server, lostAt: null },
      hold: { reason: "looks odd", owner: "maria", until: NOW + index * SECOND },
      stateSince: NOW - index * SECOND,
    };
  }
  return { state: states[index % 5]!, stateSince: NOW - (index % 700) * SECOND };
}
