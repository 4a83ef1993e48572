/**
 * The schemas of stored records; each is checked when it is read, so that damage is found at the start and
 * named, and not later as an `undefined` somewhere. A change of any shape here is a step in `migrations.ts`.
 */
import * as v from "valibot";
import type { AutoHold } from "../domain/auto_hold.ts";
import type { ClockRecord } from "../domain/clock_record.ts";
import type { Home } from "../domain/home.ts";
import { deciders } from "../domain/deleted_by.ts";
import type { DibImage, DibImageState } from "../domain/dib_image.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import type { Installation } from "../domain/installation.ts";
import type { Run } from "../domain/lineage.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type {
  HistoryRecord,
  NodePhase,
  NodeRecord,
  NodeResult,
  NodeRole,
  NodeState,
  WaitingReason,
} from "../domain/node.ts";
import type { PoolEvent } from "../domain/pool_event.ts";
import type { ImageSource, ProviderImage, ProviderImageState } from "../domain/provider_image.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { GroupSample, Sample } from "../domain/samples/sample.ts";
import type { TableName, Tables } from "./store.ts";

type Schema<Output> = v.GenericSchema<unknown, Output>;

const instant = v.number();
const count = v.pipe(v.number(), v.safeInteger());
const text = v.nullable(v.string());
const maybeInstant = v.nullable(instant);
const maybeTime = v.optional(instant);

// Records and not lists, so that the type check misses none that is added to the domain.
const results = { used: 0, failed: 0, refused: 0, unused: 0, lost: 0 } satisfies Record<NodeResult, 0>;
const roles = { node: 0, subnode: 0, builder: 0, checker: 0 } satisfies Record<NodeRole, 0>;
/** A record never stores a defect. */
type StoredReason = Exclude<WaitingReason, "defect">;
const reasons = {
  answer: 0,
  listing: 0,
  active: 0,
  address: 0,
  login: 0,
  retry: 0,
  quota: 0,
  capacity: 0,
  image: 0,
  provider: 0,
  delete: 0,
  node: 0,
  worker: 0,
  build: 0,
  upload: 0,
  server: 0,
  setup: 0,
  subnodes: 0,
  script: 0,
  target: 0,
  saving: 0,
  check: 0,
  gone: 0,
} satisfies Record<StoredReason, 0>;

const waitingOn = v.nullable(v.strictObject({
  reason: v.picklist(Object.keys(reasons) as StoredReason[]),
  message: v.string(),
  since: instant,
}));

// Records of before it was recorded have none.
const deletedBy = v.optional(v.nullable(v.picklist(deciders)), null);

const withServer = { serverId: v.string() };

type StateSchemas<State extends { readonly phase: string }> = {
  readonly [Phase in State["phase"]]: Schema<Extract<State, { phase: Phase }>>;
};

const states = {
  "create": v.strictObject({ phase: v.literal("create"), sentAt: maybeInstant, lostAt: maybeInstant }),
  "boot": v.strictObject({ phase: v.literal("boot"), ...withServer }),
  "address": v.strictObject({ phase: v.literal("address"), ...withServer, activeAt: instant }),
  "login": v.strictObject({ phase: v.literal("login"), ...withServer, activeAt: instant }),
  "prepare": v.strictObject({
    phase: v.literal("prepare"),
    ...withServer,
    failingSince: v.optional(instant),
  }),
  "assign": v.strictObject({ phase: v.literal("assign"), ...withServer }),
  "test": v.strictObject({ phase: v.literal("test"), ...withServer, startedAt: maybeInstant }),
  "ready": v.strictObject({ phase: v.literal("ready"), ...withServer }),
  "used": v.strictObject({
    phase: v.literal("used"),
    ...withServer,
    isClosed: v.optional(v.union([v.literal(true), v.literal("late")])),
  }),
  "hold": v.strictObject({ phase: v.literal("hold"), serverId: text, lostAt: maybeInstant }),
  "unassign": v.strictObject({
    phase: v.literal("unassign"),
    ...withServer,
    mayRunJob: v.optional(v.literal(true)),
  }),
  "delete-server": v.strictObject({
    phase: v.literal("delete-server"),
    serverId: text,
    lostAt: maybeInstant,
    askedAt: maybeInstant,
    acceptedAt: maybeInstant,
  }),
  "delete-address": v.strictObject({ phase: v.literal("delete-address") }),
} satisfies StateSchemas<NodeState>;

const nodeState: Schema<NodeState> = v.variant("phase", Object.values(states));

const phases = Object.keys(states) as NodePhase[];
const timings = v.strictObject(
  Object.fromEntries(phases.map((phase) => [phase, maybeTime])) as Record<NodePhase, typeof maybeTime>,
);

const evidence = v.nullable(v.strictObject({
  at: instant,
  error: v.string(),
  kind: v.string(),
  requestId: text,
  fault: text,
  console: text,
}));

const returns = v.array(v.strictObject({
  phase: v.picklist(phases),
  at: instant,
}));

/** A node as it is stored. */
const nodeSchema: Schema<NodeRecord> = v.strictObject({
  revision: count,
  id: count,
  role: v.picklist(Object.keys(roles) as NodeRole[]),
  providerImageId: v.nullable(count),
  parentId: v.nullable(count),
  subnodeCount: count,
  provider: v.string(),
  label: v.string(),
  image: v.string(),
  target: v.string(),
  manager: text,
  assignedAt: maybeInstant,
  hostname: v.string(),
  nodename: v.string(),
  imageId: v.string(),
  imageVersion: v.optional(count),
  flavorId: v.string(),
  flavorName: v.string(),
  zone: text,
  state: nodeState,
  formerServerId: v.optional(v.string()),
  stateSince: instant,
  phaseSince: instant,
  waitingOn,
  retryAt: maybeInstant,
  attempt: count,
  addresses: v.nullable(v.strictObject({
    login: v.string(),
    publicV4: text,
    publicV6: text,
    privateV4: text,
  })),
  floatingIp: v.nullable(v.strictObject({
    id: v.string(),
    address: v.string(),
    portId: v.optional(v.string()),
    isMoved: v.optional(v.boolean()),
  })),
  hostKeys: v.array(v.string()),
  comment: text,
  deletedBy,
  job: text,
  jobEnd: v.nullable(v.strictObject({ at: instant, result: text })),
  requestId: v.nullable(count),
  asked: v.optional(v.strictObject({ client: text, at: instant })),
  hold: v.nullable(v.strictObject({
    reason: text,
    owner: text,
    until: maybeInstant,
    mayBeInUse: v.optional(v.literal(true)),
  })),
  launchReason: v.string(),
  evidence,
  result: v.nullable(v.picklist(Object.keys(results) as NodeResult[])),
  timings,
  returns: v.optional(returns),
});

const requestSchema: Schema<NodeRequest> = v.strictObject({
  revision: count,
  id: count,
  label: v.string(),
  count,
  job: text,
  client: text,
  token: text,
  createdAt: instant,
  deadline: maybeInstant,
  nodes: v.array(count),
  grantedAt: maybeInstant,
  waitingOn,
});

const dibStates = {
  build: v.strictObject({ phase: v.literal("build"), startedAt: maybeInstant }),
  ready: v.strictObject({
    phase: v.literal("ready"),
    files: v.array(
      v.strictObject({ format: v.string(), size: v.number(), md5: v.string(), sha512: v.string() }),
    ),
  }),
  delete: v.strictObject({ phase: v.literal("delete") }),
} satisfies StateSchemas<DibImageState>;

const dibImageSchema: Schema<DibImage> = v.strictObject({
  revision: count,
  id: count,
  name: v.string(),
  version: count,
  state: v.variant("phase", Object.values(dibStates)) as Schema<DibImageState>,
  path: v.string(),
  builder: v.optional(v.strictObject({ id: v.string(), host: v.string() })),
  formats: v.array(v.string()),
  logFile: text,
  stateSince: instant,
  waitingOn,
  retryAt: maybeInstant,
  attempt: count,
  comment: text,
  deletedBy,
  evidence,
});

const onNode = { nodeId: count };
const withImage = { externalId: v.string() };

const imageStates = {
  create: v.strictObject({ phase: v.literal("create"), sentAt: maybeInstant, lostAt: maybeInstant }),
  upload: v.strictObject({ phase: v.literal("upload"), ...withImage, startedAt: maybeInstant }),
  keypair: v.strictObject({ phase: v.literal("keypair") }),
  server: v.strictObject({ phase: v.literal("server"), nodeId: v.nullable(count) }),
  setup: v.strictObject({ phase: v.literal("setup"), ...onNode, startedAt: maybeInstant }),
  snapshot: v.strictObject({
    phase: v.literal("snapshot"),
    ...onNode,
    sentAt: maybeInstant,
    lostAt: maybeInstant,
  }),
  saving: v.strictObject({ phase: v.literal("saving"), ...withImage }),
  check: v.strictObject({
    phase: v.literal("check"),
    ...withImage,
    nodeId: v.nullable(count),
    startedAt: maybeInstant,
  }),
  ready: v.strictObject({ phase: v.literal("ready"), ...withImage }),
  delete: v.strictObject({
    phase: v.literal("delete"),
    externalId: text,
    lostAt: maybeInstant,
    acceptedAt: maybeInstant,
  }),
  gone: v.strictObject({ phase: v.literal("gone") }),
} satisfies StateSchemas<ProviderImageState>;

const imageSource: Schema<ImageSource> = v.variant("type", [
  v.strictObject({
    type: v.literal("upload"),
    diskimage: v.string(),
    dibImageId: count,
    dibVersion: count,
    format: v.string(),
  }),
  v.strictObject({ type: v.literal("snapshot"), setup: v.string() }),
]);

const imageSchema: Schema<ProviderImage> = v.strictObject({
  revision: count,
  id: count,
  provider: v.string(),
  image: v.string(),
  version: count,
  source: imageSource,
  hostname: v.string(),
  state: v.variant("phase", Object.values(imageStates)) as Schema<ProviderImageState>,
  stateSince: instant,
  phaseSince: instant,
  waitingOn,
  retryAt: maybeInstant,
  attempt: count,
  keypair: v.nullable(
    v.strictObject({ name: v.string(), publicKey: v.string(), privateKey: v.string() }),
  ),
  serverId: text,
  logFile: text,
  comment: text,
  deletedBy,
  evidence,
});

const autoHoldSchema: Schema<AutoHold> = v.strictObject({
  revision: count,
  id: count,
  job: v.string(),
  holdOnFailure: count,
  createdAt: instant,
});

/** The records of each table as they are stored. */
export const rowSchemas: { readonly [Name in TableName]: Schema<Tables[Name]> } = {
  nodes: nodeSchema,
  requests: requestSchema,
  dibImages: dibImageSchema,
  images: imageSchema,
  jobs: autoHoldSchema,
};

/** An image order as it is stored. */
export const orderSchema: Schema<ImageOrder> = v.strictObject({
  provider: text,
  image: v.string(),
  orderedAt: maybeInstant,
  builtSince: maybeInstant,
  doneAt: maybeInstant,
  doneVersion: v.nullable(count),
  failures: count,
  until: maybeInstant,
  lastError: text,
  lastFailureAt: maybeInstant,
});

/** A launch pause as it is stored. */
export const pauseSchema: Schema<LaunchPause> = v.strictObject({
  provider: v.string(),
  label: v.string(),
  failures: count,
  until: maybeInstant,
  lastError: v.string(),
  lastKind: v.optional(text),
  lastFailureAt: instant,
});

/** A history record as it is stored. */
export const historySchema: Schema<HistoryRecord> = v.strictObject({ node: nodeSchema, endedAt: instant });

/** An event. Its words are for people, or for readers that may know fewer kinds. */
const eventSchema: Schema<PoolEvent> = v.strictObject({
  id: count,
  at: instant,
  kind: v.string() as unknown as Schema<PoolEvent["kind"]>,
  subject: v.strictObject({
    type: v.string() as unknown as Schema<PoolEvent["subject"]["type"]>,
    id: v.nullable(count),
    name: v.string(),
  }),
  labels: v.record(v.string(), v.string()),
  message: v.string(),
});

/** The events of a commit as they are stored. */
export const eventsSchema: Schema<{ readonly events: readonly PoolEvent[] }> = v.strictObject({
  events: v.array(eventSchema),
});

/** The numbers of a group in a sample. */
export const groupSampleSchema: Schema<GroupSample> = v.strictObject({
  of: v.picklist(["pool", "label", "provider"]),
  name: v.string(),
  values: v.array(count),
  waits: v.optional(v.strictObject({ seconds: v.array(count), counts: v.array(count) })),
});

/** A sample, or a part of one, as it is stored. */
export const sampleSchema: Schema<Sample> = v.strictObject({
  minute: count,
  groups: v.array(groupSampleSchema),
});

/** A run as it is stored. */
export const runSchema: Schema<Run> = v.strictObject({
  number: count,
  id: v.string(),
  startedAt: instant,
  firstIds: v.strictObject({ node: count, image: count }),
});

/** The installation as it is stored. */
export const installationSchema: Schema<Installation> = v.strictObject({
  id: v.pipe(v.string(), v.uuid()),
  createdAt: instant,
});

/** How clocks stood, as it is stored. */
export const clockSchema: Schema<ClockRecord> = v.strictObject({
  at: instant,
  wallOffset: v.number(),
  clouds: v.array(v.strictObject({ provider: v.string(), ahead: v.number() })),
});

/** Where a provider leads to, as it is stored. */
export const homeSchema: Schema<Home> = v.strictObject({
  provider: v.string(),
  project: v.string(),
  region: v.nullable(v.string()),
});

/** A text for people as it is stored. */
export const noteSchema: Schema<string> = v.string();

/** A counter or version as it is stored. */
export const counterSchema: Schema<number> = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
