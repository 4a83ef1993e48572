import { deepEqual, equal, throws } from "node:assert/strict";
import { listenToJobEvents } from "../../../src/demand/zmq/job_events.ts";
import type { LinkState } from "../../../src/domain/link_state.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { VirtualClock } from "../../virtual_clock.ts";
import { ScriptedServer } from "../scripted_server.ts";

Deno.test("listenToJobEvents() connects to nobody where its endpoint is none", () => {
  const server = new ScriptedServer();
  const endpoint = "tcp://jenkins.test";
  const [clock, random] = [new VirtualClock(), seededRandom(1)];
  throws(
    () => listenToJobEvents({ endpoint, clock, random, dial: server.dial, onEvent: () => {} }),
    /cannot subscribe at tcp:\/\/jenkins\.test: give tcp:\/\/HOST:PORT/,
  );
  equal(server.attempts, 0);
});

Deno.test("listenToJobEvents() tells how its publisher stands", async () => {
  const server = new ScriptedServer();
  server.refusal = new Error("connection refused");
  const states: LinkState[] = [];
  const clock = new VirtualClock(0);
  await using listening = listenToJobEvents({
    endpoint: "tcp://a.test:1",
    clock,
    random: seededRandom(1),
    dial: server.dial,
    onEvent: () => {},
    onState: (state) => states.push(state),
  });
  equal(listening.state.status, "connecting");
  await clock.advance(0);
  deepEqual(states, [listening.state]);
  equal(listening.state.status, "away");
});
