/** The jobs of the demonstration's CI. Simulated servers run nothing: how long each takes and how it ends is here. */
import { seededRandom } from "../../src/lib/random.ts";

export interface CiJob {
  readonly name: string;
  /** The command to run on its node. */
  readonly command: string;
  readonly seconds: number;
  readonly exitCode: number;
}

/** The job that is investigated: it fails now and then. */
export const FLAKY = "integration-tests";

const JOBS = 9;
/** Part of the runs of the flaky job that fail. */
const FAILING = 0.7;
/** One for which the flaky job fails more than once, and passes too. */
const SEED = 2016;

export function ciJobs(): readonly CiJob[] {
  const random = seededRandom(SEED);
  return Array.from({ length: JOBS }, (_, index) => {
    const name = ["unit-tests", "style", FLAKY][index % 3]!;
    const fails = name === FLAKY && random.float() < FAILING;
    return {
      name,
      command: `run-job ${name} ${index + 1}`,
      seconds: 0.5 + random.integer(20) / 10,
      exitCode: fails ? 1 : 0,
    };
  });
}
