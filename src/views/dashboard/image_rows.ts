/**
 * The images that are made here: one row for each build of a diskimage and for each image of a provider, with what is in
 * use, what is on its way, when the next one is made, and what went wrong last.
 */
import { cronPattern } from "../../domain/cron_expression.ts";
import type { Config } from "../../domain/config.ts";
import { type DibImage, dibStateName, type ImageStateName } from "../../domain/dib_image.ts";
import { findDiskimage, imageUses } from "../../domain/image_uses.ts";
import type { ImageOrder } from "../../domain/image_order.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { imageStateName, type ProviderImage } from "../../domain/provider_image.ts";
import { earliest, type Instant, SECOND } from "../../domain/time.ts";
import { cronTimes } from "../../lib/cron_times.ts";
import { percentSent } from "../image_lists.ts";
import { compareText } from "../view_head.ts";
import { type Shown, shownOf } from "./shown.ts";

export type MadeImageRow = ReturnType<typeof rowOf>;

const MOST = 12;

export function imageRows(report: PoolReport): Shown<MadeImageRow> {
  const { config, now, wallOffset } = report;
  if (config === null) return { rows: [], total: 0 };
  const uses = imageUses(config).map(({ image: { name, diskimage }, provider, isUsed }) => ({
    name,
    provider: provider.name,
    diskimage,
    isUsed,
  }));
  const builds = [...Map.groupBy(uses, ({ diskimage }) => diskimage)].flatMap(([name, alike]) =>
    name === null
      ? []
      : [{ name, provider: null, diskimage: name, isUsed: alike.some(({ isUsed }) => isUsed) }]
  );
  const wall = cronTimes(cronPattern(config.cron.imageUpdate))(now + wallOffset);
  const allOrdered = wall === null ? null : wall - wallOffset;
  const rows = [...builds, ...uses].map((made) => rowOf(made, { report, config, allOrdered }));
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
  readonly allOrdered: Instant | null;
}

interface Made {
  readonly name: string;
  /** null: the build of a diskimage. */
  readonly provider: string | null;
  readonly diskimage: string | null;
  /** Whether it must not be missing. */
  readonly isUsed: boolean;
}

function rowOf(made: Made, facts: Facts) {
  const { name, provider } = made;
  const records = recordsOf(made, facts.report);
  const [current = null, previous = null] = records.filter(({ state }) => state === "ready")
    .map(({ image }) => image.version * SECOND).toReversed();
  const making = records.findLast(({ state }) => state === "building")?.image;
  const order = facts.report.orders.find((one) => one.provider === provider && one.image === name);
  return {
    name,
    provider,
    /** When the two newest that are ready were decided on: the first is in use. */
    current,
    previous,
    /** `percent`: of an upload's data that has gone out. */
    making: making === undefined ? null : {
      phase: making.state.phase,
      since: making.stateSince,
      percent: making.state.phase === "upload" ? percentSent(making.id, facts.report) : null,
    },
    /** When the next one is begun; null: when somebody orders it. */
    next: making === undefined ? nextOf(made, { ...facts, order, current }) : null,
    /** Since the last one that became ready; `log`: of the newest attempt whose log is known. */
    failure: order === undefined || order.failures === 0 ? null : {
      count: order.failures,
      error: order.lastError ?? "it failed",
      at: order.lastFailureAt,
      log:
        records.findLast(({ image, state }) => state !== "ready" && image.logFile !== null)?.image.logFile ??
          null,
    },
  };
}

/** The oldest first. */
function recordsOf({ name, provider }: Made, { dibImages, images }: PoolReport) {
  const records: { image: DibImage | ProviderImage; state: ImageStateName }[] = provider === null
    ? dibImages.filter((image) => image.name === name).map((image) => ({ image, state: dibStateName(image) }))
    : images.filter((image) =>
      image.provider === provider && image.image === name && image.state.phase !== "gone"
    ).map((image) => ({ image, state: imageStateName(image) }));
  return records.sort((left, right) => left.image.version - right.image.version);
}

/**
 * After a failure when its pause ends, and at once where there must be one; else when it is too old or all are ordered,
 * whichever comes first.
 */
function nextOf(
  { diskimage, isUsed }: Made,
  { report, config, allOrdered, order, current }: Facts & {
    order: ImageOrder | undefined;
    current: Instant | null;
  },
): Instant | null {
  if (order !== undefined && order.until !== null && order.until > report.now) return order.until;
  const build = diskimage === null ? null : findDiskimage(config, diskimage);
  if (build?.pause) return null;
  if (current === null && isUsed) return report.now;
  return earliest([allOrdered, build === null || current === null ? null : current + build.rebuildAge]);
}
