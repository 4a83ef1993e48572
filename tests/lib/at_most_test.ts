import { deepEqual, equal, rejects } from "node:assert/strict";
import { atMost } from "../../src/lib/at_most.ts";

Deno.test("atMost() runs no more than so many at once, in the order given", async () => {
  const inTurn = atMost(2);
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const works = [0, 1, 2, 3].map((number) =>
    inTurn(() => {
      started.push(number);
      return new Promise<number>((resolve) => ends.push(() => resolve(number)));
    })
  );
  deepEqual(started, [0, 1]);
  ends[1]!();
  equal(await works[1], 1);
  deepEqual(started, [0, 1, 2]);
  ends[0]!();
  ends[2]!();
  await Promise.all([works[0], works[2]]);
  deepEqual(started, [0, 1, 2, 3]);
  ends[3]!();
  deepEqual(await Promise.all(works), [0, 1, 2, 3]);
});

Deno.test("atMost() gives the place of work that fails to the next", async () => {
  const inTurn = atMost(1);
  const failing = inTurn(() => Promise.reject(new Error("no")));
  const next = inTurn(() => Promise.resolve("yes"));
  await rejects(failing, /no/);
  equal(await next, "yes");
  equal(await inTurn(() => Promise.resolve("again")), "again");
});
