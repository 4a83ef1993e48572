/**
 * One attempt each at what a node's target is to know of it: that it is there, that it is to be tested, that it may be
 * used, that it is used, that it is gone. A Jenkins is told itself; behind Gearman, a manager is.
 */
import type { ProviderImageConfig, TargetConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { SECOND } from "../domain/time.ts";
import { waitFor } from "../lib/in_flight.ts";
import { loggerOf } from "../lib/logging.ts";
import { targetPause } from "../plan/phases/assign.ts";
import type { AgentRequest, Target } from "../targets/target.ts";
import { TargetError, type TargetErrorKind } from "../targets/target_error.ts";
import type { Gearman } from "../demand/gearman/gearman.ts";
import { type AttemptDeps, type Outcome, postponed } from "./outcome.ts";

/** How a target is reached. */
export type TargetAccess =
  | { readonly type: "jenkins"; readonly target: Target; readonly config: TargetConfig }
  | {
    readonly type: "gearman";
    readonly gearman: Pick<Gearman, "assign" | "revoke">;
    readonly config: TargetConfig;
  };

export interface HandOverDeps extends AttemptDeps {
  readonly access: TargetAccess;
}

const log = loggerOf("node");

/** A manager may have to make an agent of it first. */
const ASSIGN_TIMEOUT = 60 * SECOND;

export async function executeAssign(
  node: NodeRecord,
  { image, ...deps }: HandOverDeps & { image: ProviderImageConfig },
): Promise<Outcome> {
  return await attempt(node, deps, async () => {
    const { access, signal } = deps;
    if (access.type === "gearman") {
      const { name } = access.config;
      const { manager } = await access.gearman.assign(name, {
        name: node.nodename,
        host: node.addresses?.login ?? "",
        description: descriptionOf(node),
        labels: node.label,
        root: image.userHome,
      }, { timeout: ASSIGN_TIMEOUT, signal });
      return { event: { type: "assigned", manager, next: "ready" } };
    }
    const testJob = access.config.jenkins?.testJob ?? null;
    const request = agentRequest(node, { image, label: testJob === null ? node.label : null });
    // One of that name that is there already may lead elsewhere.
    if (await access.target.createAgent(request, { signal }) === "exists") {
      await access.target.deleteAgent(node.nodename, { signal });
      await access.target.createAgent(request, { signal });
    }
    return {
      event: { type: "assigned", manager: access.config.name, next: testJob === null ? "ready" : "test" },
    };
  });
}

export async function executeStartTest(
  { node, job }: { node: NodeRecord; job: string },
  deps: HandOverDeps,
): Promise<Outcome> {
  return await attempt(node, deps, async () => {
    await jenkins(deps).startJob(job, { parameters: { NODE: node.nodename }, signal: deps.signal });
    return {
      event: { type: "waiting", waitingOn: { reason: "target", message: `the test-job ${job} runs on it` } },
    };
  });
}

export async function executeRelabel(node: NodeRecord, deps: HandOverDeps): Promise<Outcome> {
  return await attempt(node, deps, async () => {
    await jenkins(deps).relabelAgent(node.nodename, { label: node.label, signal: deps.signal });
    return { event: { type: "tested" } };
  });
}

/** Refusals that will not be other the next time: the agent keeps its label. */
const FINAL: ReadonlySet<TargetErrorKind> = new Set([
  "notFound",
  "unauthorized",
  "badRequest",
  "badResponse",
]);

export async function executeClose(node: NodeRecord, deps: HandOverDeps): Promise<Outcome> {
  return await attempt(node, deps, async () => {
    try {
      await jenkins(deps).relabelAgent(node.nodename, { label: "", signal: deps.signal });
    } catch (error) {
      if (!(error instanceof TargetError) || !FINAL.has(error.kind)) throw error;
      const fields = { node: node.id, target: node.target, reason: error.message };
      log.warning("target {target} may give node {node} a second job: {reason}", fields);
    }
    return { event: { type: "closed" } };
  });
}

export async function executeUnassign(node: NodeRecord, deps: HandOverDeps): Promise<Outcome> {
  return await attempt(node, deps, async () => {
    const { access, signal } = deps;
    if (access.type === "jenkins") await access.target.deleteAgent(node.nodename, { signal });
    else if (node.manager !== null) await access.gearman.revoke(node.manager, node.nodename, { signal });
    return { event: { type: "unassigned" } };
  });
}

async function attempt(
  node: NodeRecord,
  { clock, signal }: AttemptDeps,
  tell: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await waitFor(`the target ${node.target}`, tell);
  } catch (error) {
    return postponed(error, { clock, signal, reason: "target", pause: targetPause(node) });
  }
}

function jenkins({ access }: HandOverDeps): Target {
  if (access.type === "jenkins") return access.target;
  throw new Error(`target ${access.config.name} is not a Jenkins that tests nodes`);
}

function descriptionOf({ label }: NodeRecord): string {
  return `Dynamic single use ${label} node`;
}

function agentRequest(
  node: NodeRecord,
  { image, label }: { image: ProviderImageConfig; label: string | null },
): AgentRequest {
  return {
    name: node.nodename,
    description: descriptionOf(node),
    label,
    remoteFolder: image.userHome,
    host: node.addresses?.login ?? "",
    port: image.connectionPort,
    username: image.username,
    privateKey: image.privateKey,
    hostKeys: node.hostKeys,
  };
}
