/**
 * Seeded runs of a busy pool on several machines: three real members of etcd, two daemons, a builder and a simulated
 * cloud, struck at random instants (tests/machines/chaos_run.ts says by what, and what must hold afterwards). Prints what
 * each run did and found, and in the end how long takeovers took. Exits 1 where anything was wrong; the logs and the
 * journal of such a run, or of one that was slow to come to rest, are left in a folder that it names. Needs Debian's etcd-server.
 *
 *     scripts/chaos [--seeds FIRST-LAST]     default: 1-100, each some 40 s
 */
import { parseArgs } from "node:util";
import { SECOND } from "../src/domain/time.ts";
import { type ChaosReport, runChaos } from "../tests/machines/chaos_run.ts";

const { values } = parseArgs({ options: { seeds: { type: "string", default: "1-100" } } });
const [first = 1, last = first] = values.seeds.split("-").map(Number);
const logs = await Deno.makeTempDir({ prefix: "nodepool-chaos-" });

const seconds = (time: number) => `${(time / SECOND).toFixed(1)} s`;

function tell({ seed, lines, jobs, time, violation, evidence }: ChaosReport): void {
  console.log(`seed ${seed}: ${violation === null ? "sound" : "WRONG"} after ${seconds(time)}, ${jobs} jobs`);
  for (const line of lines) console.log(`  ${line}`);
  if (violation !== null) console.log(violation);
  if (evidence !== null) console.log(`its logs and journal: ${evidence}`);
}

const reports: ChaosReport[] = [];
for (let seed = first; seed <= last; seed++) {
  const report = await runChaos({ seed, logs });
  reports.push(report);
  tell(report);
}
const wrong = reports.filter(({ violation }) => violation !== null);
const takeovers = reports.flatMap(({ takeover }) => takeover ?? []).sort((a, b) => a - b);
const at = (part: number) => seconds(takeovers[Math.floor((takeovers.length - 1) * part)] ?? NaN);
console.log(
  `${reports.length} runs, ${wrong.length} wrong (${wrong.map(({ seed }) => seed).join(", ") || "none"})`,
);
console.log(`a standby led after ${at(0.5)} (median), ${at(1)} (worst) of ${takeovers.length} times`);
if (reports.every(({ evidence }) => evidence === null)) await Deno.remove(logs, { recursive: true });
Deno.exit(wrong.length === 0 ? 0 : 1);
