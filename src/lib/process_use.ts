/** The processor time and memory that this process uses; the metrics of the daemon show them. */
import process from "node:process";

interface ProcessUse {
  /** User and system, since its start. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

export function processUse(): ProcessUse {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1_000_000, residentBytes: Deno.memoryUsage().rss };
}
