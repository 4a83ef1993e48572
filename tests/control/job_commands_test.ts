import assert from "node:assert/strict";
import { checkedRequest } from "../../src/control/what_is_wrong.ts";
import { createJob, deleteJobs } from "../../src/control/operations/job_operations.ts";
import { operations } from "../../src/control/operations.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { node, NOW, states } from "../plan/plan_fixtures.ts";

const spec = { job: "gate/unit", holdOnFailure: 2 };

Deno.test("an entry is written down with an id of its own", async () => {
  const kit = await ledgerWith();
  const first = await createJob(spec, kit);
  assert.deepEqual(first, { revision: 1, id: 1, ...spec, createdAt: NOW });
  const second = await createJob({ job: "gate", holdOnFailure: 1 }, kit);
  assert.equal(second.id, 2);
  assert.deepEqual([...kit.ledger.jobs.values()], [first, second]);
});

Deno.test("a job that has an entry gets no second one, and is told what to do", async () => {
  const kit = await ledgerWith();
  await createJob(spec, kit);
  await assert.rejects(createJob({ ...spec, holdOnFailure: 5 }, kit), {
    name: "ControlError",
    status: 409,
    message:
      "job gate/unit already has an entry (1, which holds 2): use `job-delete 1` first, then create it again",
  });
  assert.equal(kit.ledger.jobs.size, 1);
});

Deno.test("of many entries made for one job at once one is", async () => {
  const kit = await ledgerWith();
  const made = await Promise.allSettled(Array.from({ length: 10 }, () => createJob(spec, kit)));
  assert.equal(made.filter(({ status }) => status === "fulfilled").length, 1);
  assert.equal(kit.ledger.jobs.size, 1);
});

Deno.test("names that no job can have, and numbers that hold nothing, are refused", async () => {
  const kit = await ledgerWith();
  const ask = (asked: typeof spec) => checkedRequest(operations["job-create"].request, asked) as typeof spec;
  for (const job of ["", "x".repeat(256), "two\nlines", "\x1b[31mred"]) {
    assert.throws(() => ask({ ...spec, job }), {
      status: 400,
      message: /use 1 to 255 printable characters/,
    });
  }
  for (const holdOnFailure of [0, -1, 1.5, NaN]) {
    assert.throws(() => ask({ ...spec, holdOnFailure }), {
      status: 400,
      message: /give a whole number of at least 1/,
    });
  }
  assert.equal((await createJob(ask({ ...spec, job: "x".repeat(255) }), kit)).job.length, 255);
});

Deno.test("entries are deleted one by one, and what they hold stays held", async () => {
  const hold = { reason: null, owner: "nodepool", until: null };
  const held = (id: number) => node({ ...states.hold, serverId: `s${id}` }, { id, job: "gate/unit", hold });
  const kit = await ledgerWith(held(1), held(2));
  await createJob(spec, kit);
  await createJob({ job: "gate", holdOnFailure: 1 }, kit);
  assert.deepEqual(await deleteJobs([1, 99, 2], kit), [
    { id: 1, ok: true, message: "deleted; 2 of its nodes stay held" },
    { id: 99, ok: false, message: "there is no job 99" },
    { id: 2, ok: true, message: "deleted" },
  ]);
  assert.deepEqual([kit.ledger.jobs.size, kit.ledger.nodes.size], [0, 2]);
  assert.equal((await createJob(spec, kit)).id, 3, "ids are not given out again");
});
