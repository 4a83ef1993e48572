/** Records for the store's tests: one plain one of each kind, and arbitrary ones for properties. */
import fc from "fast-check";
import type { AutoHold } from "../../src/domain/auto_hold.ts";
import type { LaunchPause } from "../../src/domain/launch_pause.ts";
import type { HistoryRecord, NodePhase, NodeRecord, NodeState } from "../../src/domain/node.ts";
import type { Sample } from "../../src/domain/samples/sample.ts";
import type { NodeRequest } from "../../src/domain/request.ts";

/** A node that is to be created. */
export function nodeRecord(fields: Partial<NodeRecord> & { readonly id: number }): NodeRecord {
  const hostname = `trusty-cloud-a-${fields.id}`;
  return {
    revision: 1,
    role: "node",
    providerImageId: null,
    parentId: null,
    subnodeCount: 0,
    assignedAt: null,
    jobEnd: null,
    provider: "cloud-a",
    label: "trusty",
    image: "trusty",
    target: "default",
    manager: null,
    hostname,
    nodename: hostname,
    imageId: "3a0a4d1c-0f5e-4a53-9f0e-5c7c1d7f4c11",
    flavorId: "42",
    flavorName: "m1.small",
    zone: null,
    state: { phase: "create", sentAt: null, lostAt: null },
    stateSince: 1_000,
    phaseSince: 1_000,
    waitingOn: null,
    retryAt: null,
    attempt: 0,
    addresses: null,
    floatingIp: null,
    hostKeys: [],
    comment: null,
    deletedBy: null,
    job: null,
    requestId: null,
    hold: null,
    launchReason: "min-ready 3, have 1",
    evidence: null,
    result: null,
    timings: { create: 1_000 },
    ...fields,
  };
}

/** A request that waits. */
export function nodeRequest(fields: Partial<NodeRequest> & { readonly id: number }): NodeRequest {
  return {
    revision: 1,
    label: "trusty",
    count: 1,
    job: null,
    client: null,
    token: null,
    createdAt: 1_000,
    deadline: null,
    nodes: [],
    grantedAt: null,
    waitingOn: null,
    ...fields,
  };
}

/** An entry of a job that may hold two nodes. */
export function autoHold(fields: Partial<AutoHold> & { readonly id: number }): AutoHold {
  return { revision: 1, job: "gate/unit", holdOnFailure: 2, createdAt: 1_000, ...fields };
}

/** A pause after one failure. */
export function launchPause(fields: Partial<LaunchPause> = {}): LaunchPause {
  return {
    provider: "cloud-a",
    label: "trusty",
    failures: 1,
    until: 60_000,
    lastError: "no valid host was found",
    lastFailureAt: 1_000,
    ...fields,
  };
}

/** What remains of a node. */
/** One of a label and the pool. */
export function poolSample(minute: number): Sample {
  const groups = [
    { of: "pool", name: "", values: [1, 2, 3, 0, 0, 0, 0, 0, 20] },
    {
      of: "label",
      name: "klein",
      values: [1, 2, 3, 0, 0, 1, 4, 600, -1],
      waits: { seconds: [7], counts: [2] },
    },
  ] as const;
  return { minute, groups };
}

export function historyRecord(id: number, endedAt = 2_000): HistoryRecord {
  return { node: nodeRecord({ id, state: { phase: "delete-address" } }), endedAt };
}

/** Plain objects only: deepEqual tells those without a prototype from what the store gives back. */
function record<Fields>(
  model: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> },
): fc.Arbitrary<Fields> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<Fields>;
}

const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
const maybeInstant = fc.option(instant);
/** With characters of every width; the caps on long texts and control characters have tests of their own. */
const text = fc.string({ unit: "grapheme", maxLength: 40 });
const maybeText = fc.option(text);
const serverId = fc.uuid();
const unsure = { serverId: fc.option(serverId), lostAt: maybeInstant };

/** By phase, so that a phase that is added to the domain is missed here by the type check. */
const states: { [Phase in NodePhase]: fc.Arbitrary<Extract<NodeState, { phase: Phase }>> } = {
  "create": record({ phase: fc.constant("create"), sentAt: maybeInstant, lostAt: maybeInstant }),
  "boot": record({ phase: fc.constant("boot"), serverId }),
  "address": record({ phase: fc.constant("address"), serverId, activeAt: instant }),
  "login": record({ phase: fc.constant("login"), serverId, activeAt: instant }),
  "prepare": fc.oneof(
    record({ phase: fc.constant("prepare"), serverId }),
    record({ phase: fc.constant("prepare"), serverId, failingSince: instant, refusedSince: instant }),
  ),
  "assign": fc.oneof(
    record({ phase: fc.constant("assign"), serverId }),
    record({ phase: fc.constant("assign"), serverId, inactiveSince: instant }),
  ),
  "test": record({ phase: fc.constant("test"), serverId, startedAt: maybeInstant }),
  "ready": record({ phase: fc.constant("ready"), serverId }),
  "used": record({ phase: fc.constant("used"), serverId }),
  "hold": record({ phase: fc.constant("hold"), ...unsure }),
  "unassign": fc.oneof(
    record({ phase: fc.constant("unassign"), serverId }),
    record({ phase: fc.constant("unassign"), serverId, mayRunJob: fc.constant(true) }),
  ),
  "delete-server": record({
    phase: fc.constant("delete-server"),
    ...unsure,
    askedAt: maybeInstant,
    acceptedAt: maybeInstant,
  }),
  "delete-address": record({ phase: fc.constant("delete-address") }),
};

/** Any state that a node can be in. */
export const arbitraryState: fc.Arbitrary<NodeState> = fc.oneof(...Object.values(states));

const waitingOn = fc.option(record({
  reason: fc.constantFrom("answer", "listing", "active", "quota", "retry", "node"),
  message: text,
  since: instant,
}));

const evidence = fc.option(record({
  at: instant,
  error: text,
  kind: fc.constantFrom("quota", "ssh", "status"),
  requestId: maybeText,
  fault: maybeText,
  console: fc.option(fc.string({ unit: "grapheme", maxLength: 200 })),
}));

const lastingFields: fc.Arbitrary<
  Omit<NodeRecord, "id" | "revision" | "imageVersion" | "formerServerId" | "asked" | "returns">
> = record({
  role: fc.constantFrom("node", "subnode", "builder", "checker"),
  providerImageId: fc.option(fc.nat()),
  parentId: fc.option(fc.nat()),
  subnodeCount: fc.nat(),
  assignedAt: maybeInstant,
  jobEnd: fc.option(record({ at: instant, result: maybeText })),
  provider: fc.constantFrom("cloud-a", "cloud-b"),
  label: fc.constantFrom("trusty", "xenial", "jammy"),
  image: text,
  target: text,
  manager: maybeText,
  hostname: text,
  nodename: text,
  imageId: text,
  flavorId: text,
  flavorName: text,
  zone: maybeText,
  state: arbitraryState,
  stateSince: instant,
  phaseSince: instant,
  waitingOn,
  retryAt: maybeInstant,
  attempt: fc.nat(),
  addresses: fc.option(
    record({ login: text, publicV4: maybeText, publicV6: maybeText, privateV4: maybeText }),
  ),
  floatingIp: fc.option(fc.oneof(
    record({ id: text, address: text }),
    record({ id: text, address: text, portId: text, isMoved: fc.boolean() }),
  )),
  hostKeys: fc.array(text, { maxLength: 3 }),
  comment: maybeText,
  deletedBy: fc.option(fc.constantFrom("user", "job", "limit")),
  job: maybeText,
  requestId: fc.option(fc.nat()),
  hold: fc.option(record({ reason: maybeText, owner: maybeText, until: maybeInstant })),
  launchReason: text,
  evidence,
  result: fc.option(fc.constantFrom("used", "failed", "refused", "unused", "lost")),
  timings: fc.record(
    { "create": instant, "boot": instant, "delete-server": instant },
    { requiredKeys: [], noNullPrototype: true },
  ),
});

/** Everything of a node but its id and revision; older records have nothing of what is recorded of late. */
export const arbitraryNode: fc.Arbitrary<Omit<NodeRecord, "id" | "revision">> = fc.tuple(
  lastingFields,
  fc.record(
    {
      imageVersion: fc.nat(),
      formerServerId: serverId,
      asked: record({ client: maybeText, at: instant }),
      returns: fc.array(record({ phase: fc.constantFrom("hold", "used"), at: instant }), { maxLength: 2 }),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
).map(([always, late]) => ({ ...always, ...late }));

/** Everything of a request but its id and revision. */
export const arbitraryRequest: fc.Arbitrary<Omit<NodeRequest, "id" | "revision">> = record({
  label: fc.constantFrom("trusty", "xenial"),
  count: fc.integer({ min: 1, max: 10 }),
  job: maybeText,
  client: maybeText,
  token: maybeText,
  createdAt: instant,
  deadline: maybeInstant,
  nodes: fc.array(fc.nat(), { maxLength: 3 }),
  grantedAt: maybeInstant,
  waitingOn,
});
