import assert from "node:assert/strict";
import { lineageOf, type Run } from "../../src/domain/lineage.ts";

/** Runs r1, r2, r3, which gave out ids from 10, 20 and 20 on; 25 is next. */
const runs: readonly Run[] = [["r1", 10], ["r2", 20], ["r3", 20]].map(([id, first], index) => ({
  number: index + 1,
  id: id as string,
  startedAt: 0,
  firstIds: { node: first as number, image: 1 },
}));
const lineage = lineageOf(() => runs, (kind) => kind === "node" ? 25 : 1);

Deno.test("an id belongs to the run that gave it out, which may be the last of several that could", () => {
  const of = [9, 10, 19, 20, 24].map((id) => lineage.runOf("node", id));
  assert.deepEqual(of, [null, "r1", "r1", "r3", "r3"]);
});

for (
  const [what, mark, expected] of [
    ["of the run that gave it out", { id: 15, run: "r1" }, true],
    ["of another run", { id: 15, run: "r3" }, false],
    ["of a run that is not known", { id: 15, run: "x" }, false],
    ["of a run that gave out none", { id: 20, run: "r2" }, false],
    ["without a run", { id: 15, run: null }, true],
    ["from before runs were recorded", { id: 9, run: "x" }, true],
    ["that is still to be given out", { id: 25, run: "r3" }, false],
    ["that is still to be given out, without a run", { id: 25, run: null }, false],
  ] as const
) {
  Deno.test(`a mark with an id ${what} is ${expected ? "ours" : "foreign"}`, () => {
    assert.equal(lineage.owns("node", mark), expected);
  });
}

Deno.test("what a copy that was made during a run can know ends where the next run begins", () => {
  assert.deepEqual(["r1", "r2", "r3", "x"].map(lineage.boundOf), [20, 20, 25, null]);
});
