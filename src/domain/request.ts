/** Somebody waits for nodes of a label. Requests of a label are served in the order of their ids. */
import type { WaitingOn } from "./node.ts";
import type { Instant } from "./time.ts";

export interface NodeRequest {
  readonly revision: number;
  /** Never reused; the order of service. */
  readonly id: number;
  readonly label: string;
  /** How many nodes, granted all together. */
  readonly count: number;
  readonly job: string | null;
  /** Who asks: shown, never checked. */
  readonly client: string | null;
  /** Chosen by the client: a client that asks again with the same one means this request. null: it has none. */
  readonly token: string | null;
  readonly createdAt: Instant;
  /** When the client gives up; null: never. */
  readonly deadline: Instant | null;
  /** Ids of the nodes granted; empty while it waits. */
  readonly nodes: readonly number[];
  readonly grantedAt: Instant | null;
  readonly waitingOn: WaitingOn | null;
}

type RequestStateName = "waiting" | "granted";

export const requestStateNames: readonly RequestStateName[] = ["waiting", "granted"];
