import assert from "node:assert/strict";
import { type ControlWire, RemotePool } from "../../src/control/control_client.ts";
import { isAway } from "../../src/control/control_error.ts";
import { SilentDaemonError } from "../../src/control/watch_silence.ts";
import { SECOND } from "../../src/domain/time.ts";
import { VirtualClock } from "../virtual_clock.ts";

/** A daemon that answers each request when its turn comes; `null`: never. */
function wireTo(answers: Readonly<Record<string, Promise<Response> | null>>): ControlWire {
  return {
    place: "/run/pool.sock",
    send: ({ path }, { signal }) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        void answers[path]?.then(resolve);
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function openPool(answers: Parameters<typeof wireTo>[0]) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const pool = new RemotePool(wireTo(answers), { clock, tell: (text) => told.push(text) });
  return { clock, told, pool };
}

const LEVELS = "/log-levels";
const NOT_YET = "the daemon at /run/pool.sock does not answer yet; still waiting";

Deno.test("a command says after some seconds that its daemon does not answer, and gives up after a minute", async () => {
  const { clock, told, pool } = openPool({});
  const failure = pool.ask("log-levels", {}).catch((error) => error);
  await clock.advance(5 * SECOND);
  assert.deepEqual(told, []);
  await clock.advance(SECOND);
  assert.deepEqual(told, [NOT_YET]);
  await clock.advance(53 * SECOND);
  assert.deepEqual({ told, sleeping: clock.sleeping }, { told: [NOT_YET], sleeping: 1 });
  await clock.advance(SECOND);
  const error = await failure;
  assert.ok(error instanceof SilentDaemonError && isAway(error), String(error));
  assert.equal(
    error.message,
    "the daemon at /run/pool.sock has not answered for 60 s: it hangs, or its process is stopped; " +
      "restart it if that lasts",
  );
  assert.equal(clock.sleeping, 0);
});

Deno.test("a daemon that answers after all ends the wait", async () => {
  const answer = Promise.withResolvers<Response>();
  const { clock, told, pool } = openPool({ [LEVELS]: answer.promise });
  const failure = pool.ask("log-levels", {}).catch((error) => error);
  await clock.advance(30 * SECOND);
  answer.resolve(
    Response.json({ error: "this process has no log of its own", status: 409 }, { status: 409 }),
  );
  assert.equal((await failure).message, "this process has no log of its own");
  assert.deepEqual({ told, sleeping: clock.sleeping }, { told: [NOT_YET], sleeping: 0 });
});

Deno.test("nothing is said of a daemon that takes long over one answer, but answers others", async () => {
  const { clock, told, pool } = openPool({ "/": Promise.resolve(Response.json({})) });
  const leave = new AbortController();
  const failure = pool.ask("log-levels", {}, leave).catch((error) => error);
  await clock.advance(3600 * SECOND);
  assert.deepEqual({ told, sleeping: clock.sleeping }, { told: [], sleeping: 0 });
  leave.abort(new Error("enough"));
  assert.equal((await failure).message, "enough");
});
