/**
 * The one exchange between a builder and the leader, as data. The builder reports all that it has and does; the leader
 * answers with all that it is to have and to do, at once or when that changes. So a lost message costs nothing, and a
 * new leader learns everything from the first one. Made and read by `builder_member.ts` and `builder_desk.ts`.
 */
import * as v from "valibot";
import { LONGEST_TIME } from "../domain/time.ts";
import type { DibOutcome, ImageOutcome } from "../execute/images/image_outcome.ts";

const text = v.pipe(v.string(), v.maxLength(4_096));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
const rows = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(v.array(item), v.maxLength(10_000), v.readonly());

const evidence = v.object({
  at: v.number(),
  error: v.string(),
  kind: v.string(),
  requestId: v.nullable(v.string()),
  fault: v.nullable(v.string()),
  console: v.nullable(v.string()),
});

const imageFile = v.object({ format: name, size: v.number(), md5: v.string(), sha512: v.string() });

/** How a piece of work ended: those outcomes of attempts that a builder's work can have. */
const outcome = v.variant("type", [
  v.object({ type: v.literal("built"), files: rows(imageFile) }),
  v.object({ type: v.literal("taken") }),
  v.object({ type: v.literal("uploaded"), evidence: v.optional(evidence) }),
  v.object({
    type: v.literal("failed"),
    comment: v.string(),
    evidence: v.nullable(evidence),
    atFault: v.optional(v.picklist(["image", "build"])),
  }),
]);

export type WorkOutcome = v.InferOutput<typeof outcome> & (DibOutcome | ImageOutcome);

/** A piece of work that it is doing, or has done and not been relieved of. */
const reportedWork = v.strictObject({
  token: name,
  /** Of an upload. */
  progress: v.nullable(v.strictObject({ sent: count, total: count })),
  /** The next part of a build's log, in base64; null: there is nothing more, or nobody asked for it. */
  log: v.nullable(v.strictObject({ from: count, bytes: v.string() })),
  /** null: it is still doing it. */
  outcome: v.nullable(outcome),
});

export const builderReportSchema = v.strictObject({
  /** Of the folder with its images; the same after a restart. */
  id: name,
  /** Of this process of it. */
  process: name,
  host: name,
  pid: count,
  version: name,
  /** Whether it takes work: not while it is stopping. */
  accepting: v.boolean(),
  buildWorkers: count,
  uploadWorkers: count,
  imagesDir: text,
  buildLogDir: text,
  elementsDir: v.nullable(text),
  scriptDir: v.nullable(text),
  /** The installation that its images belong to; null: it has none yet. */
  installation: v.nullable(name),
  /** The builds whose files it has, finished or not, as `NAME-VERSION`. */
  builds: rows(name),
  /** Builds of which there are files in its folder that it did not begin. */
  found: rows(name),
  /** Why it can do nothing, for people; left out: it can. */
  problem: v.optional(text),
  /** Builds whose files it could not remove, and why. */
  stuck: rows(v.strictObject({ build: name, message: v.string() })),
  works: rows(reportedWork),
  /** How long to wait for news, in milliseconds. */
  wait: v.pipe(count, v.maxValue(LONGEST_TIME)),
});

export type BuilderReport = v.InferOutput<typeof builderReportSchema>;
export type ReportedWork = v.InferOutput<typeof reportedWork>;

const buildOrder = v.object({
  token: name,
  type: v.literal("build"),
  job: v.object({
    name,
    path: text,
    formats: rows(name),
    elements: rows(v.string()),
    environment: v.record(v.string(), v.string()),
    logFile: text,
    timeout: v.number(),
    last: v.nullable(v.object({ path: text, size: v.number() })),
  }),
});

const uploadOrder = v.object({
  token: name,
  type: v.literal("upload"),
  provider: name,
  externalId: name,
  path: text,
  format: name,
  doubted: v.optional(imageFile),
});

/** The work that this version knows. */
export const builderOrderSchema = v.variant("type", [buildOrder, uploadOrder]);

export type BuilderOrder = v.InferOutput<typeof builderOrderSchema>;

export const builderInstructionsSchema = v.object({
  installation: name,
  /** Work to begin; of a kind, maybe, that a later version has brought. */
  orders: v.pipe(v.array(v.looseObject({ token: name, type: v.string() })), v.readonly()),
  /** Those of the reported works that go on, or whose outcome is still needed: the others end, and are forgotten. */
  going: v.pipe(v.array(name), v.readonly()),
  /**
   * The builds whose files are needed: the others that it has begun are removed. One that it has found is its own from now
   * on.
   */
  builds: v.pipe(v.array(name), v.readonly()),
  /** How much the leader has of the logs that it wants, in bytes by the work's token. */
  logs: v.record(v.string(), count),
});

export type BuilderInstructions = v.InferOutput<typeof builderInstructionsSchema>;
