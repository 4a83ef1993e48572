/**
 * The actions that a plan asks for: one attempt each, by the file of that name in `src/execute`. An action holds all
 * that its attempt needs to know, so that the attempt reads nothing else.
 */
import type { CloudThingKind } from "../domain/claims.ts";
import type { NodeAddresses, NodeRecord, WaitingOn } from "../domain/node.ts";

export type Action =
  /** Ask for the node's server; it has never been asked for. */
  | { readonly type: "create-server"; readonly node: NodeRecord }
  | { readonly type: "delete-server"; readonly node: NodeRecord; readonly serverId: string }
  | {
    readonly type: "create-floating-ip";
    readonly node: NodeRecord;
    /** The ports that it may lead to, each with a network that it may come from, the preferred one first. */
    readonly ways: readonly FloatingIpWay[];
    /** The addresses to go on with where the cloud has no way at all; null: there are none. */
    readonly otherwise: NodeAddresses | null;
  }
  | { readonly type: "delete-floating-ip"; readonly node: NodeRecord; readonly floatingIpId: string }
  | { readonly type: "login"; readonly node: NodeRecord; readonly address: string }
  /** Put the files of its group on a node and its subnodes, and run the ready script on each. */
  | {
    readonly type: "prepare-node";
    readonly node: NodeRecord;
    readonly subnodes: readonly NodeRecord[];
    readonly readyScript: string | null;
  }
  /** Hand it to its target. */
  | { readonly type: "assign-node"; readonly node: NodeRecord }
  | { readonly type: "start-test"; readonly node: NodeRecord; readonly job: string }
  /** It has passed its test: let its target's jobs ask for it. */
  | { readonly type: "relabel-agent"; readonly node: NodeRecord }
  /** It has a job: let no other of its target's jobs ask for it. */
  | { readonly type: "close-agent"; readonly node: NodeRecord }
  /** Its job has been over long enough: decide what becomes of it. */
  | { readonly type: "end-job"; readonly node: NodeRecord }
  /** Take it off its target; `whenIdle`: where no job of that runs on it. */
  | { readonly type: "unassign-node"; readonly node: NodeRecord; readonly whenIdle?: true }
  /** The launch has failed: look at the server once more, then mark the node for deletion. */
  | { readonly type: "give-up"; readonly node: NodeRecord; readonly failure: LaunchFailure };

export type ActionType = Action["type"];

export interface FloatingIpWay {
  readonly portId: string;
  readonly networkId: string;
}

/** A launch that came to nothing after the cloud accepted it. */
export interface LaunchFailure {
  readonly serverId: string;
  /** The action attempted and the problem. */
  readonly message: string;
  /** The RESULT part of launch metrics: `error.KIND`. */
  readonly kind: "timeout" | "status" | "ipadd" | "ssh" | "vanished";
  /** Whether the console may say more. */
  readonly wantsConsole: boolean;
}

/** A thing on the cloud that carries our marks and belongs to no record. */
export interface Leak {
  readonly type: CloudThingKind;
  readonly provider: string;
  /** A keypair's name. */
  readonly id: string;
  /** The name that people know it by. */
  readonly name: string;
  readonly reason: string;
  /** The port that a floating IP was made for; null: not known, or no floating IP. */
  readonly portId: string | null;
}

/** Names a piece of work: the same key is never done twice at once. */
export function actionKey({ type, node }: Action): string {
  return nodeKey(type, node.id);
}

export function nodeKey(type: ActionType, nodeId: number): string {
  return `${type} ${nodeId}`;
}

/** The reason that a node waits for while the action is carried out. */
export function describeAction(action: Action): Omit<WaitingOn, "since"> {
  const { provider } = action.node;
  switch (action.type) {
    case "create-server":
      return { reason: "provider", message: `waiting for its turn with ${provider}` };
    case "delete-server":
      return { reason: "delete", message: `asking ${provider} to delete server ${action.serverId}` };
    case "create-floating-ip":
      return { reason: "address", message: `asking ${provider} for a floating IP` };
    case "delete-floating-ip":
      return { reason: "delete", message: `asking ${provider} to delete floating IP ${action.floatingIpId}` };
    case "login":
      return { reason: "login", message: `logging in to ${action.address}` };
    case "prepare-node":
      return {
        reason: "script",
        message: action.readyScript === null ? "writing its files" : `running ${action.readyScript}`,
      };
    case "assign-node":
      return { reason: "target", message: `adding it to target ${action.node.target}` };
    case "start-test":
      return { reason: "target", message: `starting the test-job ${action.job}` };
    case "relabel-agent":
      return { reason: "target", message: "it has passed its test and gets its label" };
    case "close-agent":
      return { reason: "target", message: `keeping further jobs of target ${action.node.target} off it` };
    case "end-job":
      return { reason: "node", message: "its job has ended" };
    case "unassign-node":
      return { reason: "target", message: `taking it off target ${action.node.target}` };
    case "give-up":
      return { reason: "delete", message: action.failure.message };
  }
}
