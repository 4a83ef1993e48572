import assert from "node:assert/strict";
import { endOfHold, holdEnd } from "../../src/domain/end_of_hold.ts";
import { node, NOW, states } from "../plan/plan_fixtures.ts";

const held = states.hold;
const ending = { by: "user", comment: "over" } as const;
const used = { create: NOW - 9, used: NOW - 5 };

Deno.test("a job that may still run gets its node back when the hold ends", () => {
  for (
    const fields of [{ timings: used }, { job: "gate" }, { requestId: 3 }, { job: "gate", timings: used }]
  ) assert.deepEqual(endOfHold(node(held, fields), ending), { type: "unheld" });
});

Deno.test("a node that nobody has, or whose job is over, is deleted when the hold ends", () => {
  const jobEnd = { at: NOW, result: "FAILURE" };
  const deleted = (fields: Parameters<typeof node>[1]) => endOfHold(node(held, fields), ending);
  assert.deepEqual(deleted({}), { type: "delete", ...ending, result: "unused", sparesJobs: true });
  assert.deepEqual(deleted({ job: "gate", timings: used, jobEnd }), {
    type: "delete",
    ...ending,
    result: "used",
    sparesJobs: true,
  });
});

Deno.test("a hold ends by its own time or by hold-max-age, whichever is first; one of a node that may be in use by none", () => {
  const end = (until: number | null, maxAge: number | null, mayBeInUse?: true) =>
    holdEnd({
      stateSince: NOW,
      hold: { reason: null, owner: null, until, ...(mayBeInUse && { mayBeInUse }) },
    }, maxAge);
  assert.deepEqual(
    [end(null, null), end(NOW + 5, null), end(NOW + 5, 3), end(null, 3), end(NOW + 5, 3, true)],
    [null, NOW + 5, NOW + 3, NOW + 3, null],
  );
});
