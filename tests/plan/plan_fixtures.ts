/** Small parts for the planners' tests: one provider `cloud-a` with one label `noble`, and what is seen of it. */
import type { Config, LabelConfig, ProviderConfig, ProviderImageConfig } from "../../src/domain/config.ts";
import { Apart, type DefectSubject } from "../../src/domain/defect.ts";
import { describeObstacle } from "../../src/domain/describe_obstacle.ts";
import type { Obstacle, Refusal } from "../../src/domain/obstacle.ts";
import { Inventory } from "../../src/domain/inventory.ts";
import type { NodePhase, NodeRecord, NodeState } from "../../src/domain/node.ts";
import { NodeIndex } from "../../src/domain/node_index.ts";
import type { Catalog, LaunchRefusal, Missing, Observation } from "../../src/domain/observation.ts";
import type { CloudImage, Flavor, FloatingIp, Quota, Server } from "../../src/domain/server.ts";
import { floatingIpDescription, serverMetadata } from "../../src/domain/server_marks.ts";
import { MINUTE } from "../../src/domain/time.ts";
import type { NodeSituation, NodeStep } from "../../src/plan/node_step.ts";
import { NOW, sampleConfig, sampleNode } from "../views/sample_pool.ts";

export { NOW };
export const INSTALLATION = "5d0b0f0e-0000-4000-8000-000000000001";
export const ADDRESSES = { login: "10.0.0.7", publicV4: "10.0.0.7", publicV6: null, privateV4: "10.0.0.7" };

/** For planners that are to break where one of their records breaks. */
class Together extends Apart {
  override note(_of: DefectSubject, error: unknown): void {
    throw error;
  }
}

export const together = new Together("planning");

export function provider(fields: Partial<ProviderConfig> = {}): ProviderConfig {
  return { ...sampleConfig().providers[0]!, bootTimeout: 2 * MINUTE, launchTimeout: 10 * MINUTE, ...fields };
}

/** A provider whose nodes need a floating IP. */
export function floatingProvider(fields: Partial<ProviderConfig> = {}): ProviderConfig {
  const networks = [{ name: "private", id: null, label: null, public: false }];
  return provider({ pool: "public", networks, autoFloatingIp: true, ...fields });
}

export function image(fields: Partial<ProviderImageConfig> = {}): ProviderImageConfig {
  return { ...provider().images[0]!, ...fields };
}

export function label(fields: Partial<LabelConfig> = {}): LabelConfig {
  return { ...sampleConfig().labels[0]!, minReady: 1, providers: ["cloud-a"], ...fields };
}

export function config(fields: Partial<Config> = {}): Config {
  return { ...sampleConfig(), labels: [label()], providers: [provider()], targets: [], ...fields };
}

/** A node of `noble` on `cloud-a` that has been in its state for a minute. */
export function node(state: NodeState, fields: Partial<NodeRecord> = {}): NodeRecord {
  const since = NOW - MINUTE;
  return sampleNode({
    id: 7,
    state,
    stateSince: since,
    phaseSince: since,
    addresses: null,
    hostKeys: [],
    timings: { create: since },
    ...fields,
  });
}

/** A state of each phase, of a node with the server `s7`; nothing has been asked for or lost. */
export const states: { readonly [Phase in NodePhase]: Extract<NodeState, { phase: Phase }> } = {
  "create": { phase: "create", sentAt: null, lostAt: null },
  "boot": { phase: "boot", serverId: "s7" },
  "address": { phase: "address", serverId: "s7", activeAt: NOW - MINUTE },
  "login": { phase: "login", serverId: "s7", activeAt: NOW - MINUTE },
  "prepare": { phase: "prepare", serverId: "s7" },
  "assign": { phase: "assign", serverId: "s7" },
  "test": { phase: "test", serverId: "s7", startedAt: null },
  "ready": { phase: "ready", serverId: "s7" },
  "used": { phase: "used", serverId: "s7" },
  "hold": { phase: "hold", serverId: "s7", lostAt: null },
  "unassign": { phase: "unassign", serverId: "s7" },
  "delete-server": {
    phase: "delete-server",
    serverId: "s7",
    lostAt: null,
    askedAt: null,
    acceptedAt: null,
  },
  "delete-address": { phase: "delete-address" },
};

/** A subnode of node 7 in the phase; its server, where it has one, is `sID`. */
export function subnode(id: number, phase: NodePhase, fields: Partial<NodeRecord> = {}): NodeRecord {
  const state = states[phase];
  const own = "serverId" in state ? { ...state, serverId: `s${id}` } as NodeState : state;
  return node(own, { id, role: "subnode", parentId: 7, ...fields });
}

/** The metadata of a server of ours. */
export function marks(nodeId: number, installation = INSTALLATION): Record<string, string> {
  return serverMetadata({ installation, nodeId, image: "noble", provider: "cloud-a" });
}

/** A server of node 7 that is ACTIVE. */
export function server(id: string, fields: Partial<Server> & { readonly nodeId?: number } = {}): Server {
  const { nodeId = 7, ...rest } = fields;
  return {
    id,
    name: `noble-cloud-a-${nodeId}.example.org`,
    status: "ACTIVE",
    taskState: null,
    createdAt: NOW - 10 * MINUTE,
    updatedAt: null,
    addresses: [{ network: "private", version: 4, address: "10.0.0.7", kind: "fixed" }],
    metadata: marks(nodeId),
    fault: null,
    zone: null,
    ...rest,
  };
}

/** What complete listings of these servers, begun at those times, leave behind. */
export function inventory(servers: readonly Server[], ...times: readonly number[]): Inventory {
  const made = new Inventory(INSTALLATION);
  for (const startedAt of times) {
    made.apply({ kind: "complete", startedAt, cloudTime: startedAt, cloudAhead: null, servers });
  }
  return made;
}

/** A cloud that says of these servers that they are gone. */
export function without(...ids: readonly string[]): Observation {
  const made = seen();
  for (const id of ids) made.inventory.noteGone(id);
  return made;
}

export const small: Flavor = { id: "f1", name: "m1.small", ramMib: 2048, vcpus: 1, diskGib: 20 };

export function catalog(fields: Partial<Catalog> = {}): Catalog {
  const networks = [
    { id: "n1", name: "private", external: false },
    { id: "n2", name: "public", external: true },
  ];
  const cloudImage = sampleCloudImage();
  return { flavors: [small], networks, images: new Map([["noble", cloudImage]]), ...fields };
}

/** An image on the cloud, not made by us. */
export function sampleCloudImage(fields: Partial<CloudImage> = {}): CloudImage {
  return {
    id: "i1",
    name: "noble",
    status: "active",
    createdAt: null,
    minRamMib: 0,
    minDiskGib: 0,
    size: null,
    owner: null,
    checksum: null,
    hash: null,
    properties: {},
    ...fields,
  };
}

/** A cloud that was listed completely a minute ago and just now. */
export function seen(
  { servers = [], ...fields }: Partial<Observation> & { readonly servers?: readonly Server[] } = {},
): Observation {
  return {
    inventory: inventory(servers, NOW - MINUTE, NOW),
    catalog: catalog(),
    quota: null,
    ports: null,
    floatingIps: null,
    images: null,
    missing: null,
    failure: null,
    troubles: new Map(),
    refusal: null,
    frozen: null,
    ...fields,
  };
}

/** A server of the pool is left out by the listings. */
export const missing: Missing = {
  servers: 1,
  images: 0,
  found: 0,
  since: NOW - MINUTE,
  isDoubtful: false,
  isLooking: false,
};

/** In words, as lists show them. */
export function told(refusals: readonly Refusal[]): { provider: string | null; reason: string }[] {
  return refusals.map(({ provider, obstacle }) => ({ provider, reason: toldOne(obstacle) }));
}

export function toldOne(obstacle: Obstacle): string {
  return describeObstacle(obstacle, { now: NOW, wallOffset: 0 });
}

/** A refusal that is in force for another minute. */
export function refusal(fields: Partial<LaunchRefusal> = {}): LaunchRefusal {
  return { message: "over quota", kind: "quota", size: null, count: 1, until: NOW + MINUTE, ...fields };
}

export function quota(fields: Partial<Quota> = {}): Quota {
  const plenty = { limit: Infinity, used: 0 };
  return {
    takenAt: NOW - MINUTE,
    instances: plenty,
    cores: plenty,
    ramMib: plenty,
    untold: [],
    floatingIps: null,
    ports: null,
    ...fields,
  };
}

/** A floating IP of ours that no port has. */
export function floatingIp(
  id: string,
  { nodeId = 7, ...fields }: Partial<FloatingIp> & { readonly nodeId?: number } = {},
): FloatingIp {
  const description = floatingIpDescription(INSTALLATION, nodeId);
  return {
    id,
    address: "203.0.113.7",
    portId: null,
    status: "DOWN",
    description,
    ...fields,
  };
}

/** No report of a job on the nodes of the manager ci01 can have been missed since then; null: they may be. */
export function heard(since: number | null): ReadonlyMap<string, number> {
  return new Map(since === null ? [] : [["ci01", since]]);
}

/** What a phase's ladder looks at, for a node in the state. */
export function situation<Phase extends NodePhase>(
  state: Extract<NodeState, { phase: Phase }>,
  { fields, ...rest }: Partial<Omit<NodeSituation, "node" | "state">> & { fields?: Partial<NodeRecord> } = {},
): NodeSituation<Phase> {
  return {
    node: node(state, fields),
    state,
    now: NOW,
    config: config(),
    provider: provider(),
    image: image(),
    seen: seen({ servers: [server("s7")] }),
    nodes: NodeIndex.of([]),
    images: new Map(),
    targets: new Map(),
    heardSince: new Map(),
    parent: null,
    subnodes: [],
    subnodeRefusal: null,
    creating: false,
    ...rest,
  };
}

/** The kind of action that a step has carried out; giving up is one, too. */
export function actionOf(step: NodeStep): string | null {
  return step.do === "act" ? step.action.type : null;
}
