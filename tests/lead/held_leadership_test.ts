import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../src/lib/random.ts";
import { planByChance } from "../machines/scripted_etcd.ts";
import type { VirtualClock } from "../virtual_clock.ts";
import { type Campaigner, campaigns, end, virtualEtcd } from "./campaigning.ts";

const SECOND = 1_000;

async function leading() {
  const { clock, etcd } = virtualEtcd();
  const campaigner = campaigns(etcd, "one");
  await clock.advance(100);
  return { clock, etcd, campaigner, held: campaigner.held! };
}

Deno.test("a leader is sure for eight seconds after the last renewal was asked for, however late the answer came", async () => {
  const { clock, etcd, campaigner, held } = await leading();
  etcd.plan = ({ method }) => method === "keepAlive" ? { back: 1_900 } : {};
  await clock.advance(4_500);
  etcd.plan = () => ({ end: "unreachable" });
  // Asked for after 2.5 s, and answered after 4.4 s.
  await clock.advance(10_300 - 4_500);
  assert.equal(held.isSure, true);
  await clock.advance(300);
  assert.equal(held.isSure, false);
  assert.equal(held.isLost, false, "etcd may still answer");
  await end(clock, campaigner);
});

Deno.test("what wants to take effect waits while the leader is not sure, and goes on when etcd answers", async () => {
  const { clock, etcd, campaigner, held } = await leading();
  etcd.plan = () => ({ end: "unreachable" });
  await clock.advance(8_500);
  let isThrough = false;
  const waiting = held.untilSure(new AbortController()).then(() => isThrough = true);
  await clock.advance(500);
  assert.equal(isThrough, false);
  etcd.plan = () => ({});
  await clock.advance(1_000);
  assert.equal(isThrough, true);
  await waiting;
  assert.equal(held.isSure, true);
  await end(clock, campaigner);
});

Deno.test("what wants to take effect once the leadership is lost ends with its caller, without an error of its own", async () => {
  const { clock, campaigner, held } = await leading();
  held.lose("another leads");
  const caller = new AbortController();
  let outcome: unknown = "waits";
  const waiting = held.untilSure(caller).catch((error) => outcome = error.message);
  await clock.advance(60 * SECOND);
  assert.equal(outcome, "waits");
  caller.abort(new Error("the daemon is stopping"));
  await waiting;
  assert.equal(outcome, "the daemon is stopping");
  await end(clock, campaigner);
});

Deno.test("a leader whose machine slept is not sure, though no time has passed by its monotonic clock", async () => {
  const { clock, campaigner, held } = await leading();
  assert.equal(held.isSure, true);
  clock.stepWall(9 * SECOND);
  assert.equal(held.isSure, false);
  await clock.advance(3 * SECOND);
  assert.equal(held.isSure, true, "etcd had still its lease");
  await end(clock, campaigner);
});

Deno.test("a leader whose lease etcd has ended is lost at its next renewal", async () => {
  const { clock, etcd, campaigner, held } = await leading();
  const { lease } = etcd.server.range({ key: "/nodepool/ci/leader" }).entries[0]!;
  etcd.server.revokeLease(lease!);
  await clock.advance(3 * SECOND);
  assert.equal(held.isLost, true);
  assert.match((await held.lost).message, /etcd has ended its lease/);
  await end(clock, campaigner);
});

Deno.test("whoever sees another's token ends the leadership at once", async () => {
  const { clock, campaigner, held } = await leading();
  held.lose("another process leads");
  assert.deepEqual([held.isSure, held.isLost], [false, true]);
  assert.equal((await held.lost).message, "another process leads");
  await end(clock, campaigner);
});

/** The clock of a process that is stopped and continued: its timers fire, and it looks at anything, only while it runs. */
class StoppableClock {
  #running = Promise.withResolvers<void>();
  isStopped = false;
  constructor(readonly machine: VirtualClock) {
    this.#running.resolve();
  }
  now = () => this.machine.now();
  wall = () => this.machine.wall();
  monotonic = () => this.machine.monotonic();
  async sleep(milliseconds: number, options?: { signal?: AbortSignal }): Promise<void> {
    await this.machine.sleep(milliseconds, options);
    await this.#running.promise;
    options?.signal?.throwIfAborted();
  }
  stop() {
    if (!this.isStopped) this.#running = Promise.withResolvers();
    this.isStopped = true;
  }
  go() {
    this.isStopped = false;
    this.#running.resolve();
  }
}

Deno.test("of three daemons never two are sure to lead, whatever is lost, late, repeated, cut off or stopped", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const random = seededRandom(seed);
      const { clock, etcd } = virtualEtcd();
      etcd.plan = planByChance(random, { delayed: 0.3, lost: 0.15, repeated: 0.1 });
      const clocks = new Map(["a", "b", "c"].map((id) => [id, new StoppableClock(clock)]));
      const start = (id: string) => campaigns(etcd, id, { clock: clocks.get(id)! });
      const all = new Map([...clocks.keys()].map((id) => [id, start(id)]));
      let leaders = 0;
      for (let step = 0; step < 300; step++) {
        const id = random.pick([...clocks.keys()]);
        const dice = random.float();
        if (dice < 0.02) etcd.cutOff.add(id);
        else if (dice < 0.1) etcd.cutOff.delete(id);
        else if (dice < 0.12) clocks.get(id)!.stop();
        else if (dice < 0.2) clocks.get(id)!.go();
        await clock.advance(random.integer(800));
        const sure = [...all].filter(([, { held }]) => held?.isSure);
        assert.ok(sure.length <= 1, `${sure.map(([id]) => id)} are sure at ${clock.monotonic()}`);
        leaders += sure.length;
        for (const [id, { held }] of all) if (held?.isLost) all.set(id, start(id));
      }
      assert.ok(leaders > 0, "somebody leads now and then");
      for (const each of clocks.values()) each.go();
      await end(clock, ...all.values() as Iterable<Campaigner>);
    }),
    { numRuns: 25 },
  );
});
