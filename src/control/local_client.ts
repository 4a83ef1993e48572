/** A PoolControl of this process as a PoolClient: makes the views. Used offline and behind the control socket. */
import type { HistoryRecord } from "../domain/node.ts";
import { viewAcquiredNodes } from "../views/acquired_nodes.ts";
import { viewAlienImageList } from "../views/alien_image_list.ts";
import { viewAlienList } from "../views/alien_list.ts";
import { viewDump } from "../views/dump.ts";
import { viewInventory } from "../views/inventory.ts";
import { viewJob } from "../views/job_list.ts";
import { type NodeDetailsView, viewEndedNode, viewNodeDetails } from "../views/node_details.ts";
import { viewNodeMetadata } from "../views/node_metadata.ts";
import { viewRequest } from "../views/request_list.ts";
import type { ViewFilter } from "../views/view_filter.ts";
import { type PoolViewName, renderPoolJson, viewPool } from "../views/view_pool.ts";
import type { PoolClient } from "./pool_client.ts";
import { ControlError, type PoolControl } from "./pool_control.ts";

/** Can make JSON without making the view first, which for thousands of nodes is the longer way. */
export interface LocalClient extends PoolClient {
  /** In UTF-8. */
  viewJson(name: PoolViewName, filter: ViewFilter): Uint8Array<ArrayBuffer>;
}

/** Disposing of the client disposes of the control. */
export function localClient(control: PoolControl): LocalClient {
  return {
    viewJson: (name, filter) => renderPoolJson(control.report(), { name, filter }),
    get hasDaemon() {
      return control.report().daemon !== null;
    },
    view: (name, { filter } = {}) => promise(() => viewPool(control.report(), { name, filter })),
    dump: () => promise(() => viewDump(control.dump())),
    getNode: (id) => getNode(control, id),
    getNodeMetadata: async (id) => {
      const { node } = await getNode(control, id);
      return viewNodeMetadata(node, control.report().installation.id);
    },
    getInventory: () =>
      promise(() => {
        const report = control.report();
        // Without it nobody knows who logs in at which port.
        if (report.config === null) throw new ControlError(409, NO_CONFIG);
        return viewInventory(report);
      }),
    holdNodes: (ids, options) => control.holdNodes(ids, options),
    deleteNodes: (ids, options) => control.deleteNodes(ids, options),
    releaseNodes: (ids, options) => control.releaseNodes(ids, options),
    waitForEnd: (nodeId, { signal = NEVER } = {}) => control.waitForEnd(nodeId, { signal }),
    createJob: async (spec) => viewJob(await control.createJob(spec), control.report()),
    deleteJobs: (ids) => control.deleteJobs(ids),
    createRequest: async (spec) => viewRequest(await control.createRequest(spec), control.report()),
    waitForGrant: async (request, { signal = NEVER } = {}) => {
      const nodes = await control.waitForGrant(request, { signal });
      const { config, nodes: pool } = control.report();
      return viewAcquiredNodes(nodes, { request, config, pool });
    },
    confirmGrant: (requestId) => control.confirmGrant(requestId),
    withdrawRequest: (requestId) => control.withdrawRequest(requestId),
    listAliens: async ({ provider, signal = NEVER }) =>
      viewAlienList(await control.listAliens({ provider, signal }), control.report()),
    orderImages: (spec) => control.orderImages(spec),
    waitForOrders: (orders, { signal = NEVER } = {}) => control.waitForOrders(orders, { signal }),
    followBuild: async (id, { signal = NEVER } = {}) => await control.followBuild(id, { signal }),
    deleteImages: (ids, options) => control.deleteImages(ids, options),
    deleteDibImages: (ids, options) => control.deleteDibImages(ids, options),
    listAlienImages: async ({ provider, signal = NEVER }) =>
      viewAlienImageList(await control.listAlienImages({ provider, signal }), control.report()),
    adoptState: ({ dryRun, signal = NEVER }) => control.adoptState({ dryRun, signal }),
    reload: () => control.reload(),
    [Symbol.asyncDispose]: () => control[Symbol.asyncDispose](),
  };
}

const NO_CONFIG = "the inventory needs the configuration, which cannot be read: `config-validate` says why";

const NEVER = new AbortController().signal;

async function getNode(control: PoolControl, id: number): Promise<NodeDetailsView> {
  const report = control.report();
  const living = viewNodeDetails(report, id);
  if (living !== null) return living;
  const ended: HistoryRecord | null = await control.getHistory(id);
  if (ended === null) throw new ControlError(404, `there is no node ${id}, nor is one remembered`);
  return viewEndedNode(ended, report);
}

/** What a synchronous call throws comes out as a rejection. */
function promise<T>(make: () => T): Promise<T> {
  return new Promise((resolve) => resolve(make()));
}
