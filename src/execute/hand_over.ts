/**
 * One attempt each to tell a node's target what it must know: that the node exists, is to be tested, may be used, is
 * used, is gone. A Jenkins is told directly; behind Gearman, a manager is told.
 */
import type { ProviderImageConfig, TargetConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { NodeEvent } from "../domain/node_transition.ts";
import { SECOND } from "../domain/time.ts";
import { waitFor } from "../lib/in_flight.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Action } from "../plan/action.ts";
import { targetPause } from "../plan/phases/assign.ts";
import type { AgentCall, AgentRequest, Target } from "../targets/target.ts";
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

/** An action, and for a node that is handed over the image that it was booted from. */
type Telling =
  | Extract<Action, { type: "start-test" | "relabel-agent" | "close-agent" | "unassign-node" }>
  | (Extract<Action, { type: "assign-node" }> & { readonly image: ProviderImageConfig });

const log = loggerOf("node");

/** A manager may have to make an agent of it first. */
const ASSIGN_TIMEOUT = 60 * SECOND;

/** Refusals that will not be other the next time: the agent keeps its label. */
const FINAL: ReadonlySet<TargetErrorKind> = new Set([
  "notFound",
  "unauthorized",
  "badRequest",
  "badResponse",
]);

export async function tellTarget(telling: Telling, deps: HandOverDeps): Promise<Outcome> {
  const { node } = telling;
  try {
    return { event: await waitFor(`the target ${node.target}`, () => tell(telling, deps)) };
  } catch (error) {
    return { event: postponed(error, { ...deps, reason: "target", pause: targetPause(node) }) };
  }
}

async function tell(telling: Telling, { access, signal }: HandOverDeps): Promise<NodeEvent> {
  const { node } = telling;
  // Where its agent leads.
  const host = node.addresses?.login;
  switch (telling.type) {
    case "assign-node":
      return await assign(node, { image: telling.image, access, signal });
    case "start-test": {
      const { job } = telling;
      await jenkins(access).startJob(job, { parameters: { NODE: node.nodename }, signal });
      return { type: "waiting", waitingOn: { reason: "target", message: `the test-job ${job} runs on it` } };
    }
    case "relabel-agent":
      await jenkins(access).relabelAgent(node.nodename, { label: node.label, host, signal });
      return { type: "tested" };
    case "close-agent":
      return await close(node, { host, target: jenkins(access), signal });
    case "unassign-node":
      if (access.type === "gearman") {
        if (node.manager !== null) await access.gearman.revoke(node.manager, node.nodename, { signal });
      } else if (telling.whenIdle) {
        const why = node.comment ?? "it is to be deleted";
        await removeIdleAgent(node, { why, host, target: access.target, signal });
      } else await access.target.deleteAgent(node.nodename, { host, signal });
      return { type: "unassigned" };
  }
}

async function assign(
  node: NodeRecord,
  { image, access, signal }: Omit<HandOverDeps, "clock"> & { image: ProviderImageConfig },
): Promise<NodeEvent> {
  const host = node.addresses?.login ?? "";
  const description = `Dynamic single use ${node.label} node`;
  const agent = { name: node.nodename, host, description };
  if (access.type === "gearman") {
    const { name } = access.config;
    const facts = { ...agent, labels: node.label, root: image.userHome };
    const { manager } = await access.gearman.assign(name, facts, { timeout: ASSIGN_TIMEOUT, signal });
    return { type: "assigned", manager, next: "ready" };
  }
  const testJob = access.config.jenkins?.testJob ?? null;
  const request: AgentRequest = {
    ...agent,
    label: testJob === null ? node.label : null,
    remoteFolder: image.userHome,
    port: image.connectionPort,
    username: image.username,
    privateKey: image.privateKey,
    hostKeys: node.hostKeys,
  };
  // One of that name that is there already may lead elsewhere.
  if (await access.target.createAgent(request, { signal }) === "exists") {
    const why = "another agent already has that name";
    await removeIdleAgent(node, { why, host: undefined, target: access.target, signal });
    await access.target.createAgent(request, { signal });
  }
  return { type: "assigned", manager: access.config.name, next: testJob === null ? "ready" : "test" };
}

/** Removes an agent that gets no more jobs, and on which none runs. @throws Error, with the reason, where one does */
async function removeIdleAgent(
  node: NodeRecord,
  { why, host, target, signal }: AgentCall & { target: Target; why: string },
): Promise<void> {
  const { id, nodename, target: name } = node;
  await close(node, { host, target, signal });
  if (!await target.isIdle(nodename, { host, signal })) {
    const advice = `to end it now, \`nodepool delete ${id}\``;
    throw new Error(`${why}; a job runs on agent ${nodename} on target ${name} and ends first: ${advice}`);
  }
  await target.deleteAgent(nodename, { host, signal });
}

async function close(
  node: NodeRecord,
  { host, target, signal }: AgentCall & { target: Target },
): Promise<NodeEvent> {
  try {
    await target.relabelAgent(node.nodename, { label: "", host, signal });
    return { type: "closed" };
  } catch (error) {
    if (!(error instanceof TargetError) || !FINAL.has(error.kind)) throw error;
    const fields = { node: node.id, target: node.target, reason: error.message };
    log.warning("target {target} may give node {node} a second job: {reason}", fields);
    return { type: "closed", isRefused: true };
  }
}

function jenkins(access: TargetAccess): Target {
  if (access.type === "jenkins") return access.target;
  throw new Error(`target ${access.config.name} is not a Jenkins that tests nodes`);
}
