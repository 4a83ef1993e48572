/** The pool and the jobs of the tests of traffic: several labels on one simulated cloud. */
import type { Random } from "../../src/lib/random.ts";
import type { RunningPool } from "./running_pool.ts";
import type { Job } from "./traffic.ts";

/** The job whose failed nodes are held, and how many of them. */
export const WATCHED = { job: "integration", holdOnFailure: 3 };

export const trafficCloud = {
  bootTime: { mean: 200, jitter: 150 },
  deleteTime: { mean: 100, jitter: 50 },
};

/** One job in twenty takes two nodes; one in ten fails. Some labels are asked for more than others. */
export function randomJob(random: Random): Job {
  return {
    label: random.pick(["small", "small", "small", "medium", "medium", "large", "rare"]),
    count: random.float() < 0.05 ? 2 : 1,
    name: random.pick(["unit", "style", "docs", WATCHED.job]),
    time: random.integer(200),
    result: random.float() < 0.1 ? "FAILURE" : "SUCCESS",
  };
}

/** So many nodes are held, at least so many ready, and nothing is under way. */
export async function isAtRest(
  pool: RunningPool,
  { held, ready }: { held: number; ready: number },
): Promise<boolean> {
  const nodes = await pool.nodes();
  const count = (state: string) => nodes.filter((node) => node.state === state).length;
  return count("hold") === held && count("ready") >= ready && nodes.length === count("ready") + held;
}
