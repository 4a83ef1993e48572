/** What a dump shows, as JSON and as text. */
import assert from "node:assert/strict";
import { dumpParagraphs, viewDump } from "../../src/views/dump.ts";
import { sampleDump } from "./sample_dump.ts";

Deno.test("a dump as JSON: times in ISO 8601, lengths of time in seconds to the millisecond", () => {
  const view = viewDump(sampleDump);
  assert.deepEqual([view.version, view.at], [1, "2030-01-02T03:04:05.000Z"]);
  assert.deepEqual(view.event_loop_delay, { mean: 0.001, p99: 0.012, longest: 0.081 });
  const [request, create] = view.work;
  assert.deepEqual(
    [request!.age, request!.since, request!.waits[0]!.on],
    [61.5, "2030-01-02T03:03:03.500Z", "nodes for request 5"],
  );
  assert.deepEqual([create!.what, create!.about.node, create!.waits], ["create-server", 12, []]);
  assert.deepEqual(view.rate_limiters, [
    { provider: "cloud-a", interval: 1, next_start: 0.25, in_flight: 2, most: 16, waiting: { create: 4 } },
  ]);
  assert.deepEqual(view.connections.map(({ to, open }) => [to, open]), [
    ["cloud-a: http://cloud-a", 2],
    ["control socket", 2],
  ]);
});

Deno.test("a dump as text: a paragraph for the process, for each piece of work, and for the queues", () => {
  assert.deepEqual(dumpParagraphs(viewDump(sampleDump)), [
    `nodepool 0.4.0 (abc), pid 4711, started 2030-01-02T02:04:05.000Z, at 2030-01-02T03:04:05.000Z
  memory: 100 MiB, heap 30 MiB of 40 MiB, external 5 MiB
  event loop, last minute: late by 0.001 s on average, 0.012 s at 99 %, 0.081 s at most
  CPU profiler: off
  work in flight: 2`,
    `request: method GET, path /requests/5/grant, for 61.5 s, since 2030-01-02T03:03:03.500Z
  waiting for 61.499 s, since 2030-01-02T03:03:03.501Z: nodes for request 5
    at async waitForGrant src/control/request_desk.ts:70:5
  begun
    at HttpServer.#exchange src/lib/http/http_server.ts:150:7`,
    `create-server: node 12, label noble, provider cloud-a, image noble\\u001b[2J, for 2.345 s, since 2030-01-02T03:04:02.655Z
  running, or waiting for something that is not recorded
  begun
    at Executor.#start src/execute/executor.ts:140:5`,
    `queues
  state changes: 3 waiting, 0 running
  cloud-a create-server: 0 waiting, 2 running of 16
rate limiters
  cloud-a: 1 s between starts, the next may start in 0.25 s, 2 of 16 in flight, waiting: 4 create
connections
  cloud-a: http://cloud-a: 2 open, 2 requests being answered, 0 waiting
  control socket: 2 open, 1 requests being answered, 0 waiting
  Gearman server g:4730: away since 2030-01-02T03:04:04.000Z: refused
tasks
  tick: 9 runs, the last began 2030-01-02T03:04:04.500Z, the last to end took 0.012 s`,
  ]);
});
