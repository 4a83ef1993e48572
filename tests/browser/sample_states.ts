/** Sites in the states that pages are looked at in: nothing yet, a small pool that is well, one in trouble, a large one. */
import type { HistoryRecord, NodeRecord, NodeState } from "../../src/domain/node.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { type OpenSite, openSite } from "../site/open_site.ts";
import { calmPool, largePool, newPool, sampleEvents, troubledPool } from "../site/sample_dashboards.ts";
import { NOW, sampleNode } from "../views/sample_pool.ts";

const states = {
  empty: newPool,
  small: () => ({ ...calmPool(), nodes: nodesOfAllStates() }),
  troubled: troubledPool,
  large: () => largePool({ nodes: 2_000, labels: 40, providers: 8 }),
} as const;

export type PoolStateName = keyof typeof states;

export const poolStates = Object.keys(states) as PoolStateName[];

/** Opens a site that shows a pool in that state. */
export function siteOf(name: PoolStateName): OpenSite {
  const site = openSite(states[name]());
  if (name === "empty") return site;
  site.history = past(12);
  site.events = sampleEvents();
  return site;
}

/** Two labels on two providers, nine nodes. */
function nodesOfAllStates(): NodeRecord[] {
  return Array.from({ length: 9 }, (_, index) => {
    const id = 4_000 + index;
    const age = (index * 719 + 4) * SECOND;
    const times = {
      create: NOW - age - 90 * SECOND,
      boot: NOW - age - 80 * SECOND,
      login: NOW - age - 20 * SECOND,
    };
    return sampleNode({
      id,
      ...placeOf(index),
      stateSince: NOW - age,
      phaseSince: NOW - age,
      timings: { ...times, ready: NOW - age },
      ...stateOfNode(index, id, age),
    });
  });
}

function placeOf(index: number): { label: string; provider: string } {
  return { label: index % 2 === 0 ? "noble" : "jammy", provider: index % 2 === 0 ? "cloud-a" : "cloud-b" };
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
      return {
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
      ...placeOf(index),
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
