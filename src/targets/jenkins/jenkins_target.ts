/**
 * The `Target` port on a Jenkins, over its REST API: ready nodes become agents that Jenkins logs in to over SSH. The
 * composition root makes one for each target with a Jenkins.
 */
import * as v from "valibot";
import { type Milliseconds, SECOND } from "../../domain/time.ts";
import type { TargetState } from "../../domain/target_state.ts";
import type { Target } from "../target.ts";
import { TargetError } from "../target_error.ts";
import { createJenkinsAgents } from "./jenkins_agents.ts";
import { JenkinsClient, type JenkinsClientOptions } from "./jenkins_client.ts";
import { createJenkinsJobs } from "./jenkins_jobs.ts";
import type { Call } from "../../lib/call.ts";

export interface JenkinsTargetOptions extends Omit<JenkinsClientOptions, "timeout"> {
  /** Jenkins' credentials that log in to nodes; null: with the user and the key file that come with each node. */
  readonly credentialsId: string | null;
  /** For one request, from its start to the end of its answer. */
  readonly timeout?: Milliseconds;
}

/** Longer than a busy Jenkins takes to save an agent, shorter than anybody waits for a node. */
const TIMEOUT = 30 * SECOND;

/** Sends nothing yet. @throws TypeError where `url` is no address */
export function createJenkinsTarget(options: JenkinsTargetOptions): Target {
  const client = new JenkinsClient({ timeout: TIMEOUT, ...options });
  return {
    name: options.name,
    observe: (call) => observe(client, call),
    ...createJenkinsAgents(client, options),
    ...createJenkinsJobs(client),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

const StateSchema = v.object({
  quietingDown: v.boolean(),
  /** Told by Jenkins 2.267 and later. */
  quietDownReason: v.nullish(v.string()),
});

async function observe(client: JenkinsClient, { signal }: Call): Promise<TargetState> {
  try {
    const state = await client.read(StateSchema, {
      action: "read the state",
      path: "/api/json?tree=quietingDown,quietDownReason",
      missing: "no Jenkins found; check url",
      signal,
    });
    if (!state.quietingDown) return { online: true };
    const why = state.quietDownReason ? `: ${state.quietDownReason}` : "";
    return { online: false, reason: `it is quieting down${why}` };
  } catch (error) {
    if (error instanceof TargetError) return { online: false, reason: error.problem };
    throw error;
  }
}
