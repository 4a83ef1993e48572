/** Jenkins' jobs: started with parameters. */
import type { Target } from "../target.ts";
import { expectRedirect } from "./expect_redirect.ts";
import type { JenkinsCall, JenkinsClient } from "./jenkins_client.ts";
import { pathSegment } from "./path_segment.ts";
import type { Call } from "../../lib/call.ts";

export function createJenkinsJobs(client: JenkinsClient): Pick<Target, "startJob"> {
  return { startJob: (job, call) => startJob(job, { ...call, client }) };
}

async function startJob(
  job: string,
  { client, parameters, signal }: Call & {
    client: JenkinsClient;
    parameters: Readonly<Record<string, string>>;
  },
): Promise<{ queueItem: number }> {
  const action = `start job ${job}`;
  const path = jobPath(job);
  if (path === null) {
    const problem = "not a valid job name; check test-job";
    throw client.refuse({ action }, { kind: "badRequest", problem, effect: "none" });
  }
  const call: JenkinsCall = {
    action,
    method: "POST",
    path: `${path}/buildWithParameters?${new URLSearchParams(parameters)}`,
    // 303: the same build is in the queue already; 302 is what versions before 1.519 answer.
    accept: [201, 302, 303],
    missing: `there is no job ${job} that the user may see; check test-job`,
    signal,
  };
  const response = await client.request(call);
  const advice = "no build was queued; check url and the job";
  const [, item] = expectRedirect(client, { call, response, to: /\/queue\/item\/(\d+)\/?$/, advice });
  return { queueItem: Number(item) };
}

/** `folder/job` is the job in the folder. */
function jobPath(job: string): string | null {
  const segments = job.split("/").map(pathSegment);
  return segments.includes(null) ? null : segments.map((segment) => `/job/${segment}`).join("");
}
