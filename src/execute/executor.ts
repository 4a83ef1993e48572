/**
 * Carries out the actions of a plan: one attempt each, side by side, and stores what each came to. It decides
 * nothing and repeats nothing; whatever did not work is in the next plan again. The tick hands it actions, and is
 * woken by each outcome.
 */
import type { Cloud } from "../cloud/cloud.ts";
import type { CloudError } from "../domain/cloud_error.ts";
import type { Config, ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { NodeGroup } from "./group_files.ts";
import { isAsDecided } from "../domain/is_as_decided.ts";
import { aboutNode } from "../domain/waiting_work.ts";
import { IllegalTransitionError, type NodeEvent, transition } from "../domain/node_transition.ts";
import type { Observation } from "../domain/observation.ts";
import { floatingIpDescription } from "../domain/server_marks.ts";
import { type Instant, type Milliseconds, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { type Action, actionKey, type ActionType, nodeKey } from "../plan/action.ts";
import { chooseNetworks, isUnclear } from "../plan/choose_networks.ts";
import { afterLogin, afterPreparation } from "../plan/after_login.ts";
import type { Shell } from "../ssh/shell.ts";
import type { Ledger, LedgerChange } from "../store/ledger.ts";
import { credentialsFor } from "./credentials.ts";
import { Attempts } from "./attempts.ts";
import { executeCreateServer, serverRequest } from "./create_server.ts";
import { executeDeleteServer, serverOrder } from "./delete_server.ts";
import type { Deletions } from "./deletions.ts";
import { executeCreateFloatingIp, executeDeleteFloatingIp } from "./floating_ip.ts";
import { executeGiveUp } from "./give_up.ts";
import {
  executeAssign,
  executeRelabel,
  executeStartTest,
  executeUnassign,
  type HandOverDeps,
  type TargetAccess,
} from "./hand_over.ts";
import { executeLogin } from "./login.ts";
import type { CloudVerdict, Outcome } from "./outcome.ts";
import { executePrepareNode } from "./prepare_node.ts";
import { ScriptOutputs } from "./script_outputs.ts";
import { recordHostKeys, recordNode } from "../rules/record_node.ts";

/** A provider's cloud, and what the executor tells of it. */
export interface ProviderAccess {
  readonly cloud: Cloud;
  readonly deletions: Deletions;
  readonly observation: Observation;
  noteAccepted(flavorId: string): void;
  noteRefusal(error: CloudError, flavorId: string): void;
  noteCatalogWrong(): void;
}

interface ExecutorDeps {
  readonly ledger: Ledger;
  readonly shell: Shell;
  readonly clock: Clock;
  /** null: the provider is not configured any more. */
  readonly provider: (name: string) => ProviderAccess | null;
  /** null: nodes of that target are only used from here. */
  readonly target: (name: string) => TargetAccess | null;
  readonly readKey: (path: string) => Promise<string>;
  readonly makeKeypair: () => Promise<NodeGroup["key"]>;
  /** The variables of the daemon's environment that scripts are given. */
  readonly scriptVariables: () => Readonly<Record<string, string>>;
  /** Decides what becomes of a node whose job has ended, and stores it. */
  readonly endJob: (nodeId: number) => Promise<void>;
  /** Called after each outcome. */
  readonly wake: () => void;
  /** An attempt that broke in a way nobody foresaw. */
  readonly onDefect: (action: Action, error: unknown) => void;
  /** Told when an attempt begins and ends to wait for what is outside of this process. */
  readonly onWait?: { begin(nodeId: number, now: Instant): void; end(nodeId: number, now: Instant): void };
}

/** Attempts of a kind at once for each provider. Requests queue at its rate limit; logins cost CPU and may hang. */
const PLACES: Readonly<Record<ActionType, number>> = {
  "create-server": 16,
  "delete-server": 16,
  "create-floating-ip": 8,
  "delete-floating-ip": 8,
  "login": 48,
  "prepare-node": 16,
  "assign-node": 8,
  "start-test": 8,
  "relabel-agent": 8,
  "end-job": 16,
  "unassign-node": 8,
  "give-up": 8,
};

/**
 * Actions that may take as long as boot-timeout or a script keep their place for this long: after that they only
 * wait.
 */
const PLACE_TIME: Readonly<Partial<Record<ActionType, Milliseconds>>> = {
  "login": 5 * SECOND,
  "prepare-node": 5 * SECOND,
};

/** Where the actions of one provider are carried out. */
interface ProviderSite {
  readonly access: ProviderAccess;
  readonly provider: ProviderConfig;
  /** It has just refused a server: one at a time finds out whether it still does. */
  readonly isRefusing: boolean;
}

/** Where an action is carried out. */
interface AttemptSite extends Omit<ProviderSite, "isRefusing"> {
  /** In force when it began. */
  readonly config: Config;
  readonly signal: AbortSignal;
}

export class Executor implements AsyncDisposable {
  readonly #deps: ExecutorDeps;
  readonly #attempts: Attempts;
  readonly #creating = new Set<number>();
  readonly #outputs = new ScriptOutputs();
  readonly #subscription: Disposable;

  constructor(deps: ExecutorDeps) {
    this.#deps = deps;
    this.#attempts = new Attempts(deps);
    this.#subscription = deps.ledger.subscribe((change) => this.#endDeleted(change));
  }

  /** Ids of nodes whose server is being asked for. */
  get creating(): ReadonlySet<number> {
    return this.#creating;
  }

  /** The output so far of the script that runs on the node; null: none runs. */
  scriptOutput(nodeId: number): string | null {
    return this.#outputs.read(nodeId);
  }

  /** Attempts under way and places, by provider and kind. */
  get lanes(): Attempts["lanes"] {
    return this.#attempts.lanes;
  }

  /** Starts what is not under way yet and finds a place; the rest is left to a later plan. */
  dispatch(actions: readonly Action[], config: Config): void {
    const sites = new Map<string, ProviderSite | null>();
    for (const action of actions) {
      try {
        const name = action.node.provider;
        const site = sites.get(name) ?? this.#siteOf(name, config);
        sites.set(name, site);
        if (site !== null) this.#start(action, { config, ...site });
      } catch (error) {
        this.#deps.onDefect(action, error);
      }
    }
  }

  /** Waits until every attempt under way has been stored. */
  async settled(): Promise<void> {
    await this.#attempts.settled();
  }

  /** The same but for logins, which may take long and are simply tried again. */
  async settledButLogins(): Promise<void> {
    await this.#attempts.settled((what) => what !== "login");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    await this.#attempts[Symbol.asyncDispose]();
  }

  /** null: nothing is done there. */
  #siteOf(name: string, { providers }: Config): ProviderSite | null {
    const access = this.#deps.provider(name);
    const provider = providers.find((one) => one.name === name);
    if (access === null || provider === undefined) return null;
    const { frozen, refusal } = access.observation;
    return frozen === null ? { access, provider, isRefusing: refusal !== null } : null;
  }

  #start(action: Action, { isRefusing, ...site }: ProviderSite & { readonly config: Config }): void {
    const isProbe = action.type === "create-server" && isRefusing;
    const placeTime = PLACE_TIME[action.type];
    this.#attempts.start({
      work: { what: action.type, about: aboutNode(action.node) },
      key: actionKey(action),
      lane: `${site.provider.name} ${action.type}`,
      places: isProbe ? 1 : PLACES[action.type],
      ...(placeTime === undefined ? {} : { placeTime }),
      run: (signal) => this.#creatingServer(action, () => this.#attempt(action, { ...site, signal })),
      onDefect: (error) => this.#deps.onDefect(action, error),
    });
  }

  /** Nobody waits for a login to a server that is to be deleted. */
  #endDeleted({ nodes }: LedgerChange): void {
    for (const { previous, next } of nodes) {
      if (previous === null || (next !== null && stateName(next) !== "delete")) continue;
      for (const type of ["login", "prepare-node"] as const) {
        this.#attempts.cancel(nodeKey(type, previous.id), DELETED);
      }
    }
  }

  /** While a server is being asked for, nothing is concluded from its not being listed. */
  async #creatingServer({ type, node }: Action, run: () => Promise<void>): Promise<void> {
    if (type !== "create-server") return await run();
    this.#creating.add(node.id);
    try {
      await run();
    } finally {
      this.#creating.delete(node.id);
    }
  }

  async #attempt(action: Action, at: AttemptSite): Promise<void> {
    const node = await this.#announce(action, at);
    if (node === null) return;
    const outcome = await this.#waiting(node.id, () => this.#execute({ ...action, node }, at));
    this.#tell(at.access, { verdict: outcome.cloud, flavorId: node.flavorId });
    if (outcome.event === "ended") await this.#end(action.node.id);
    else if (outcome.event !== null) await this.#store(action, { event: outcome.event, config: at.config });
  }

  /**
   * Writes down what is about to be done where that must be known after a crash: that a server is asked for or
   * deleted, that a node is registered with a target. null where the node is no longer as the plan had it: then the
   * next plan says what is right.
   */
  async #announce(action: Action, { access }: AttemptSite): Promise<NodeRecord | null> {
    const { ledger, clock } = this.#deps;
    const { type, node: { id } } = action;
    const asPlanned = (node: NodeRecord | null) => node && isAsDecided(action.node, node) ? node : null;
    const event = willBeSent(action, access) ? ANNOUNCEMENTS[type] : undefined;
    if (event === undefined) return asPlanned(ledger.nodes.get(id) ?? null);
    return await ledger.edit((edit) => {
      const node = asPlanned(edit.node(id));
      if (node === null) return null;
      const next = transition(node, event, clock.now());
      edit.putNode(next);
      return next;
    });
  }

  async #waiting<Result>(nodeId: number, wait: () => Promise<Result>): Promise<Result> {
    const { clock, onWait } = this.#deps;
    onWait?.begin(nodeId, clock.now());
    try {
      return await wait();
    } finally {
      onWait?.end(nodeId, clock.now());
    }
  }

  /** A node that still has subnodes ends with the last of them. */
  async #end(id: number): Promise<void> {
    await this.#deps.ledger.edit((edit) => {
      const node = edit.node(id);
      if (node?.state.phase !== "delete-address") return;
      const hasSubnodes = node.subnodeCount > 0 && edit.nodes().some(({ parentId }) => parentId === id);
      if (hasSubnodes) edit.putNode({ ...node, floatingIp: null });
      else edit.removeNode(id);
    });
  }

  #execute(action: Action, at: AttemptSite): Promise<Outcome> {
    const { clock, ledger } = this.#deps;
    const { cloud, deletions } = at.access;
    const { signal } = at;
    const image = at.provider.images.find(({ name }) => name === action.node.image);
    switch (action.type) {
      case "create-server": {
        const request = this.#serverRequest(action.node, { ...at, image });
        if (typeof request !== "string") return executeCreateServer(request, { cloud, clock, signal });
        return Promise.resolve(refused(request, clock.now()));
      }
      case "delete-server":
        return executeDeleteServer(action, { deletions, clock, signal });
      case "create-floating-ip":
        return executeCreateFloatingIp(action, {
          cloud,
          clock,
          signal,
          description: floatingIpDescription(
            ledger.installation.id,
            action.node.id,
            ledger.lineage.runOf("node", action.node.id),
          ),
        });
      case "delete-floating-ip":
        return executeDeleteFloatingIp(action, { deletions, clock, signal });
      case "give-up":
        return executeGiveUp(action.failure, { cloud, clock, signal });
      case "login":
      case "prepare-node":
        return image === undefined
          ? Promise.resolve(unconfigured("login", action.node, clock.now()))
          : this.#logIn(action, { ...at, image });
      case "end-job":
        return this.#deps.endJob(action.node.id).then(() => ({ event: null }));
      case "assign-node":
      case "start-test":
      case "relabel-agent":
      case "unassign-node": {
        const access = this.#deps.target(action.node.target);
        if (access === null) return Promise.resolve(unconfigured("target", action.node, clock.now()));
        return this.#handOver(action, { access, clock, signal, image });
      }
    }
  }

  #logIn(
    action: Action & { type: "login" | "prepare-node" },
    { config, provider, image, signal }: Omit<AttemptSite, "access"> & { image: ProviderImageConfig },
  ): Promise<Outcome> {
    const { clock, shell, readKey, ledger, makeKeypair, scriptVariables } = this.#deps;
    const credentials = credentialsFor(action.node, { image, images: ledger.images, readKey });
    const deps = { shell, clock, signal, provider, image, credentials, makeKeypair };
    if (action.type === "login") {
      return executeLogin(action, { ...deps, next: afterLogin(action.node, config) });
    }
    return executePrepareNode(action, {
      ...deps,
      scriptDir: config.scriptDir,
      variables: scriptVariables(),
      outputs: this.#outputs,
      next: afterPreparation(action.node, config),
    });
  }

  #handOver(
    action: Action & { type: "assign-node" | "start-test" | "relabel-agent" | "unassign-node" },
    { image, ...deps }: HandOverDeps & { image: ProviderImageConfig | undefined },
  ): Promise<Outcome> {
    switch (action.type) {
      case "assign-node":
        return image === undefined
          ? Promise.resolve(unconfigured("login", action.node, deps.clock.now()))
          : executeAssign(action.node, { ...deps, image });
      case "start-test":
        return executeStartTest(action, deps);
      case "relabel-agent":
        return executeRelabel(action.node, deps);
      case "unassign-node":
        return executeUnassign(action.node, deps);
    }
  }

  #serverRequest(
    node: NodeRecord,
    { access, provider, image }: {
      access: ProviderAccess;
      provider: ProviderConfig;
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
      installation: this.#deps.ledger.installation.id,
      run: this.#deps.ledger.lineage.runOf("node", node.id),
      providerImage: this.#deps.ledger.images.get(node.providerImageId ?? -1) ?? null,
    });
  }

  #tell(
    access: ProviderAccess,
    { verdict, flavorId }: { verdict: CloudVerdict | undefined; flavorId: string },
  ): void {
    if (verdict?.type === "accepts") access.noteAccepted(flavorId);
    if (verdict?.type === "refuses") access.noteRefusal(verdict.error, flavorId);
    if (verdict?.type === "catalog-wrong") access.noteCatalogWrong();
  }

  /** An outcome that comes too late for the state its node is in by now changes nothing. */
  async #store(
    { node }: Action,
    { event, config }: { event: NodeEvent; config: Config },
  ): Promise<void> {
    const now = this.#deps.clock.now();
    try {
      await this.#deps.ledger.edit((edit) => {
        const previous = edit.node(node.id);
        if (previous === null) return;
        // Legal in any phase, but meant for the one it was decided in: a node held meanwhile stays held.
        const concernsPhase = event.type === "delete" || event.type === "postponed";
        if (concernsPhase && previous.state.phase !== node.state.phase) return;
        const next = transition(previous, event, now);
        recordNode(edit, { previous, next, config, now });
        if (event.type === "prepared") recordHostKeys(edit, { parent: node, shown: event.hostKeys });
      });
    } catch (error) {
      if (!(error instanceof IllegalTransitionError)) throw error;
    }
  }
}

const DELETED = new Error("the node is being deleted");

/** Events that are stored before an attempt. */
const ANNOUNCEMENTS: Readonly<Partial<Record<ActionType, NodeEvent>>> = {
  "create-server": { type: "sending" },
  "delete-server": { type: "deleting" },
  "assign-node": { type: "assigning" },
  "start-test": { type: "testing" },
};

/** A server that may not be deleted now can still be held: that it was asked for must not be written down. */
function willBeSent(action: Action, { deletions }: ProviderAccess): boolean {
  return action.type !== "delete-server" || deletions.refusalOf(serverOrder(action)) === null;
}

function refused(error: string, at: number): Outcome {
  const evidence = { at, error, kind: "nodepool", requestId: null, fault: null, console: null };
  return { event: { type: "refused", result: "failed", evidence } };
}

/** The configuration was read between the plan and its action. */
function unconfigured(reason: "login" | "target", { image, provider, target }: NodeRecord, now: number) {
  const what = reason === "login" ? `image ${image} for ${provider}` : `target ${target} to hand nodes to`;
  const message = `the configuration no longer has ${what}`;
  return { event: { type: "postponed", until: now + 10_000, waitingOn: { reason, message } } } as const;
}
