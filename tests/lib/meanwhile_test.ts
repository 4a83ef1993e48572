import { deepEqual, equal, rejects } from "node:assert/strict";
import { meanwhile } from "../../src/lib/meanwhile.ts";
import { VirtualClock } from "../virtual_clock.ts";

function kit() {
  const clock = new VirtualClock();
  const told: string[] = [];
  const tell = ({ signal }: { signal: AbortSignal }) =>
    clock.sleep(1_000, { signal }).then(
      () => void told.push("time"),
      (reason) => void told.push(reason.message),
    );
  return { told, tell };
}

Deno.test("meanwhile() ends what goes on beside the work with it, also where the work fails", async () => {
  const { told, tell } = kit();
  const { signal } = new AbortController();
  equal(await meanwhile(tell, () => Promise.resolve(7), { signal }), 7);
  await rejects(meanwhile(tell, () => Promise.reject(new Error("broken")), { signal }), /broken/);
  deepEqual(told, ["over", "over"]);
});

Deno.test("meanwhile() passes the caller's abort on to what goes on beside the work", async () => {
  const { told, tell } = kit();
  const caller = new AbortController();
  const working = meanwhile(tell, (beside) => beside, caller);
  caller.abort(new Error("enough"));
  await working;
  deepEqual(told, ["enough"]);
});

Deno.test("meanwhile() goes on with the work when what goes on beside it fails first, and fails of it then", async () => {
  const { signal } = new AbortController();
  const work = Promise.withResolvers<void>();
  const working = meanwhile(() => Promise.reject(new Error("broken")), () => work.promise, { signal });
  await new Promise((resolve) => setTimeout(resolve));
  work.resolve();
  await rejects(working, /broken/);
});
