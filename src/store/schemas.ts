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
import {
  type HistoryRecord,
  type NodePhase,
  type NodeRecord,
  type NodeResult,
  type NodeRole,
  waitingReasons,
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

const waitingOn = v.nullable(v.strictObject({
  reason: v.picklist(waitingReasons),
  message: v.string(),
  since: instant,
}));

// Records of before it was recorded have none.
const deletedBy = v.optional(v.nullable(v.picklist(deciders)), null);

/** The fields of a state besides its phase, in each phase. */
type PhaseFields<Phase extends string> = Readonly<Record<Phase, v.ObjectEntries>>;

type Phased<Fields extends PhaseFields<string>> = {
  readonly [Phase in keyof Fields]:
    & { readonly phase: Phase }
    & v.InferOutput<v.StrictObjectSchema<Fields[Phase], undefined>>;
}[keyof Fields];

function phased<Fields extends PhaseFields<string>>(fields: Fields) {
  const states = Object.entries(fields).map(([phase, entries]) =>
    v.strictObject({ phase: v.literal(phase), ...entries })
  );
  return v.variant("phase", states) as unknown as Schema<Phased<Fields>>;
}

const withServer = { serverId: v.string() };
const sending = { sentAt: maybeInstant, lostAt: maybeInstant };

const states = {
  "create": sending,
  "boot": withServer,
  "address": { ...withServer, activeAt: instant },
  "login": { ...withServer, activeAt: instant },
  "prepare": { ...withServer, failingSince: v.optional(instant), refusedSince: v.optional(instant) },
  "assign": { ...withServer, inactiveSince: v.optional(instant) },
  "test": { ...withServer, startedAt: maybeInstant },
  "ready": withServer,
  "used": { ...withServer, isClosed: v.optional(v.union([v.literal(true), v.literal("late")])) },
  "hold": { serverId: text, lostAt: maybeInstant },
  "unassign": { ...withServer, mayRunJob: v.optional(v.literal(true)) },
  "delete-server": { serverId: text, lostAt: maybeInstant, askedAt: maybeInstant, acceptedAt: maybeInstant },
  "delete-address": {},
} satisfies PhaseFields<NodePhase>;

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

const numbered = { revision: count, id: count };

/** Of a node or an image. */
const worked = {
  stateSince: instant,
  waitingOn,
  retryAt: maybeInstant,
  attempt: count,
  comment: text,
  deletedBy,
  evidence,
};

const nodeSchema: Schema<NodeRecord> = v.strictObject({
  ...numbered,
  ...worked,
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
  state: phased(states),
  formerServerId: v.optional(v.string()),
  phaseSince: instant,
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
  result: v.nullable(v.picklist(Object.keys(results) as NodeResult[])),
  timings,
  returns: v.optional(v.array(v.strictObject({ phase: v.picklist(phases), at: instant }))),
});

const requestSchema: Schema<NodeRequest> = v.strictObject({
  ...numbered,
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

const files = v.array(
  v.strictObject({ format: v.string(), size: v.number(), md5: v.string(), sha512: v.string() }),
);

const dibStates = {
  build: { startedAt: maybeInstant },
  ready: { files },
  delete: {},
} satisfies PhaseFields<DibImageState["phase"]>;

const dibImageSchema: Schema<DibImage> = v.strictObject({
  ...numbered,
  ...worked,
  name: v.string(),
  version: count,
  state: phased(dibStates),
  path: v.string(),
  builder: v.optional(v.strictObject({ id: v.string(), host: v.string() })),
  formats: v.array(v.string()),
  logFile: text,
});

const onNode = { nodeId: count };
const withImage = { externalId: v.string() };

const imageStates = {
  create: sending,
  upload: { ...withImage, startedAt: maybeInstant },
  keypair: {},
  server: { nodeId: v.nullable(count) },
  setup: { ...onNode, startedAt: maybeInstant },
  snapshot: { ...onNode, ...sending },
  saving: withImage,
  check: { ...withImage, nodeId: v.nullable(count), startedAt: maybeInstant },
  ready: { ...withImage, isProven: v.optional(v.literal(true)) },
  delete: { externalId: text, lostAt: maybeInstant, acceptedAt: maybeInstant },
  gone: {},
} satisfies PhaseFields<ProviderImageState["phase"]>;

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
  ...numbered,
  ...worked,
  provider: v.string(),
  image: v.string(),
  version: count,
  source: imageSource,
  hostname: v.string(),
  state: phased(imageStates),
  phaseSince: instant,
  keypair: v.nullable(
    v.strictObject({ name: v.string(), publicKey: v.string(), privateKey: v.string() }),
  ),
  serverId: text,
  logFile: text,
});

const autoHoldSchema: Schema<AutoHold> = v.strictObject({
  ...numbered,
  job: v.string(),
  holdOnFailure: count,
  createdAt: instant,
});

export const rowSchemas: { readonly [Name in TableName]: Schema<Tables[Name]> } = {
  nodes: nodeSchema,
  requests: requestSchema,
  dibImages: dibImageSchema,
  images: imageSchema,
  jobs: autoHoldSchema,
};

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

export const pauseSchema: Schema<LaunchPause> = v.strictObject({
  provider: v.string(),
  label: v.string(),
  failures: count,
  until: maybeInstant,
  lastError: v.string(),
  lastKind: v.optional(text),
  lastFailureAt: instant,
});

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

export const runSchema: Schema<Run> = v.strictObject({
  number: count,
  id: v.string(),
  startedAt: instant,
  firstIds: v.strictObject({ node: count, image: count }),
});

export const installationSchema: Schema<Installation> = v.strictObject({
  id: v.pipe(v.string(), v.uuid()),
  createdAt: instant,
});

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
