/** The input of a planning of the whole pool, and its result. */
import type { Config } from "../domain/config.ts";
import type { Defect } from "../domain/defect.ts";
import type { HeardSince } from "../domain/hand_over.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { Obstacle } from "../domain/obstacle.ts";
import type { Observation } from "../domain/observation.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { TargetState } from "../domain/target_state.ts";
import type { Instant, Moment } from "../domain/time.ts";
import type { Action } from "./action.ts";
import type { ServerCost } from "./allocation_types.ts";
import type { NodesAtRest } from "./nodes_at_rest.ts";
import type { OfferSituation } from "./offers.ts";
import type { RequestGrant } from "./plan_grants.ts";
import type { LaunchPlan } from "./plan_launches.ts";
import type { RequestWait } from "./plan_request_waits.ts";
import type { SubnodeLaunch } from "./plan_subnodes.ts";
import type { Unwanted } from "./plan_surplus.ts";
import type { Turns } from "./turns.ts";

export interface PoolInput extends Moment {
  readonly config: Config;
  /** Without those that an index counts. */
  readonly nodes: Iterable<NodeRecord>;
  /** Which of them need no planning, as the plannings before left it; left out: each is planned. */
  readonly rest?: NodesAtRest;
  readonly requests: Iterable<NodeRequest>;
  /** Ids of requests from before the daemon's start whose clients have not come back; left out: none. */
  readonly deserted?: ReadonlySet<number>;
  readonly pauses: readonly LaunchPause[];
  /** The providers' images, by id. */
  readonly images: ReadonlyMap<number, ProviderImage>;
  readonly order?: OfferSituation["order"];
  /** By provider: the cost of servers for images that wait for room in the quotas; they come first. */
  readonly reserved: ReadonlyMap<string, readonly ServerCost[]>;
  /** By provider; one that is missing has not been asked yet. */
  readonly seen: ReadonlyMap<string, Observation>;
  /** How the targets stand, by name; one that is missing is always online. */
  readonly targets: ReadonlyMap<string, TargetState>;
  /** Nodes that jobs in queues ask for, by label, besides those of the requests. */
  readonly demand: ReadonlyMap<string, number>;
  /** By path: why a file on this machine is of no use; left out: all are as they should be. */
  readonly faults?: ReadonlyMap<string, string>;
  /** Whose turn it is, as the planning before left it. */
  readonly turns: Turns;
  /** Since when nodes are unwanted, as the planning before left it; left out: none was. */
  readonly unwanted?: Unwanted;
  /** The first id that this run of the daemon gave out; left out: all are of it. */
  readonly firstIdOfRun?: number;
  /** Left out: any report of a job may have been missed. */
  readonly heardSince?: HeardSince;
  /** Ids of nodes whose server is being asked for in this process. */
  readonly creating: ReadonlySet<number>;
  /** Which nodes are to be moved, where that is not all: the rest is left as it is. */
  readonly concerns?: (node: NodeRecord) => boolean;
  /** Whether new nodes are launched and requests granted; false while the daemon is stopping. */
  readonly launching: boolean;
  /** Why none are launched, whatever there is room for; null or left out: they are. */
  readonly launchesNothing?: Obstacle | null;
  /** Whether requests are granted ready nodes; false while the daemon is stopping. */
  readonly granting: boolean;
}

export interface NodeChange {
  readonly previous: NodeRecord;
  /** null: it has ended. */
  readonly next: NodeRecord | null;
}

export interface PoolPlan {
  readonly changes: readonly NodeChange[];
  readonly actions: readonly Action[];
  readonly grants: readonly RequestGrant[];
  readonly launches: LaunchPlan;
  readonly unwanted: Unwanted;
  readonly subnodes: readonly SubnodeLaunch[];
  /** Why requests wait: those for which that could be said. */
  readonly requestWaits: readonly RequestWait[];
  /** The parts that could not be planned: a record that stays as it is, or a part of the plan that is empty. */
  readonly defects: readonly Defect[];
  /** When to plan again even if nothing happens; null: no such time. */
  readonly until: Instant | null;
}
