/**
 * Carries out the actions of a plan: one attempt each, side by side, and stores what each came to. It decides
 * nothing and repeats nothing; whatever did not work is in the next plan again. The tick hands it actions, and is
 * woken by each outcome.
 */
import type { Config } from "../domain/config.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import { aboutNode } from "../domain/waiting_work.ts";
import type { NodeEvent } from "../domain/node_transition.ts";
import { type Instant, type Milliseconds, SECOND } from "../domain/time.ts";
import { type Action, actionKey, type ActionType, nodeKey } from "../plan/action.ts";
import type { LedgerChange } from "../store/ledger.ts";
import { Attempts } from "./attempts.ts";
import { serverOrder } from "./delete_server.ts";
import { type ActionDeps, type ActionSite, executeAction, type ProviderAccess } from "./execute_action.ts";
import { announce, NODES, storeOutcome } from "./recording.ts";
import { ScriptOutputs } from "./remote_script.ts";
import { recordHostKeys, recordNode } from "../rules/record_node.ts";

interface ExecutorDeps extends ActionDeps {
  /** null: the provider is not configured any more. */
  readonly provider: (name: string) => ProviderAccess | null;
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
  "close-agent": 8,
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
interface ProviderSite extends Pick<ActionSite, "access" | "provider"> {
  /** It has just refused a server: one at a time finds out whether it still does. */
  readonly isRefusing: boolean;
}

export class Executor implements AsyncDisposable {
  readonly #deps: ExecutorDeps;
  readonly #attempts: Attempts;
  /** Ids of nodes whose server is being asked for. */
  readonly creating = new Set<number>();
  readonly #outputs = new ScriptOutputs();
  readonly #subscription: Disposable;

  constructor(deps: ExecutorDeps) {
    this.#deps = deps;
    this.#attempts = new Attempts(deps);
    this.#subscription = deps.ledger.subscribe((change) => this.#endDeleted(change));
  }

  /** The output so far of the script that runs on the node; null: none runs. */
  scriptOutput(nodeId: number): string | null {
    return this.#outputs.read(nodeId);
  }

  /** Attempts in progress and places, by provider and kind. */
  get lanes(): Attempts["lanes"] {
    return this.#attempts.lanes;
  }

  /** Starts what is not in progress yet and finds a place; the rest is left to a later plan. */
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

  /** Waits until the attempts in progress have been stored whose work fits. */
  async settled(fits?: (what: string) => boolean): Promise<void> {
    await this.#attempts.settled(fits);
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
    const changesAgent = action.type === "unassign-node" || action.type === "close-agent";
    if (changesAgent && this.#isBeingAssigned(action.node)) return;
    const isProbe = action.type === "create-server" && isRefusing;
    const own = { deps: this.#deps, outputs: this.#outputs };
    this.#attempts.start({
      work: { what: action.type, about: aboutNode(action.node) },
      key: actionKey(action),
      lane: `${site.provider.name} ${action.type}`,
      places: isProbe ? 1 : PLACES[action.type],
      placeTime: PLACE_TIME[action.type],
      run: (signal) => this.#attempt(action, { ...site, signal, ...own }),
      onDefect: (error) => this.#deps.onDefect(action, error),
    });
  }

  /**
   * A target that is still taking a node would be asked to forget it first, and then keep it; and an agent that has lost
   * its label already would be taken for another one of that name, and removed under its job.
   */
  #isBeingAssigned({ id }: NodeRecord): boolean {
    return this.#attempts.isRunning(nodeKey("assign-node", id));
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

  async #attempt(action: Action, at: ActionSite): Promise<void> {
    using creating = new DisposableStack();
    if (action.type === "create-server") {
      // While a server is being asked for, nothing is concluded from its not being listed.
      this.creating.add(action.node.id);
      creating.defer(() => this.creating.delete(action.node.id));
    }
    const event = willBeSent(action, at.access) ? ANNOUNCEMENTS[action.type] ?? null : null;
    const node = await announce(NODES, { planned: action.node, event }, this.#deps);
    if (node === null) return;
    const { onWait, clock } = this.#deps;
    onWait?.begin(node.id, clock.now());
    const { event: came, cloud: verdict } = await executeAction({ ...action, node }, at)
      .finally(() => onWait?.end(node.id, clock.now()));
    if (verdict?.type === "accepts") at.access.noteAccepted(node.flavorId);
    if (verdict?.type === "refuses") at.access.noteRefusal(verdict.error, node.flavorId);
    if (verdict?.type === "catalog-wrong") at.access.noteCatalogWrong();
    if (came === "ended") await this.#end(action.node.id);
    else if (came !== null) await this.#store(action, { event: came, config: at.config });
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

  async #store(
    { node: planned }: Action,
    { event, config }: { event: NodeEvent; config: Config },
  ): Promise<void> {
    await storeOutcome(NODES, {
      planned,
      event,
      record(edit, change) {
        recordNode(edit, { ...change, config });
        if (event.type === "prepared") recordHostKeys(edit, { parent: planned, shown: event.hostKeys });
      },
    }, this.#deps);
  }
}

const DELETED = new Error("the node is being deleted");

/** Events that are stored before an attempt: a server is asked for or deleted, a node is registered with a target. */
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
