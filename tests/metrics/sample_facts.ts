/** What a daemon's process tells of itself. */
import type { ProcessFacts } from "../../src/metrics/daemon_gauges.ts";

export const sampleFacts: ProcessFacts = {
  version: "0.4.0",
  commit: "0123456789ab",
  deno: "2.9.6",
  cpuSeconds: 12.5,
  residentBytes: 104_857_600,
  longestDelay: 12,
  queuedChanges: 0,
};
