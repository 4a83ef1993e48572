/** The end of a seat whose state is a file. */
import assert from "node:assert/strict";
import { MINUTE } from "../../src/domain/time.ts";
import { closeState } from "../../src/daemon/file_seat.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { VirtualClock } from "../virtual_clock.ts";

Deno.test("closing a state that does not answer is given up after a while, and logged", async () => {
  const clock = new VirtualClock();
  const never = { [Symbol.asyncDispose]: () => new Promise<void>(() => {}) };
  const logged = await loggedLines(() => Promise.all([closeState(never, { clock }), clock.advance(MINUTE)]));
  assert.deepEqual(logged.map(({ message }) => message.join("")), [
    "the state did not close within 20s: its file system does not answer; the daemon ends without waiting for it",
  ]);
  assert.equal(clock.sleeping, 0);
});

Deno.test("closing a state waits for the write in progress", async () => {
  const clock = new VirtualClock();
  let isClosed = false;
  const slow = { [Symbol.asyncDispose]: () => clock.sleep(15_000).then(() => void (isClosed = true)) };
  const logged = await loggedLines(() => Promise.all([closeState(slow, { clock }), clock.advance(MINUTE)]));
  assert.deepEqual([isClosed, logged.length, clock.sleeping], [true, 0, 0]);
});
