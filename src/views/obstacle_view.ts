/** An obstacle as every view shows it: its kind, in words, since when and until when, and what to do. */
import * as v from "valibot";
import { describeObstacle } from "../domain/describe_obstacle.ts";
import type { Refusal } from "../domain/obstacle.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { seeManual } from "../domain/see_manual.ts";
import { cureNames, obstacleKinds, type Remedy, remedyOf } from "./remedy.ts";
import { isoTimeOrNull } from "./view_head.ts";
import { string, stringOrNull, word } from "./view_schema.ts";

export const obstacleViewSchema = v.object({
  /** null: it stands in the way wherever the node may come from. */
  provider: stringOrNull,
  kind: word(obstacleKinds),
  message: string,
  since: stringOrNull,
  /** When it is tried again, or ends by itself; null: not known, or now. */
  until: stringOrNull,
  /** `time`, a `repair`, or another `configuration`. */
  cure: word(cureNames),
  remedy: stringOrNull,
  /** The section of the manual, for `nodepool manual`. */
  manual: stringOrNull,
});
export type ObstacleView = v.InferOutput<typeof obstacleViewSchema>;

/** @param label null: it is about no label */
export function viewObstacle(
  { provider, obstacle }: Refusal,
  { report, ...site }: { report: PoolReport; label: string | null; image?: string },
): ObstacleView {
  const { cure, text, manual } = remedyOf(obstacle, {
    provider,
    ...site,
    config: report.config,
    pool: report,
  });
  return {
    provider,
    kind: obstacle.kind,
    message: describeObstacle(obstacle, { now: report.now, wallOffset: report.wallOffset, isLinked: false })
      .replaceAll(REQUEST_ID, ""),
    since: isoTimeOrNull("since" in obstacle ? obstacle.since : null, report),
    until: isoTimeOrNull("until" in obstacle ? obstacle.until : null, report),
    cure,
    remedy: text,
    manual,
  };
}

/** OpenStack's name for a request stands with the error itself, where there is room for it. */
const REQUEST_ID = /, req-[\w-]+/g;

/** `alpha: no flavor named big` */
export function causeText({ provider, message }: Pick<ObstacleView, "provider" | "message">): string {
  return provider === null ? message : `${provider}: ${message}`;
}

/** The things to do, with the section of the manual; null: nothing but to wait. */
export function remedyText(
  { remedy, manual }: { remedy: string | null; manual: string | null },
): string | null {
  const parts = [
    ...(remedy === null ? [] : [remedy]),
    ...(manual === null ? [] : [seeManual(manual as NonNullable<Remedy["manual"]>)]),
  ];
  return parts.length === 0 ? null : parts.join("; ");
}
