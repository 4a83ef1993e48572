/** Jenkins' agents: made from a form, relabelled through their XML, removed. */
import type { AgentRequest, Target } from "../target.ts";
import { TargetError } from "../target_error.ts";
import { changeLabel, isConfigOf } from "./agent_config.ts";
import { agentForm } from "./agent_form.ts";
import { expectRedirect } from "./expect_redirect.ts";
import type { JenkinsCall, JenkinsClient } from "./jenkins_client.ts";
import { pathSegment } from "./path_segment.ts";
import type { Call } from "../../lib/call.ts";

type Agents = Pick<Target, "createAgent" | "relabelAgent" | "deleteAgent">;
type ClientCall = Call & { readonly client: JenkinsClient };

export function createJenkinsAgents(
  client: JenkinsClient,
  { credentialsId }: { credentialsId: string | null },
): Agents {
  return {
    createAgent: (request, call) => createAgent(request, { ...call, client, credentialsId }),
    relabelAgent: (name, call) => relabelAgent(name, { ...call, client }),
    deleteAgent: (name, call) => deleteAgent(name, { ...call, client }),
  };
}

async function hasAgent(name: string, { client, signal }: ClientCall): Promise<boolean> {
  const call = agentCall(name, { what: "look for", client, signal });
  const path = `${call.path}/api/json?tree=displayName`;
  const response = await client.request({ ...call, method: "GET", path, accept: [404] });
  return response.status !== 404;
}

async function createAgent(
  agent: AgentRequest,
  options: ClientCall & { credentialsId: string | null },
): Promise<"created" | "exists"> {
  const { client } = options;
  const call: JenkinsCall = {
    ...agentCall(agent.name, { ...options, what: "create" }),
    method: "POST",
    path: "/computer/doCreateItem",
    body: { type: "application/x-www-form-urlencoded", text: agentForm(agent, options) },
    accept: [302, 303],
    missing: "no Jenkins found; check url",
  };
  try {
    expectRedirect(client, { call, response: await client.request(call), ...TO_COMPUTERS });
    return "created";
  } catch (error) {
    // Jenkins refuses a name that is taken with nothing but a sentence, which may be in any language.
    const mayBeTaken = error instanceof TargetError && error.status === 400;
    if (!mayBeTaken || !await hasAgent(agent.name, options)) throw error;
    return await isThere(agent, options) ? "created" : "exists";
  }
}

/** Whether the agent is as it is asked for: an earlier attempt has made it, and a job may run on it. */
async function isThere(agent: AgentRequest, { client, signal }: ClientCall): Promise<boolean> {
  const call = agentCall(agent.name, { what: "look at", client, signal });
  const path = `${call.path}/config.xml`;
  const { status, body } = await client.request({ ...call, method: "GET", path, accept: [403, 404] });
  return status === 200 && orRefuse(call, client, () => isConfigOf(new TextDecoder().decode(body), agent));
}

async function relabelAgent(
  name: string,
  { client, label, signal }: ClientCall & { label: string },
): Promise<{ previous: string }> {
  const call = agentCall(name, { what: "relabel", client, signal });
  const path = `${call.path}/config.xml`;
  const { body } = await client.request({ ...call, method: "GET", path });
  const { xml, previous } = orRefuse(
    call,
    client,
    () => changeLabel(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body), label),
  );
  if (previous !== label) {
    const changed = { type: "application/xml; charset=utf-8", text: xml };
    await client.request({ ...call, method: "POST", path, body: changed });
  }
  return { previous };
}

/** Has the refusal of an answer that is no agent's configuration say so. */
function orRefuse<Result>(call: { action: string }, client: JenkinsClient, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    const problem = "its config.xml is not valid XML; check url";
    throw client.refuse(call, { kind: "badResponse", problem, effect: "none", cause });
  }
}

async function deleteAgent(name: string, { client, signal }: ClientCall): Promise<"deleted" | "gone"> {
  const about = agentCall(name, { what: "delete", client, signal });
  const call: JenkinsCall = {
    ...about,
    method: "POST",
    path: `${about.path}/doDelete`,
    accept: [302, 303, 404],
  };
  const response = await client.request(call);
  if (response.status === 404) return "gone";
  expectRedirect(client, { call, response, ...TO_COMPUTERS });
  return "deleted";
}

/** Where Jenkins leads from what it has done; a login page leads elsewhere. */
const TO_COMPUTERS = { to: /\/computer\/?$/, advice: "check url, user and apikey" };

/** The common part of calls about one agent; `path` is the agent's page. */
function agentCall(name: string, { what, client, signal }: ClientCall & { what: string }) {
  const action = `${what} agent ${name}`;
  const segment = pathSegment(name);
  if (segment === null) {
    const problem = "not a valid agent name; check hostname";
    throw client.refuse({ action }, { kind: "badRequest", problem, effect: "none" });
  }
  return { action, path: `/computer/${segment}`, missing: `there is no agent ${name}`, signal };
}
