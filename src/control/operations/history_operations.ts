/** The operations on what has been. */
import * as v from "valibot";
import { selectHistory } from "../../domain/history.ts";
import { historyViewSchema, viewHistory } from "../../views/history.ts";
import { id, name, operation } from "../operation.ts";

const text = v.optional(name);
/** By the machine's clock. */
const time = v.optional(id);

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
      const { wallOffset } = pool.report();
      const recorded = (wall: number | undefined) => wall === undefined ? undefined : wall - wallOffset;
      const times = { since: recorded(since), until: recorded(until) };
      const page = await selectHistory(pool.ledger, { ...filter, ...times }, { limit, before });
      return viewHistory(page, pool.report());
    },
  }),
};
