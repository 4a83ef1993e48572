/** The operation on events. */
import { wallOffsetOf } from "../../domain/clock_record.ts";
import * as v from "valibot";
import { ControlError } from "../control_error.ts";
import { EventFeed } from "../event_feed.ts";
import { id, operation, stream } from "../operation.ts";

/** In an address it is a text. */
const flag = v.union([
  v.boolean(),
  v.pipe(v.picklist(["true", "false"]), v.transform((text) => text === "true")),
]) as unknown as v.GenericSchema<boolean>;

export const eventOperations = {
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
        throw new ControlError(503, "no daemon is running: nothing happens");
      }
      const feed = pool.daemon?.events ?? new EventFeed(pool);
      const recorded = since === undefined
        ? null
        : since - wallOffsetOf(pool.clock, pool.ledger.clockRecord?.wallOffset);
      return feed.open({ after: after ?? await feed.startOf(recorded), follow, signal });
    },
  }),
};
