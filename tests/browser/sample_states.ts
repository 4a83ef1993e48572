/** Pools in the states that pages are looked at in: nothing yet, a small one that is well, one in trouble, a large one. */
import type { HistoryRecord, NodeRecord, NodeState } from "../../src/domain/node.ts";
import type { PoolReport, ProviderReport } from "../../src/domain/pool_report.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { type OpenSite, openSite } from "../site/open_site.ts";
import { NOW, sampleNode, sampleReport, sampleRequest } from "../views/sample_pool.ts";

const states = { empty, small, troubled: sampleReport, large } as const;

export type PoolStateName = keyof typeof states;

export const poolStates = Object.keys(states) as PoolStateName[];

/** Opens a site that shows a pool in that state. */
export function siteOf(name: PoolStateName): OpenSite {
  const site = openSite(states[name]());
  if (name !== "empty") site.history = past(name === "large" ? 60 : 12);
  return site;
}

function empty(): PoolReport {
  return sampleReport({
    nodes: [],
    requests: [],
    jobs: [],
    pauses: [],
    labels: [],
    providers: [wellProvider("cloud-a", 0), wellProvider("cloud-b", 0)],
  });
}

function small(): PoolReport {
  return sampleReport({
    nodes: lifeOfNodes(9, { labels: 2, providers: 2 }),
    requests: [
      sampleRequest({ id: 7, nodes: [4], grantedAt: NOW - 30 * SECOND, job: "gate/unit", client: "zuul" }),
    ],
    pauses: [],
    labels: [{ name: "noble", wanted: 0, demand: 0, refusals: [] }, {
      name: "jammy",
      wanted: 0,
      demand: 0,
      refusals: [],
    }],
    providers: [wellProvider("cloud-a", 5), wellProvider("cloud-b", 4)],
  });
}

/** 40 labels, 2,000 nodes, 8 providers. */
function large(): PoolReport {
  const report = small();
  const names = Array.from({ length: 40 }, (_, index) => labelName(index));
  const providers = Array.from({ length: 8 }, (_, index) => providerName(index));
  const config = report.config!;
  return {
    ...report,
    config: {
      ...config,
      labels: names.map((name) => ({ ...config.labels[0]!, name, image: name, providers, minReady: 20 })),
      providers: providers.map((name) => ({ ...config.providers[0]!, name, maxServers: 400 })),
    },
    nodes: lifeOfNodes(2_000, { labels: 40, providers: 8 }),
    labels: names.map((name) => ({ name, wanted: 0, demand: 0, refusals: [] })),
    providers: providers.map((name) => wellProvider(name, 250)),
  };
}

const distributions = [
  "noble",
  "jammy",
  "trixie",
  "bookworm",
  "fedora-44",
  "rocky-10",
  "centos-10",
  "gentoo",
];
const sizes = ["", "-large", "-gpu", "-arm64", "-nested-virtualisation"];

function labelName(index: number): string {
  return `${distributions[index % distributions.length]}${sizes[Math.floor(index / distributions.length)]}`;
}

function providerName(index: number): string {
  return index < 2 ? `cloud-${"ab"[index]}` : `cloud-${"abcdefgh"[index]}-eu-west-${index}`;
}

function wellProvider(name: string, servers: number): ProviderReport {
  const [well] = sampleReport().providers;
  const quota = {
    ...well!.quota!,
    instances: { limit: 400, used: servers },
    cores: { limit: 1_600, used: servers * 2 },
  };
  return { ...well!, name, servers, quota };
}

/** Nodes in every state of their life. */
function lifeOfNodes(
  count: number,
  { labels, providers }: { labels: number; providers: number },
): NodeRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const id = 4_000 + index;
    const age = (index * 7_919 % 7_200 + 4) * SECOND;
    const times = {
      create: NOW - age - 90 * SECOND,
      boot: NOW - age - 80 * SECOND,
      login: NOW - age - 20 * SECOND,
    };
    return sampleNode({
      id,
      label: labelName(index * 13 % labels),
      provider: providerName(index * 5 % providers),
      stateSince: NOW - age,
      phaseSince: NOW - age,
      timings: { ...times, ready: NOW - age },
      ...stateOfNode(index, id, age),
    });
  });
}

function stateOfNode(index: number, id: number, age: number): Partial<NodeRecord> {
  const server = { serverId: `6f1c${String(id).padStart(4, "0")}-2b1e-4b0a-9a53-0242ac120002` };
  const used: NodeState = { phase: "used", ...server };
  switch (index % 9) {
    case 0:
      return {
        state: { phase: "boot", ...server },
        addresses: null,
        hostKeys: [],
        timings: { create: NOW - age, boot: NOW - age + 3 * SECOND },
        waitingOn: { reason: "active", message: "server is BUILD", since: NOW - age },
      };
    case 3:
    case 4:
    case 5:
      return { state: used, job: `gate/unit-${index % 7}`, requestId: index, timings: timesOfUse(age) };
    case 7:
      return index % 4 === 0 ? {} : {
        state: { phase: "hold", ...server, lostAt: null },
        hold: { reason: "disk errors", owner: "maria", until: NOW + DAY },
        comment: "disk errors",
        timings: { ...timesOfUse(age + HOUR), hold: NOW - age },
      };
    default:
      return { state: { phase: "ready", ...server } };
  }
}

function timesOfUse(age: number): NodeRecord["timings"] {
  const start = NOW - age - 20 * MINUTE;
  return {
    create: start,
    boot: start + 3 * SECOND,
    login: start + 58 * SECOND,
    ready: start + 71 * SECOND,
    used: NOW - age,
  };
}

function past(count: number): HistoryRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    node: sampleNode({
      id: 3_999 - index,
      label: labelName(index % 2),
      provider: providerName(index % 2),
      job: `gate/unit-${index % 5}`,
      timings: timesOfUse((index + 2) * MINUTE),
      ...(index % 4 === 0 ? failed(index) : { result: "used" as const }),
    }),
    endedAt: NOW - (index + 1) * MINUTE,
  }));
}

function failed(index: number): Partial<NodeRecord> {
  return {
    result: "failed",
    evidence: {
      at: NOW - (index + 1) * MINUTE,
      error: "login as jenkins: connection refused",
      kind: "ssh",
      requestId: "req-0f2f8e1c",
      fault: null,
      console:
        "[    0.000000] Linux version 6.12.9\n[   12.402913] EXT4-fs error (device vda1)\nkernel panic - not syncing",
    },
  };
}
