import assert from "node:assert/strict";
import { RateLimiter, type Slot } from "../../src/lib/rate_limiter.ts";
import { VirtualClock } from "../virtual_clock.ts";

const { signal } = new AbortController();

type Turn = "login" | "list" | "create" | "delete" | "other";

interface Start {
  readonly turn: Turn;
  readonly at: number;
  readonly slot: Slot;
}

/** Asks for so many turns of each kind; each request ends as soon as it starts, unless told to last. */
function ask(
  limiter: RateLimiter<Turn>,
  clock: VirtualClock,
  { turns, part, last = false }: { turns: Turn[]; part?: string; last?: boolean },
) {
  const starts: Start[] = [];
  for (const turn of turns) {
    limiter.take(turn, { signal, part }).then((slot) => {
      starts.push({ turn, at: clock.monotonic(), slot });
      if (!last) slot[Symbol.dispose]();
    });
  }
  return starts;
}

function setUp(options: { rate: number; maxConcurrency?: number; partConcurrency?: number }) {
  const clock = new VirtualClock();
  return { clock, limiter: new RateLimiter<Turn>({ clock, maxConcurrency: 16, ...options }) };
}

Deno.test("RateLimiter keeps the rate between the starts of requests, not their ends", async () => {
  const { clock, limiter } = setUp({ rate: 100 });
  const starts = ask(limiter, clock, { turns: ["list", "list", "list", "list"], last: true });
  await clock.advance(1_000);
  assert.deepEqual(starts.map(({ at }) => at), [0, 100, 200, 300]);
});

Deno.test("RateLimiter lets kinds take turns, so that neither creates nor deletes starve", async () => {
  const { clock, limiter } = setUp({ rate: 100 });
  const turns: Turn[] = [...Array(6).fill("create"), ...Array(4).fill("delete"), "list", "login"];
  const starts = ask(limiter, clock, { turns });
  await clock.advance(10_000);
  const order = starts.map(({ turn }) => turn);
  assert.equal(order.length, turns.length);
  for (const turn of ["create", "delete", "list", "login"] as const) {
    assert.ok(order.indexOf(turn) < 5, `${turn} is among the first of ${order}`);
  }
  const deletes = order.flatMap((turn, index) => turn === "delete" ? [index] : []);
  assert.ok(deletes.at(-1)! <= 10, `deletes are spread evenly: ${order}`);
});

Deno.test("RateLimiter bounds the requests in flight and goes on when one ends", async () => {
  const { clock, limiter } = setUp({ rate: 0, maxConcurrency: 2 });
  const starts = ask(limiter, clock, { turns: ["other", "other", "other"], last: true });
  await clock.advance(1_000);
  assert.equal(starts.length, 2);
  assert.equal(limiter.queued, 1);
  starts[0]!.slot[Symbol.dispose]();
  starts[0]!.slot[Symbol.dispose]();
  await clock.advance(0);
  assert.equal(starts.length, 3);
  assert.equal(limiter.queued, 0);
});

Deno.test("RateLimiter leaves places to other parts where all that one may have hang", async () => {
  const { clock, limiter } = setUp({ rate: 0, maxConcurrency: 3, partConcurrency: 2 });
  const hanging = ask(limiter, clock, { turns: ["list", "list", "list"], part: "networks", last: true });
  const others = ask(limiter, clock, { turns: ["list", "create"], part: "servers" });
  await clock.advance(60_000);
  assert.deepEqual([hanging.length, others.length, limiter.queued], [2, 2, 1]);
  assert.equal(clock.sleeping, 0, "no timer is needed");
  hanging[0]!.slot[Symbol.dispose]();
  await clock.advance(0);
  assert.deepEqual([hanging.length, limiter.queued], [3, 0]);
});

Deno.test("RateLimiter forgets a wait that is aborted, in whatever place of the queue", async () => {
  const { clock, limiter } = setUp({ rate: 1_000 });
  const abort = new AbortController();
  const first = ask(limiter, clock, { turns: ["create"] });
  const aborted = limiter.take("create", { signal: abort.signal });
  const later = ask(limiter, clock, { turns: ["create"] });
  abort.abort(new Error("enough"));
  await assert.rejects(aborted, /enough/);
  await clock.advance(1_000);
  assert.equal(first.length, 1);
  assert.deepEqual(later.map(({ at }) => at), [1_000]);
  await assert.rejects(limiter.take("list", { signal: abort.signal }), /enough/);
});

Deno.test("RateLimiter serves the next when the only waiting request is aborted and another comes", async () => {
  const { clock, limiter } = setUp({ rate: 1_000 });
  const abort = new AbortController();
  ask(limiter, clock, { turns: ["list"] });
  const aborted = limiter.take("list", { signal: abort.signal });
  await clock.advance(500);
  abort.abort(new Error("enough"));
  await assert.rejects(aborted);
  const next = ask(limiter, clock, { turns: ["list"] });
  await clock.advance(500);
  assert.deepEqual(next.map(({ at }) => at), [1_000]);
});

Deno.test("RateLimiter slows down by doubling, once for the requests of one burst", async () => {
  const { clock, limiter } = setUp({ rate: 100 });
  const burst = ask(limiter, clock, { turns: ["create", "create", "create"], last: true });
  await clock.advance(1_000);
  for (const { slot } of burst) slot.slowDown({ retryAfter: null });
  assert.equal(limiter.interval, 200);
  const next = limiter.take("create", { signal });
  await clock.advance(200);
  using slot = await next;
  slot.slowDown({ retryAfter: null });
  assert.equal(limiter.interval, 400);
});

Deno.test("RateLimiter starts nothing before Retry-After has passed", async () => {
  const { clock, limiter } = setUp({ rate: 0 });
  using slot = await limiter.take("create", { signal });
  slot.slowDown({ retryAfter: 5_000 });
  const later = ask(limiter, clock, { turns: ["delete", "list"] });
  await clock.advance(20_000);
  assert.equal(later[0]!.at, 5_000);
  assert.ok(later[1]!.at >= 5_100, "and then goes on slowly");
});

Deno.test("RateLimiter slows down the part that asks for it; the others go on, at the rate of all", async () => {
  const { clock, limiter } = setUp({ rate: 100 });
  using slot = await limiter.take("list", { signal, part: "images" });
  slot.slowDown({ retryAfter: 60_000 });
  const slow = ask(limiter, clock, { turns: ["list", "list"], part: "images" });
  const others = ask(limiter, clock, { turns: ["list", "create", "list"], part: "servers" });
  assert.deepEqual(limiter.state.waiting, { list: 4, create: 1 });
  await clock.advance(1_000);
  const more = ask(limiter, clock, { turns: ["list", "list"], part: "servers" });
  await clock.advance(100_000);
  assert.deepEqual(others.map(({ at }) => at), [100, 200, 300]);
  assert.deepEqual(more.map(({ at }) => at), [1_000, 1_100]);
  assert.deepEqual(slow.map(({ at }) => at), [60_000, 60_200]);
  assert.equal(limiter.interval, 200);
});

Deno.test("RateLimiter gets back to its rate after enough success, and not below", async () => {
  for (const rate of [0, 100]) {
    const { clock, limiter } = setUp({ rate });
    using slot = await limiter.take("list", { signal });
    slot.slowDown({ retryAfter: null });
    const slow = limiter.interval;
    assert.ok(slow > rate);
    let successes = 0;
    while (limiter.interval > rate && successes < 500) {
      const taken = limiter.take("list", { signal });
      await clock.advance(slow);
      using next = await taken;
      next.speedUp();
      successes++;
    }
    assert.equal(limiter.interval, rate);
    assert.ok(successes > 3, `not at once, but after ${successes}`);
  }
});

Deno.test("RateLimiter never makes a slow rate faster by slowing down", async () => {
  const { limiter } = setUp({ rate: 30_000 });
  using slot = await limiter.take("list", { signal });
  slot.slowDown({ retryAfter: null });
  assert.equal(limiter.interval, 30_000);
});

Deno.test("RateLimiter without a rate waits for no timer", async () => {
  const { clock, limiter } = setUp({ rate: 0, maxConcurrency: 4 });
  const starts = ask(limiter, clock, { turns: Array(5_000).fill("other") });
  await clock.advance(0);
  assert.equal(starts.length, 5_000);
  assert.equal(clock.monotonic(), 0);
});
