/**
 * The `Target` port on a Jenkins, over its REST API: ready nodes become agents that Jenkins logs in to over SSH. Agents
 * are made from a form, relabelled through their XML, and removed; jobs are started with parameters. The composition
 * root makes one for each target with a Jenkins.
 */
import * as v from "valibot";
import type { SendResponse } from "../../http/send.ts";
import { type Milliseconds, SECOND } from "../../domain/time.ts";
import type { TargetState } from "../../domain/target_state.ts";
import type { Call } from "../../lib/call.ts";
import { parseAnswer } from "../../lib/parse_answer.ts";
import type { AgentCall, AgentRequest, Target } from "../target.ts";
import { TargetError } from "../target_error.ts";
import { changeLabel, hostsOf, isConfigOf, leadsTo } from "./agent_config.ts";
import { agentForm } from "./agent_form.ts";
import { type JenkinsCall, JenkinsClient, type JenkinsClientOptions } from "./jenkins_client.ts";

export interface JenkinsTargetOptions extends Omit<JenkinsClientOptions, "timeout"> {
  /** Jenkins' credentials that log in to nodes; null: with the user and the key file that come with each node. */
  readonly credentialsId: string | null;
  /** For one request, from its start to the end of its answer. */
  readonly timeout?: Milliseconds;
}

/** Longer than a busy Jenkins takes to save an agent, shorter than anybody waits for a node. */
const TIMEOUT = 30 * SECOND;

const NO_JENKINS = "no Jenkins found; check url";

const AgentsSchema = v.object({
  computer: v.array(v.object({ displayName: v.string(), idle: v.boolean() })),
});

const StateSchema = v.object({
  quietingDown: v.boolean(),
  /** Told by Jenkins 2.267 and later. */
  quietDownReason: v.nullish(v.string()),
});

export class JenkinsTarget implements Target {
  readonly #client: JenkinsClient;
  readonly #credentialsId: string | null;
  /** By agent: where it leads, as it was made or read: each is read once. */
  readonly #hosts = new Map<string, readonly string[]>();

  /** Sends nothing yet. @throws TypeError where `url` is no address */
  constructor(options: JenkinsTargetOptions) {
    this.#client = new JenkinsClient({ timeout: TIMEOUT, ...options });
    this.#credentialsId = options.credentialsId;
  }

  async observe({ signal }: Call): Promise<TargetState> {
    const call: JenkinsCall = {
      action: "read the state",
      method: "GET",
      path: "/api/json?tree=quietingDown,quietDownReason",
      missing: NO_JENKINS,
      signal,
    };
    try {
      const response = await this.#client.request(call);
      const state = this.#parse(StateSchema, response, call);
      if (!state.quietingDown) return { online: true };
      const why = state.quietDownReason ? `: ${state.quietDownReason}` : "";
      return { online: false, reason: `it is quieting down${why}` };
    } catch (error) {
      if (error instanceof TargetError) return { online: false, reason: error.problem };
      throw error;
    }
  }

  async createAgent(agent: AgentRequest, { signal }: Call): Promise<"created" | "exists"> {
    const call: JenkinsCall = {
      ...this.#agentCall(agent.name, { what: "create", signal }),
      method: "POST",
      path: "/computer/doCreateItem",
      body: {
        type: "application/x-www-form-urlencoded",
        text: agentForm(agent, { credentialsId: this.#credentialsId }),
      },
      accept: [302, 303],
      missing: NO_JENKINS,
    };
    try {
      this.#expectRedirect(call, await this.#client.request(call), TO_COMPUTERS);
      this.#hosts.set(agent.name, [agent.host]);
      return "created";
    } catch (error) {
      // Jenkins refuses a name that is taken with nothing but a sentence, which may be in any language.
      const mayBeTaken = error instanceof TargetError && error.status === 400;
      const about = this.#agentCall(agent.name, { what: "look at", signal });
      const xml = mayBeTaken ? await this.#readConfig(agent.name, about) : null;
      if (xml === null) throw error;
      // As an earlier attempt has made it: a job may run on it.
      return xml !== "" && this.#orRefuse(about, () => isConfigOf(xml, agent)) ? "created" : "exists";
    }
  }

  async relabelAgent(name: string, { label, host, signal }: AgentCall & { label: string }): Promise<void> {
    const call = this.#agentCall(name, { what: "relabel", signal });
    const path = `${call.path}/config.xml`;
    const { body } = await this.#client.request({ ...call, method: "GET", path });
    const { xml, previous } = this.#orRefuse(
      call,
      () => changeLabel(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body), label),
    );
    if (host !== undefined && !leadsTo(xml, host)) {
      const problem = `agent ${name} leads to another server`;
      throw this.#client.refuse(call, { kind: "notFound", problem });
    }
    if (previous === label) return;
    const changed = { type: "application/xml; charset=utf-8", text: xml };
    await this.#client.request({ ...call, method: "POST", path, body: changed });
  }

  /** Of all agents at once: a 404 for the one would come from a proxy as well as from Jenkins. */
  async isIdle(name: string, { host, signal }: AgentCall): Promise<boolean> {
    const call: JenkinsCall = {
      action: `look for a job on agent ${name}`,
      method: "GET",
      path: "/computer/api/json?tree=computer[displayName,idle]",
      missing: NO_JENKINS,
      signal,
    };
    const { computer: agents } = this.#parse(AgentsSchema, await this.#client.request(call), call);
    const busy = agents.filter(({ idle }) => !idle).map(({ displayName }) => displayName);
    if (busy.includes(name)) return false;
    if (host === undefined) return true;
    const names = new Set(agents.map(({ displayName }) => displayName));
    for (const known of this.#hosts.keys()) if (!names.has(known)) this.#hosts.delete(known);
    for (const other of busy) {
      const hosts = this.#hosts.get(other) ??
        hostsOf(await this.#readConfig(other, { ...call, signal }) ?? "");
      this.#hosts.set(other, hosts);
      if (hosts.includes(host)) return false;
    }
    return true;
  }

  async deleteAgent(name: string, { host, signal }: AgentCall): Promise<"deleted" | "gone" | "other"> {
    const about = this.#agentCall(name, { what: "delete", signal });
    if (host !== undefined && !leadsTo(await this.#readConfig(name, about) ?? "", host)) return "other";
    const call: JenkinsCall = {
      ...about,
      method: "POST",
      path: `${about.path}/doDelete`,
      accept: [302, 303, 404],
    };
    const response = await this.#client.request(call);
    this.#hosts.delete(name);
    if (response.status === 404) return "gone";
    this.#expectRedirect(call, response, TO_COMPUTERS);
    return "deleted";
  }

  async startJob(
    job: string,
    { parameters, signal }: Call & { parameters: Readonly<Record<string, string>> },
  ): Promise<void> {
    const action = `start job ${job}`;
    // `folder/job` is the job in the folder.
    const path = job.split("/").map((name) =>
      `/job/${this.#segment(name, action, "job name; check test-job")}`
    );
    const call: JenkinsCall = {
      action,
      method: "POST",
      path: `${path.join("")}/buildWithParameters?${new URLSearchParams(parameters)}`,
      // 303: the same build is in the queue already; 302 is what versions before 1.519 answer.
      accept: [201, 302, 303],
      missing: `there is no job ${job} that the user may see; check test-job`,
      signal,
    };
    this.#expectRedirect(call, await this.#client.request(call), TO_QUEUE);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }

  /** null: there is no such agent; empty: the user may not see its configuration. */
  async #readConfig(
    name: string,
    call: Pick<JenkinsCall, "action" | "missing" | "signal">,
  ): Promise<string | null> {
    const path = `/computer/${encodeURIComponent(name)}/config.xml`;
    const { status, body } = await this.#client.request({ ...call, method: "GET", path, accept: [403, 404] });
    return status === 404 ? null : status === 403 ? "" : new TextDecoder().decode(body);
  }

  #parse<Output>(
    schema: v.GenericSchema<unknown, Output>,
    response: SendResponse,
    call: Pick<JenkinsCall, "action">,
  ): Output {
    return parseAnswer(schema, response, (message) => {
      const { status } = response;
      const problem = `${message}; check url`;
      return this.#client.refuse(call, { kind: "badResponse", problem, status });
    });
  }

  /** Has the refusal of an answer that is no agent's configuration say so. */
  #orRefuse<Result>(call: { action: string }, read: () => Result): Result {
    try {
      return read();
    } catch (cause) {
      const problem = "its config.xml is not valid XML; check url";
      throw this.#client.refuse(call, { kind: "badResponse", problem, cause });
    }
  }

  /** The common part of calls about one agent; `path` is the agent's page. */
  #agentCall(name: string, { what, signal }: Call & { what: string }) {
    const action = `${what} agent ${name}`;
    const path = `/computer/${this.#segment(name, action, "agent name; check hostname")}`;
    return { action, path, missing: `there is no agent ${name}`, signal };
  }

  /** A name as one part of an address. @throws TargetError where it would lead to another place */
  #segment(name: string, action: string, what: string): string {
    if (name !== "" && name !== "." && name !== "..") return encodeURIComponent(name);
    throw this.#client.refuse({ action }, {
      kind: "badRequest",
      problem: `not a valid ${what}`,
    });
  }

  /**
   * Jenkins tells that a POST was done by leading to a page that shows it; anywhere else means that it was not, as a
   * login page.
   * @throws TargetError
   */
  #expectRedirect(
    call: JenkinsCall,
    { status, headers: { location = "" } }: SendResponse,
    { to, advice }: { to: RegExp; advice: string },
  ): void {
    // Jenkins' own address in the answer may be another than ours: only the path counts.
    const base = `http://jenkins${call.path}`;
    if (URL.canParse(location, base) && to.test(new URL(location, base).pathname)) return;
    // A query may hold what a login page was sent there with.
    const answer = location === "" ? "with no location" : `with ${location.replace(/[?#].*$/s, "")}`;
    const problem = `answered ${answer} (HTTP ${status}); ${advice}`;
    throw this.#client.refuse(call, { kind: "badResponse", problem, status });
  }
}

const TO_COMPUTERS = { to: /\/computer\/?$/, advice: "check url, user and apikey" };
const TO_QUEUE = {
  to: /\/queue\/item\/\d+\/?$/,
  advice: "no build was queued; check url and the job",
};
