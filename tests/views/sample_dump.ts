/** What a daemon is doing that launches two nodes and is asked for one. */
import type { DumpReport } from "../../src/domain/dump_report.ts";
import { NOW, sampleTask } from "./sample_pool.ts";

export const sampleDump: DumpReport = {
  now: NOW,
  wallOffset: 0,
  daemon: { pid: 4711, version: "0.4.0 (abc)", startedAt: NOW - 3_600_000 },
  process: {
    memory: { rss: 104_857_600, heapUsed: 31_457_280, heapTotal: 41_943_040, external: 5_242_880 },
    loopDelay: { mean: 1.24, p99: 12.4, longest: 80.6 },
    profilingSince: null,
    connections: [{ to: "control socket", open: 2, busy: 1, waiting: 0 }],
  },
  work: [
    {
      what: "request",
      about: { method: "GET", path: "/requests/5/grant" },
      age: 61_500,
      begun: ["HttpServer.#exchange src/lib/http/http_server.ts:150:7"],
      waits: [{
        on: "nodes for request 5",
        age: 61_499,
        stack: ["async waitForGrant src/control/request_desk.ts:70:5"],
      }],
    },
    {
      what: "create-server",
      about: { node: 12, label: "noble", provider: "cloud-a", image: "noble\x1b[2J" },
      age: 2_345,
      begun: ["Executor.#start src/execute/executor.ts:140:5"],
      waits: [],
    },
  ],
  queues: [
    { name: "state changes", waiting: 3, running: 0, most: null },
    { name: "cloud-a create-server", waiting: 0, running: 2, most: 16 },
  ],
  providers: [{
    name: "cloud-a",
    stats: {
      rate: 1_000,
      limiter: { inFlight: 2, most: 16, nextStart: 250, waiting: { create: 4 } },
      connections: [{ to: "http://cloud-a", open: 2, busy: 2, waiting: 0 }],
    },
  }],
  links: [{
    name: "Gearman server g:4730",
    state: { status: "away", since: NOW - 1_000, message: "refused", retryAt: NOW },
  }],
  tasks: [sampleTask({ lastStartedAt: NOW - 500 })],
};
