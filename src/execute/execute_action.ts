/** One attempt at an action on a node: which function does it, and with what. The executor calls it. */
import type { Config, ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import { afterLogin, afterPreparation } from "../domain/hand_over.ts";
import type { NodeRecord } from "../domain/node.ts";
import { floatingIpDescription } from "../domain/server_marks.ts";
import type { Clock } from "../lib/clock.ts";
import type { Action } from "../plan/action.ts";
import { chooseNetworks, isUnclear } from "../plan/choose_networks.ts";
import type { Shell } from "../ssh/shell.ts";
import type { Ledger } from "../store/ledger.ts";
import { executeCreateServer, serverRequest } from "./create_server.ts";
import { credentialsFor } from "./credentials.ts";
import { executeDeleteServer } from "./delete_server.ts";
import { executeCreateFloatingIp, executeDeleteFloatingIp } from "./floating_ip.ts";
import { executeGiveUp } from "./give_up.ts";
import type { NodeGroup } from "./group_files.ts";
import { type TargetAccess, tellTarget } from "./hand_over.ts";
import { executeLogin } from "./login.ts";
import type { Outcome } from "./outcome.ts";
import { executePrepareNode } from "./prepare_node.ts";
import type { ScriptOutputs } from "./remote_script.ts";
import type { Cloud } from "../cloud/cloud.ts";
import type { CloudError } from "../domain/cloud_error.ts";
import type { Observation } from "../domain/observation.ts";
import type { Deletions } from "./deletions.ts";

export interface ActionDeps {
  readonly ledger: Ledger;
  readonly shell: Shell;
  readonly clock: Clock;
  /** null: nodes of that target are only used from here. */
  readonly target: (name: string) => TargetAccess | null;
  readonly readKey: (path: string) => Promise<string>;
  readonly makeKeypair: () => Promise<NodeGroup["key"]>;
  /** The variables of the daemon's environment that scripts are given. */
  readonly scriptVariables: () => Readonly<Record<string, string>>;
  /** Decides what becomes of a node whose job has ended, and stores it. */
  readonly endJob: (nodeId: number) => Promise<void>;
}

/** Where an action is carried out. */
export interface ActionSite {
  readonly deps: ActionDeps;
  /** Of scripts as they run. */
  readonly outputs: ScriptOutputs;
  readonly access: ProviderAccess;
  readonly provider: ProviderConfig;
  /** In force when it began. */
  readonly config: Config;
  readonly signal: AbortSignal;
}

/** Makes one attempt. Intent that must outlive a crash has been stored before; the caller stores the outcome. */
export async function executeAction(action: Action, at: ActionSite): Promise<Outcome> {
  const { deps: { clock, ledger, endJob, target }, access: { cloud, deletions }, provider, signal } = at;
  const { node } = action;
  const how = { cloud, deletions, clock, signal };
  const image = provider.images.find(({ name }) => name === node.image);
  switch (action.type) {
    case "create-server": {
      const request = requestFor(node, { ...at, image });
      return typeof request === "string"
        ? refused(request, clock.now())
        : await executeCreateServer(request, how);
    }
    case "delete-server":
      return await executeDeleteServer(action, how);
    case "create-floating-ip": {
      const { installation, lineage } = ledger;
      const description = floatingIpDescription(installation.id, node.id, lineage.runOf("node", node.id));
      return await executeCreateFloatingIp(action, { ...how, description });
    }
    case "delete-floating-ip":
      return await executeDeleteFloatingIp(action, how);
    case "give-up":
      return await executeGiveUp(action.failure, how);
    case "end-job":
      await endJob(node.id);
      return { event: null };
    case "login":
    case "prepare-node":
      return image === undefined
        ? unconfigured("login", node, clock.now())
        : await logIn(action, { ...at, image });
    default: {
      const access = target(node.target);
      if (access === null) return unconfigured("target", node, clock.now());
      const telling = { access, clock, signal };
      if (action.type !== "assign-node") return await tellTarget(action, telling);
      return image === undefined
        ? unconfigured("login", node, clock.now())
        : await tellTarget({ ...action, image }, telling);
    }
  }
}

function logIn(
  action: Action & { type: "login" | "prepare-node" },
  { deps: given, outputs, config, provider, image, signal }: Omit<ActionSite, "access"> & {
    image: ProviderImageConfig;
  },
): Promise<Outcome> {
  const { clock, shell, readKey, ledger, makeKeypair, scriptVariables } = given;
  const credentials = credentialsFor(action.node, { image, images: ledger.images, readKey });
  const deps = { shell, clock, signal, provider, image, credentials, makeKeypair };
  if (action.type === "login") {
    return executeLogin(action, { ...deps, next: afterLogin(action.node, config) });
  }
  return executePrepareNode(action, {
    ...deps,
    scriptDir: config.scriptDir,
    variables: scriptVariables(),
    outputs,
    next: afterPreparation(action.node, config),
  });
}

function requestFor(
  node: NodeRecord,
  { deps: { ledger }, access, provider, image }: Pick<ActionSite, "deps" | "access" | "provider"> & {
    image: ProviderImageConfig | undefined;
  },
) {
  if (image === undefined) {
    return `the configuration no longer has image ${node.image} for ${node.provider}`;
  }
  const networks = chooseNetworks(provider, access.observation.catalog);
  if (isUnclear(networks)) return `${provider.name}: ${networks.message}`;
  return serverRequest(node, {
    provider,
    image,
    networkIds: networks.map(({ id }) => id),
    installation: ledger.installation.id,
    run: ledger.lineage.runOf("node", node.id),
    providerImage: ledger.images.get(node.providerImageId ?? -1) ?? null,
  });
}

function refused(error: string, at: number): Outcome {
  const evidence = { at, error, kind: "nodepool", requestId: null, fault: null, console: null };
  return { event: { type: "refused", result: "failed", evidence } };
}

/** The configuration was read between the plan and its action; or it names a target that cannot be connected to. */
function unconfigured(reason: "login" | "target", { image, provider, target }: NodeRecord, now: number) {
  const message = reason === "login"
    ? `the configuration no longer has image ${image} for ${provider}`
    : `there is no connection to target ${target}; check its settings, and gearman-servers where it uses them`;
  return { event: { type: "postponed", until: now + 10_000, waitingOn: { reason, message } } } as const;
}

export interface ProviderAccess {
  readonly cloud: Cloud;
  readonly deletions: Deletions;
  readonly observation: Observation;
  noteAccepted(flavorId: string): void;
  noteRefusal(error: CloudError, flavorId: string): void;
  noteCatalogWrong(): void;
}
