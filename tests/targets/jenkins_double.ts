/**
 * A Jenkins for tests: the REST calls that a target needs, with Jenkins' own answers to them, users and their rights,
 * crumbs bound to sessions, and faults on demand. Asked in-process as a `Send`, or over HTTP (`served_jenkins.ts`).
 */
import { Buffer } from "node:buffer";
import type { TargetConfig } from "../../src/domain/config.ts";
import type { Send } from "../../src/http/send.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { Breakage } from "../../src/simulator/exchange.ts";
import { createSimulatorSend } from "../../src/simulator/simulator_send.ts";
import { JenkinsTarget } from "../../src/targets/jenkins/jenkins_target.ts";
import {
  accessDenied,
  answer,
  authenticationRequired,
  computersPage,
  containerError,
  failure,
  isLoading,
  json,
  oops,
  redirect,
} from "./jenkins_pages.ts";
import { bindAgent, BindError, type BoundAgent } from "./jenkins_xml.ts";

export interface JenkinsSettings {
  /** Where Jenkins lives below its host: "" or "/jenkins". */
  readonly path?: string;
  /** Whether POSTs need a crumb: one of a session, one of any session (before 2.176.2), or none. */
  readonly crumbs?: "session" | "plain" | "off";
  /** Permissions that the user lacks. */
  readonly lacking?: readonly Right[];
  readonly jobs?: Readonly<Record<string, "parameters" | "plain" | "disabled" | "closed">>;
}

type Right = "Overall/Read" | "Agent/Create" | "Agent/Configure" | "Agent/Delete" | "Job/Build";

const RIGHT_IDS: Readonly<Record<Right, string>> = {
  "Overall/Read": "hudson.model.Hudson.Read",
  "Agent/Create": "hudson.model.Computer.Create",
  "Agent/Configure": "hudson.model.Computer.Configure",
  "Agent/Delete": "hudson.model.Computer.Delete",
  "Job/Build": "hudson.model.Item.Build",
};

/** What goes wrong, once, with the next request to a path. */
type Fault =
  & {
    readonly path: RegExp;
    readonly method?: "GET" | "POST";
  }
  & (
    | { readonly answer: Response }
    /** The connection ends so, before or after the request has been carried out. */
    | { readonly breakage: Breakage; readonly after?: boolean }
  );

interface SeenRequest {
  readonly method: string;
  /** Below Jenkins' own path, with its query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

interface Visit extends SeenRequest {
  readonly url: URL;
  /** null: anonymous. */
  readonly user: string | null;
  /** An API token needs no crumb. */
  readonly byToken: boolean;
  readonly session: string | null;
}

export const USER = "nodepool";
export const PASSWORD = "pa55word-of-nodepool";
export const API_TOKEN = "11aa22bb33cc44dd55ee66ff7788990011";

export class JenkinsDouble {
  readonly send: Send = createSimulatorSend({
    answer: async ({ url, ...request }) => {
      const outcome = await this.answer(new Request(url, request));
      if (typeof outcome === "string") return outcome;
      const { status, headers } = outcome;
      return { status, headers: Object.fromEntries(headers), body: await outcome.bytes() };
    },
  });
  /** By name. */
  readonly agents = new Map<string, BoundAgent>();
  /** The agents on which a job runs. */
  readonly busy = new Set<string>();
  /** The agents that were removed under a job. */
  readonly killed: string[] = [];
  readonly queue: { readonly job: string; readonly parameters: Readonly<Record<string, string>> }[] = [];
  readonly requests: SeenRequest[] = [];
  quietingDown: { readonly reason: string | null } | null = null;
  loading = false;
  readonly #settings: Required<JenkinsSettings>;
  readonly #faults: Fault[] = [];
  #sessions = new Set<string>();
  #nextSession = 1;

  constructor(settings: JenkinsSettings = {}) {
    this.#settings = { path: "", crumbs: "session", lacking: [], jobs: {}, ...settings };
  }

  /** This Jenkins, as a pool has it for its target. */
  open({ name, rate, jenkins }: TargetConfig, { clock }: { clock: Clock }): JenkinsTarget {
    return new JenkinsTarget({ ...jenkins!, url: jenkins!.url!, name, rate, send: this.send, clock });
  }

  /** "POST /computer/doCreateItem": what was asked, in order. */
  get calls(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  failNext(fault: Fault): void {
    this.#faults.push(fault);
  }

  /** As a restart does: crumbs of old sessions are worth nothing any more. */
  endSessions(): void {
    this.#sessions = new Set();
  }

  async answer(request: Request): Promise<Response | Breakage> {
    const visit = await this.#visit(request);
    this.requests.push(visit);
    const fault = this.#takeFault(visit);
    if (fault !== null && "answer" in fault) return fault.answer;
    if (fault !== null && !fault.after) return fault.breakage;
    const response = this.#respond(visit);
    return fault === null ? response : fault.breakage;
  }

  async #visit(request: Request): Promise<Visit> {
    const url = new URL(request.url);
    const cookies = request.headers.get("cookie") ?? "";
    const session = cookies.match(/JSESSIONID\.\w+=([\w.]+)/)?.[1] ?? null;
    const [user = null, secret = ""] = credentials(request.headers.get("authorization"));
    return {
      url,
      method: request.method,
      path: url.pathname.slice(this.#settings.path.length) + url.search,
      headers: request.headers,
      body: await request.text(),
      user: user === null ? null : isUser(user, secret) ? user : "",
      byToken: secret === API_TOKEN,
      session: session !== null && this.#sessions.has(session) ? session : null,
    };
  }

  #takeFault({ method, path }: Visit): Fault | null {
    const index = this.#faults.findIndex((fault) =>
      fault.path.test(path) && (fault.method ?? method) === method
    );
    return index < 0 ? null : this.#faults.splice(index, 1)[0]!;
  }

  /** Jenkins' filters, in their order, then what the path leads to. */
  #respond(visit: Visit): Response {
    const { user, url } = visit;
    if (!`${url.pathname}/`.startsWith(`${this.#settings.path}/`)) return containerError(404, "Not Found");
    if (this.loading) return isLoading();
    if (user === "") {
      return containerError(
        401,
        `Invalid password/token for user: ${credentials(visit.headers.get("authorization"))[0]}`,
        {
          "www-authenticate": 'Basic realm="Jenkins"',
        },
      );
    }
    if (visit.method === "POST" && !this.#hasCrumb(visit)) {
      return containerError(403, "No valid crumb was included in the request");
    }
    if (user === null) return authenticationRequired();
    return this.#refuse(visit, "Overall/Read") ?? this.#route(visit);
  }

  #hasCrumb({ headers, byToken, session }: Visit): boolean {
    const { crumbs } = this.#settings;
    if (crumbs === "off" || byToken) return true;
    return headers.get("jenkins-crumb") === crumbOf(crumbs === "session" ? session : "any");
  }

  #refuse({ user }: Visit, right: Right): Response | null {
    return this.#settings.lacking.includes(right)
      ? accessDenied(user!, { name: right, id: RIGHT_IDS[right] })
      : null;
  }

  #route(visit: Visit): Response {
    const path = visit.path.replace(/\?.*$/, "");
    const computer = path.match(/^\/computer\/([^/]+)\/(api\/json|config\.xml|doDelete)$/);
    const job = path.match(/^((?:\/job\/[^/]+)+)\/buildWithParameters$/);
    if (path === "/api/json") return this.#root(visit);
    if (path === "/crumbIssuer/api/json") return this.#crumbIssuer(visit);
    if (path === "/computer/") return computersPage([...this.agents.keys()]);
    if (path === "/computer/api/json") return this.#computers(visit);
    if (path === "/computer/doCreateItem") return postOnly(visit) ?? this.#createAgent(visit);
    if (computer !== null) return this.#agent(visit, decodeURIComponent(computer[1]!), computer[2]!);
    if (job !== null) return postOnly(visit) ?? this.#build(visit, job[1]!);
    return containerError(404, "Not Found");
  }

  #root({ url }: Visit): Response {
    return json(pruned({
      _class: "hudson.model.Hudson",
      mode: "NORMAL",
      nodeDescription: "the Jenkins controller's built-in node",
      numExecutors: 0,
      quietDownReason: this.quietingDown?.reason ?? null,
      quietingDown: this.quietingDown !== null,
      useCrumbs: this.#settings.crumbs !== "off",
      useSecurity: true,
    }, url));
  }

  #crumbIssuer(visit: Visit): Response {
    const { crumbs } = this.#settings;
    if (crumbs === "off") return containerError(404, "Not Found");
    const session = visit.session ?? `node0${"x".repeat(8)}${this.#nextSession++}.node0`;
    const isNew = visit.session === null;
    this.#sessions.add(session);
    return json({
      _class: "hudson.security.csrf.DefaultCrumbIssuer",
      crumb: crumbOf(crumbs === "session" ? session : "any"),
      crumbRequestField: "Jenkins-Crumb",
    }, isNew ? { "set-cookie": `JSESSIONID.d5fa1a3c=${session}; Path=/; HttpOnly` } : {});
  }

  #computers({ url }: Visit): Response {
    // One that was removed is listed until its job ends.
    const names = new Set([...this.agents.keys(), ...this.busy]);
    names.delete(BUILT_IN);
    const agents = [...names].map((name) => this.#computerJson(name));
    const builtIn = {
      ...this.#computerJson(BUILT_IN),
      _class: "hudson.model.Hudson$MasterComputer",
      offline: false,
    };
    return json(pruned({
      _class: "hudson.model.ComputerSet",
      busyExecutors: 0,
      computer: [builtIn, ...agents],
      displayName: "Nodes",
      totalExecutors: 0,
    }, url));
  }

  #createAgent(visit: Visit): Response {
    const denied = this.#refuse(visit, "Agent/Create");
    if (denied !== null) return denied;
    const isForm = visit.headers.get("content-type")?.startsWith("application/x-www-form-urlencoded");
    const form = new URLSearchParams(isForm ? visit.body : visit.url.search);
    const name = form.get("name")?.trim() ?? "";
    if (name === "") return failure("Query parameter 'name' is required");
    if (/[?*/\\%!@#$^&|<>[\]:;]/.test(name) || name === "." || name === "..") {
      return failure(`‘${name.match(/[?*/\\%!@#$^&|<>[\]:;.]/)![0]}’ is an unsafe character`);
    }
    if (this.agents.has(name)) return failure(`Agent called ‘${name}’ already exists`);
    if (!/^hudson\.slaves\.DumbSlave(\$DescriptorImpl)?$/.test(form.get("type") ?? "")) return oops();
    if (form.get("json") === null) return containerError(400, "This page expects a form submission");
    try {
      this.agents.set(name, bindAgent(name, JSON.parse(form.get("json")!)));
    } catch (error) {
      if (error instanceof BindError || error instanceof SyntaxError) return oops();
      throw error;
    }
    return redirect(`${this.#address(visit)}/computer/`);
  }

  #agent(visit: Visit, name: string, page: string): Response {
    const agent = this.agents.get(name);
    if (agent === undefined) return containerError(404, "Not Found");
    if (page === "api/json") return json(pruned(this.#computerJson(name), visit.url));
    if (page === "config.xml") return this.#config(visit, agent);
    const refused = postOnly(visit) ?? this.#refuse(visit, "Agent/Delete");
    if (refused !== null) return refused;
    this.agents.delete(name);
    if (this.busy.delete(name)) this.killed.push(name);
    return redirect(`${this.#address(visit)}/computer/`);
  }

  #computerJson(name: string) {
    const isBusy = this.busy.has(name);
    return { ...computerJson(name), idle: !isBusy, offline: !isBusy };
  }

  #config(visit: Visit, agent: BoundAgent): Response {
    const denied = this.#refuse(visit, "Agent/Configure");
    if (denied !== null) return denied;
    if (visit.method === "GET") {
      return answer(agent.xml, { status: 200, headers: { "content-type": "application/xml" } });
    }
    if (!/<slave>[\s\S]*<\/slave>\s*$/.test(visit.body)) return oops();
    this.agents.set(agent.name, { ...agent, xml: visit.body });
    return answer("", { status: 200 });
  }

  #build(visit: Visit, path: string): Response {
    const job = path.split("/job/").slice(1).map(decodeURIComponent).join("/");
    const kind = this.#settings.jobs[job];
    if (kind === undefined) return containerError(404, "Not Found");
    const denied = this.#refuse(visit, "Job/Build");
    if (denied !== null) return denied;
    if (kind === "disabled") return containerError(409, `${job} is not buildable!`);
    if (kind === "plain") return oops();
    if (kind === "closed") return redirect(`${this.#address(visit)}${path}/`);
    const parameters = Object.fromEntries(visit.url.searchParams);
    const same = this.queue.findIndex((item) =>
      item.job === job && JSON.stringify(item.parameters) === JSON.stringify(parameters)
    );
    if (same < 0) this.queue.push({ job, parameters });
    const number = same < 0 ? this.queue.length : same + 1;
    return redirect(`${this.#address(visit)}/queue/item/${number}/`, same < 0 ? 201 : 303);
  }

  #address({ url }: Visit): string {
    return url.origin + this.#settings.path;
  }
}

const BUILT_IN = "Built-In Node";

function credentials(authorization: string | null): string[] {
  const encoded = authorization?.match(/^Basic (.*)$/)?.[1];
  if (encoded === undefined) return [];
  const [user, ...secret] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return [user!, secret.join(":")];
}

function isUser(user: string, secret: string): boolean {
  return user === USER && (secret === PASSWORD || secret === API_TOKEN);
}

function crumbOf(session: string | null): string {
  return session === null ? "" : Buffer.from(`${USER};127.0.0.1;${session}`).toString("hex");
}

function postOnly({ method }: Visit): Response | null {
  return method === "POST" ? null : containerError(405, "Method Not Allowed", { allow: "POST" });
}

/** A computer that nobody has connected to yet. */
function computerJson(name: string) {
  return {
    _class: "hudson.slaves.SlaveComputer",
    assignedLabels: [{ name }],
    displayName: name,
    idle: true,
    jnlpAgent: false,
    launchSupported: true,
    manualLaunchAllowed: true,
    numExecutors: 1,
    offline: true,
    offlineCauseReason: "",
    temporarilyOffline: false,
  };
}

type Pruned = { readonly [field: string]: unknown };

/** Stapler's `tree`: only the fields named, and always the class. */
function pruned(value: Pruned, url: URL): Pruned {
  const tree = url.searchParams.get("tree");
  return tree === null ? value : prune(value, parseTree(tree));
}

interface Tree {
  readonly [field: string]: Tree | null;
}

function prune(value: Pruned, tree: Tree): Pruned {
  const kept = Object.entries(value).filter(([field]) => field === "_class" || field in tree);
  return Object.fromEntries(kept.map(([field, inner]) => {
    const below = tree[field];
    if (!below) return [field, inner];
    return [field, Array.isArray(inner) ? inner.map((one) => prune(one, below)) : inner];
  }));
}

/** `a,b[c,d]`. */
function parseTree(text: string): Tree {
  const tree: Record<string, Tree | null> = {};
  for (const [, field, inner] of text.matchAll(/([^,[\]]+)(?:\[((?:[^[\]]|\[[^[\]]*\])*)\])?/g)) {
    tree[field!] = inner === undefined ? null : parseTree(inner);
  }
  return tree;
}
