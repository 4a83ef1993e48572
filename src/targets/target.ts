/**
 * The port to a place that ready nodes are handed to. There a node is an *agent*, under the
 * node's name. Every method makes one attempt, throws `TargetError`, and honours the target's rate; none waits for an
 * agent to connect or for a job to end.
 */
import type { Call } from "../lib/call.ts";
import type { TargetState } from "../domain/target_state.ts";

export interface Target extends AsyncDisposable {
  /** Whether it takes nodes now. What is wrong with it is the answer, not an error: throws only the signal's reason. */
  observe(options: Call): Promise<TargetState>;
  /**
   * Asks for an agent once; after a thrown TargetError it may exist all the same. `"created"`: also by an earlier attempt.
   `"exists"`: there is another one of that name, from another life: it may lead elsewhere.
   */
  createAgent(request: AgentRequest, options: Call): Promise<"created" | "exists">;
  /** Gives an agent another label, or with an empty one none, and leaves the rest of it as it is; doing so twice comes to the same. */
  relabelAgent(name: string, options: AgentCall & { label: string }): Promise<void>;
  /**
   * Whether no job runs on an agent now, nor on another that leads to its host, as somebody may have renamed or copied it;
   * also where there is no such agent.
   */
  isIdle(name: string, options: AgentCall): Promise<boolean>;
  /** Removes an agent; whatever runs on it ends. `"other"`: it leads to another host, and stays. */
  deleteAgent(name: string, options: AgentCall): Promise<"deleted" | "gone" | "other">;
  /** Queues a build once; after a thrown TargetError it may have been queued all the same. */
  startJob(
    job: string,
    options: Call & { parameters: Readonly<Record<string, string>> },
  ): Promise<void>;
  /** Aborts calls in flight and waits for them. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface AgentCall extends Call {
  /** Where the agent leads that is meant; left out: wherever the one of that name does. */
  readonly host?: string | undefined;
}

export interface AgentRequest {
  /** The node's name. */
  readonly name: string;
  readonly description: string;
  /** null: no job may ask for it by label yet. */
  readonly label: string | null;
  /** The folder on the node that it works in. */
  readonly remoteFolder: string;
  /** Address and port of the node's SSH server. */
  readonly host: string;
  readonly port: number;
  /** Who logs in, with the private key at that path on the target's machine; a target's own credentials come before. */
  readonly username: string;
  readonly privateKey: string;
  /** `TYPE BASE64`; an empty list: any host key is accepted. */
  readonly hostKeys: readonly string[];
}
