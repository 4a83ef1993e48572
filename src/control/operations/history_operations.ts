/** The operations on the past, and on events as they happen. */
import * as v from "valibot";
import { wallOffsetOf } from "../../domain/clock_record.ts";
import { readHistory, selectHistory } from "../../domain/history.ts";
import { usageGroupings } from "../../domain/sum_usage.ts";
import { type NodeUsage, nodeUsage } from "../../domain/node_usage.ts";
import { type Instant, type Moment, SECOND } from "../../domain/time.ts";
import { historyViewSchema, viewHistory } from "../../views/history.ts";
import { usageReportSchema, viewUsageReport } from "../../views/usage_report.ts";
import { ControlError } from "../control_error.ts";
import { EventFeed } from "../event_feed.ts";
import type { StatePool } from "../operated_pool.ts";
import { id, name, operation, stream } from "../operation.ts";

const text = v.optional(name);
/** By the machine's clock. */
const time = v.optional(id);

/** In an address it is a text. */
const flag = v.union([
  v.boolean(),
  v.pipe(v.picklist(["true", "false"]), v.transform((text) => text === "true")),
]) as unknown as v.GenericSchema<boolean>;

export const historyOperations = {
  /** The nodes that are gone, the newest first; `before`: only those that ended before that node. */
  "history": operation({
    route: "GET /history",
    needs: "state",
    request: v.strictObject({
      limit: id,
      before: v.optional(id),
      label: text,
      provider: text,
      image: text,
      job: text,
      result: text,
      hostname: text,
      since: time,
      until: time,
    }),
    answer: historyViewSchema,
    run: async (pool, { limit, before, since, until, ...filter }) => {
      const report = pool.report();
      const times = { since: recorded(since, report), until: recorded(until, report) };
      const page = await selectHistory(pool.ledger, { ...filter, ...times }, { limit, before });
      return viewHistory(page, report);
    },
  }),
  /** How servers were used in a window of time; `since` left out: since when nothing is forgotten. */
  "report": operation({
    route: "GET /report",
    needs: "config",
    request: v.strictObject({
      by: v.picklist(usageGroupings),
      since: time,
      until: time,
    }),
    answer: usageReportSchema,
    run: async (pool, { by, ...wall }) => {
      const report = pool.report();
      const asked = recorded(wall.since, report);
      const { usages, completeSince } = await gatherUsage(pool, { since: asked });
      // This second is part of it.
      const until = Math.min(recorded(wall.until, report) ?? Infinity, report.now + SECOND);
      const since = Math.min(asked ?? completeSince, until);
      return viewUsageReport(usages, { by, since, until, completeSince }, report);
    },
  }),
  /**
   * As server-sent events, those after one, or since a time by the machine's clock; otherwise from now on. To follow them needs
   * the daemon.
   */
  "events": operation({
    route: "GET /events",
    needs: "state",
    request: v.strictObject({ after: v.optional(id), since: v.optional(id), follow: flag }),
    answer: stream,
    run: async (pool, { after, since, follow }, { signal }) => {
      if (follow && pool.daemon === null) {
        throw new ControlError(503, "no daemon is running, so there is nothing to follow");
      }
      const feed = pool.daemon?.events ?? new EventFeed(pool);
      const wallOffset = wallOffsetOf(pool.clock, pool.ledger.clockRecord?.wallOffset);
      const start = recorded(since, { wallOffset }) ?? null;
      return feed.open({ after: after ?? await feed.startOf(start), follow, signal });
    },
  }),
};

/** A time by the machine's clock as one of the pool. */
function recorded(wall: number | undefined, { wallOffset }: Pick<Moment, "wallOffset">): Instant | undefined {
  return wall === undefined ? undefined : wall - wallOffset;
}

/**
 * How servers were used, those that live and those that are gone. The living first: a node that ends meanwhile is then read twice, which sums notice by its id, instead of not at all.
 * @param options `since`: nodes that ended before are left out
 * @returns `completeSince`: nothing of the time since then is forgotten
 */
async function gatherUsage(
  pool: Pick<StatePool, "ledger" | "report">,
  { since }: { since: Instant | undefined },
): Promise<{ readonly usages: readonly NodeUsage[]; readonly completeSince: Instant }> {
  const { nodes, now, config, installation } = pool.report();
  const usages = nodes.map((node) => nodeUsage(node, now));
  const living = usages.length;
  let oldest = now;
  for await (const { node, endedAt } of readHistory(pool.ledger, { since })) {
    usages.push(nodeUsage(node, endedAt));
    oldest = endedAt;
  }
  const { history: age = null, historyNodes: most = Infinity } = config?.limits ?? {};
  const bounds = [
    installation.createdAt,
    ...(age === null ? [] : [now - age]),
    ...(usages.length - living < most ? [] : [oldest]),
  ];
  return { usages, completeSince: Math.max(...bounds) };
}
