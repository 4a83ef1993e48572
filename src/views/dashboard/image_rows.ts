/**
 * The images that are made here: one row for each build of a diskimage and for each image of a provider, with what is in
 * use, what is on its way, when the next one is made, and what went wrong last.
 */
import { cronPattern } from "../../domain/cron_expression.ts";
import type { Config } from "../../domain/config.ts";
import { dibStateName } from "../../domain/dib_image.ts";
import { findDiskimage, imageUses } from "../../domain/image_uses.ts";
import type { ImageOrder } from "../../domain/image_order.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { imageStateName } from "../../domain/provider_image.ts";
import { earliest, type Instant, SECOND } from "../../domain/time.ts";
import { cronTimes } from "../../lib/cron_times.ts";
import { compareText } from "../view_head.ts";
import { type Shown, shownOf } from "./shown.ts";

export interface MadeImageRow {
  readonly name: string;
  /** null: the build of a diskimage. */
  readonly provider: string | null;
  /** When the two newest that are ready were decided on: the first is in use. */
  readonly current: Instant | null;
  readonly previous: Instant | null;
  /** The one that is being made. */
  readonly making: {
    readonly phase: string;
    readonly since: Instant;
    /** Of an upload: percent of the data that has gone out. */
    readonly percent: number | null;
  } | null;
  /** When the next one is begun; null: when somebody orders it. */
  readonly next: Instant | null;
  /** Since the last one that became ready; null: no attempt failed. */
  readonly failure: {
    readonly count: number;
    readonly error: string;
    readonly at: Instant | null;
    /** Of the newest attempt whose log is known. */
    readonly log: string | null;
  } | null;
}

const MOST = 12;

export function imageRows(report: PoolReport): Shown<MadeImageRow> {
  const { config } = report;
  if (config === null) return { rows: [], total: 0 };
  const uses = imageUses(config);
  const builds = Map.groupBy(
    uses.filter(({ image }) => image.diskimage !== null),
    ({ image }) => image.diskimage!,
  );
  const facts = { report, config, times: timesOf(report, config) };
  const rows = [
    ...[...builds].map(([name, uses]) =>
      rowOf({ name, provider: null, diskimage: name, isUsed: uses.some(({ isUsed }) => isUsed) }, facts)
    ),
    ...uses.map(({ image: { name, diskimage }, provider, isUsed }) =>
      rowOf({ name, provider: provider.name, diskimage, isUsed }, facts)
    ),
  ];
  rows.sort((left, right) =>
    compareText(left.name, right.name) || compareText(left.provider ?? "", right.provider ?? "")
  );
  return shownOf(rows, {
    most: MOST,
    rank: ({ failure, making, current }) =>
      failure !== null ? 3 : current === null ? 2 : making !== null ? 1 : 0,
  });
}

interface Facts {
  readonly report: PoolReport;
  readonly config: Config;
  /** The next time that all images are ordered. */
  readonly times: Instant | null;
}

interface Made {
  readonly name: string;
  readonly provider: string | null;
  readonly diskimage: string | null;
  /** Whether it must not be missing. */
  readonly isUsed: boolean;
}

function rowOf(made: Made, facts: Facts): MadeImageRow {
  const { report } = facts;
  const records = recordsOf(made, report);
  const ready = records.filter(({ isReady }) => isReady).map(({ version }) => version).sort((a, b) => b - a);
  const [current, previous] = ready.map((version) => version * SECOND);
  const making = records.filter(({ isMaking }) => isMaking).at(-1);
  const order = report.orders.find(({ provider, image }) =>
    provider === made.provider && image === made.name
  );
  return {
    name: made.name,
    provider: made.provider,
    current: current ?? null,
    previous: previous ?? null,
    making: making === undefined ? null : makingOf(making, report),
    next: making === undefined ? nextOf(made, { ...facts, order, current: current ?? null }) : null,
    failure: failureOf(order, records),
  };
}

type ImageRecord = ReturnType<typeof recordsOf>[number];

/** The oldest first. */
function recordsOf({ name, provider }: Made, { dibImages, images }: PoolReport) {
  const records = provider === null
    ? dibImages.filter((image) => image.name === name).map((image) => ({ image, state: dibStateName(image) }))
    : images.filter((image) =>
      image.provider === provider && image.image === name && image.state.phase !== "gone"
    ).map((image) => ({ image, state: imageStateName(image) }));
  return records.map(({ image, state }) => ({
    id: image.id,
    version: image.version,
    phase: image.state.phase,
    since: image.stateSince,
    log: image.logFile,
    isReady: state === "ready",
    isMaking: state === "building",
  })).sort((left, right) => left.version - right.version);
}

function makingOf({ id, phase, since }: ImageRecord, { uploads }: PoolReport): MadeImageRow["making"] {
  const upload = phase === "upload" ? uploads.get(id) : undefined;
  return {
    phase,
    since,
    percent: upload === undefined || upload.total === 0 ? null : Math.floor(upload.sent / upload.total * 100),
  };
}

/**
 * After a failure when its pause ends, and at once where there must be one; else when it is too old or all are ordered,
 * whichever comes first.
 */
function nextOf(
  { diskimage, isUsed }: Made,
  { report, config, times, order, current }: Facts & {
    order: ImageOrder | undefined;
    current: Instant | null;
  },
): Instant | null {
  if (order !== undefined && order.until !== null && order.until > report.now) return order.until;
  const build = diskimage === null ? null : findDiskimage(config, diskimage);
  if (build?.pause) return null;
  if (current === null && isUsed) return report.now;
  return earliest([times, build === null || current === null ? null : current + build.rebuildAge]);
}

function timesOf({ now, wallOffset }: PoolReport, { cron }: Config): Instant | null {
  const wall = cronTimes(cronPattern(cron.imageUpdate))(now + wallOffset);
  return wall === null ? null : wall - wallOffset;
}

function failureOf(order: ImageOrder | undefined, records: readonly ImageRecord[]): MadeImageRow["failure"] {
  if (order === undefined || order.failures === 0) return null;
  return {
    count: order.failures,
    error: order.lastError ?? "it failed",
    at: order.lastFailureAt,
    log: records.filter(({ isReady, log }) => !isReady && log !== null).at(-1)?.log ?? null,
  };
}
