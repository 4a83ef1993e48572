/** Subscribers against Debian's libzmq: what works there works with the publishers that people run. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import type { JobEvent } from "../../../../src/demand/zmq/job_event.ts";
import { listenToJobEvents } from "../../../../src/demand/zmq/job_events.ts";
import type { LinkState } from "../../../../src/domain/link_state.ts";
import { createZmqSubscriber } from "../../../../src/demand/zmq/subscriber.ts";
import { type Clock, systemClock } from "../../../../src/lib/clock.ts";
import { seededRandom } from "../../../../src/lib/random.ts";
import { VirtualClock } from "../../../virtual_clock.ts";
import { testNeeding } from "../../../needs.ts";
import { freePort } from "../../../ssh/openssh_server.ts";
import { eventually } from "../../../eventually.ts";
import { watchDoneAtOnce } from "../../../demand/done_at_once.ts";
import { LibzmqPublisher } from "../../../demand/zmq/libzmq_publisher.ts";
import { asRevision, asUnversioned, startRewritingProxy } from "../../../demand/zmq/rewriting_proxy.ts";

function withLibzmq(name: string, fn: () => Promise<void>): void {
  testNeeding(["libzmq"], `libzmq: ${name}`, fn);
}

const random = seededRandom(1);

interface Received extends AsyncDisposable {
  readonly endpoint: string;
  readonly state: LinkState;
  /** Messages, the frames of each with `|` between them. */
  readonly messages: readonly string[];
}

function subscribe(endpoint: string, { clock = systemClock as Clock } = {}): Received {
  const messages: string[] = [];
  const decoder = new TextDecoder();
  const subscriber = createZmqSubscriber({
    endpoint,
    clock,
    random,
    onMessage: (frames) => void messages.push(frames.map((frame) => decoder.decode(frame)).join("|")),
  });
  return Object.assign(subscriber, { endpoint, messages });
}

const awayMessage = ({ state }: { readonly state: LinkState }) =>
  state.status === "away" ? state.message : state.status;

withLibzmq("job events arrive, and a message that is none is logged and skipped", async () => {
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { memory: (record: LogRecord) => void records.push(record) },
    loggers: [
      { category: ["nodepool"], sinks: ["memory"] },
      { category: ["logtape", "meta"], sinks: ["memory"], lowestLevel: "error" },
    ],
  });
  await using publisher = await LibzmqPublisher.start();
  const events: JobEvent[] = [];
  await using listening = listenToJobEvents({
    endpoint: publisher.endpoint,
    clock: systemClock,
    random,
    onEvent: (event) => events.push(event),
  });
  await publisher.tells("subscribed ");
  const build = { node_name: "bare-1", parameters: { ZUUL_BRANCH: "stable/é" } };
  await publisher.do("send", `onStarted ${JSON.stringify({ name: "unit", build })}`);
  await publisher.do("send", "onCompleted {broken");
  await publisher.do("send", `hello ${"x".repeat(500)}`);
  await publisher.do(
    "send",
    "onCompleted",
    JSON.stringify({ name: "unit", build: { ...build, status: "FAILURE" } }),
  );
  await publisher.do(
    "send",
    `onFinalized ${JSON.stringify({ name: "unit", build: { node_name: "bare-1" } })}`,
  );
  await eventually(() => events.length === 3);
  const common = { job: "unit", nodename: "bare-1" };
  deepEqual(events, [
    { ...common, type: "started", result: null, branch: "stable/é" },
    { ...common, type: "completed", result: "FAILURE", branch: "stable/é" },
    { ...common, type: "finalized", result: null, branch: null },
  ]);
  deepEqual(
    records.map(({ level, properties }) => [level, properties.endpoint, String(properties.text).length]),
    [
      ["warning", publisher.endpoint, "onCompleted {broken".length],
      ["warning", publisher.endpoint, 201],
    ],
  );
  equal(listening.state.status, "connected");
  await reset();
});

withLibzmq("frames of every length and messages of several frames arrive whole", async () => {
  await using publisher = await LibzmqPublisher.start();
  await using received = subscribe(publisher.endpoint);
  await publisher.tells("subscribed ");
  const texts = [0, 1, 255, 256, 65_535, 65_536, 300_000].map((size) =>
    "é".repeat(size / 2) + "x".repeat(size % 2)
  );
  for (const text of texts) await publisher.do("send", text);
  await publisher.do("send", "a", "", "c".repeat(1000), "");
  await publisher.do("send", ...Array.from({ length: 500 }, (_, index) => String(index)));
  await eventually(() => received.messages.length === texts.length + 2);
  deepEqual(received.messages.slice(0, texts.length), texts);
  equal(received.messages.at(-2), `a||${"c".repeat(1000)}|`);
  equal(received.messages.at(-1)!.split("|").length, 500);
});

withLibzmq(
  "a message of 1 MiB arrives, and a larger one ends the connection, which is made again",
  async () => {
    await using publisher = await LibzmqPublisher.start();
    await using received = subscribe(publisher.endpoint);
    await publisher.tells("subscribed ");
    await publisher.do("size", 2 ** 20);
    await eventually(() => received.messages.length === 1);
    equal(received.messages[0]!.length, 2 ** 20);
    await publisher.do("size", 2 ** 20 + 1);
    await eventually(() => received.state.status === "away");
    match(awayMessage(received), /it sent a frame of 1048577 bytes: over 1048576/);
    await publisher.tells("subscribed ");
    await publisher.do("send", "after");
    await eventually(() => received.messages.at(-1) === "after");
  },
);

withLibzmq("messages arrive again after the publisher was started again", async () => {
  await using received = await (async () => {
    await using first = await LibzmqPublisher.start();
    const received = subscribe(first.endpoint);
    await first.tells("subscribed ");
    await first.do("send", "before");
    await eventually(() => received.messages.length === 1);
    return received;
  })();
  await eventually(() => received.state.status === "away");
  await using second = await LibzmqPublisher.start({ endpoint: received.endpoint });
  await second.tells("subscribed ");
  await second.do("send", "after");
  await eventually(() => received.messages.length === 2);
  deepEqual(received.messages, ["before", "after"]);
  equal(received.state.status, "connected");
});

withLibzmq(
  "a subscriber that is there before its publisher gets what is published from the beginning",
  async () => {
    const endpoint = `tcp://127.0.0.1:${freePort()}`;
    await using received = subscribe(endpoint);
    await eventually(() => received.state.status === "away");
    match(awayMessage(received), /connection refused; check that it runs and that this is its port/);
    await using publisher = await LibzmqPublisher.start({ endpoint });
    await publisher.tells("subscribed ");
    await publisher.do("count", 0, 100, "message %d");
    await eventually(() => received.messages.length === 100);
    equal(received.messages[0], "message 0");
  },
);

withLibzmq(
  "a subscriber that joins late gets all that is published from then on, without a gap",
  async () => {
    await using publisher = await LibzmqPublisher.start({ type: "PUB" });
    await publisher.do("flow", "%d");
    await using early = subscribe(publisher.endpoint);
    await eventually(() => early.messages.length > 100);
    await using late = subscribe(publisher.endpoint);
    await eventually(() => late.messages.length > 100);
    for (const { messages } of [early, late]) {
      const numbers = messages.map(Number);
      deepEqual(numbers, numbers.map((_, index) => numbers[0]! + index));
    }
    ok(Number(late.messages[0]) >= 100);
  },
);

withLibzmq(
  "of a burst of 10,000 events none is lost, nobody is blocked for long, memory stays flat",
  async () => {
    await using publisher = await LibzmqPublisher.start();
    let [next, wrong] = [0, 0];
    await using _listening = listenToJobEvents({
      endpoint: publisher.endpoint,
      clock: systemClock,
      random,
      onEvent: ({ job }) => void (job === `job-${next++}` || wrong++),
    });
    await publisher.tells("subscribed ");
    const parameters = { PADDING: "x".repeat(1000) };
    const build = JSON.stringify({ node_name: "bare-1", status: "SUCCESS", parameters });
    const text = `onFinalized {"name": "job-%d", "build": ${build}}`;
    const used = () => {
      const { heapUsed, external } = Deno.memoryUsage();
      return (heapUsed + external) / 2 ** 20;
    };
    const before = used();
    let most = 0;
    await using events = watchDoneAtOnce(() => next);
    for (let burst = 1; burst <= 5; burst++) {
      await publisher.do("count", next, next + 10_000, text);
      await eventually(() => next === burst * 10_000, () => void (most = Math.max(most, used())));
    }
    equal(wrong, 0);
    // Four reads of 64 KiB: what is made of so much takes some milliseconds.
    ok(events.most > 0 && events.most <= 4 * 64, `${events.most} events were handled at once`);
    ok(most - before < 40, `memory grew by ${most - before} MiB over 60 MiB of messages`);
  },
);

withLibzmq("a publisher that asks whether the subscriber is there gets its answers", async () => {
  await using publisher = await LibzmqPublisher.start({ heartbeat: 100 });
  await using received = subscribe(publisher.endpoint);
  await publisher.tells("subscribed ");
  await publisher.do("flow", "%d");
  await eventually(() => received.messages.length > 800);
  deepEqual(received.messages.map(Number), received.messages.map((_, index) => index));
});

withLibzmq("a publisher that goes silent is given up; one that is only quiet is not", async () => {
  const clock = new VirtualClock();
  await using publisher = await LibzmqPublisher.start();
  await using received = subscribe(publisher.endpoint, { clock });
  await publisher.tells("subscribed ");
  await eventually(() => received.state.status === "connected");
  const { state } = received;
  for (let turn = 1; turn <= 3; turn++) {
    await clock.advance(32_000);
    // What the publisher sends after the question comes after its answer.
    await publisher.do("send", "still here");
    await eventually(() => received.messages.length === turn);
  }
  deepEqual(received.state, state);
  publisher.freeze();
  await eventually(() => received.state.status === "away", () => clock.advance(100));
  match(awayMessage(received), /no response for 10 s/);
});

for (
  const [version, rewriting] of [
    ["2.0", asRevision(1)],
    ["2.0 of revision 0", asRevision(0)],
    ["1.0", asUnversioned],
  ] as const
) {
  withLibzmq(`a publisher that speaks version ${version} is understood`, async () => {
    await using publisher = await LibzmqPublisher.start();
    await using proxy = startRewritingProxy(publisher.port, rewriting);
    await using received = subscribe(`tcp://127.0.0.1:${proxy.port}`);
    await publisher.tells("subscribed ");
    const texts = ["onStarted {}", "", "x".repeat(254), "y".repeat(70_000)];
    for (const text of texts) await publisher.do("send", text);
    await publisher.do("send", "two", "frames");
    await eventually(() => received.messages.length === texts.length + 1);
    deepEqual(received.messages, [...texts, "two|frames"]);
    equal(received.state.status, "connected");
  });
}

withLibzmq("a socket that publishes nothing is told apart", async () => {
  await using publisher = await LibzmqPublisher.start({ type: "REP" });
  await using received = subscribe(publisher.endpoint);
  await eventually(() => received.state.status === "away");
  match(
    awayMessage(received),
    /its socket type "REP" publishes nothing|it closed the connection/,
  );
});

const strangers: readonly [string, Uint8Array, RegExp][] = [
  [
    "an SSH server",
    new TextEncoder().encode(`SSH-2.0-OpenSSH_9.2\r\n${"x".repeat(90)}`),
    /invalid flags 83/,
  ],
  [
    "a web server",
    new TextEncoder().encode(`HTTP/1.1 400 Bad Request\r\n${"x".repeat(90)}`),
    /invalid flags 84/,
  ],
  ["noise", Uint8Array.from({ length: 300 }, (_, index) => index * 31 + 3), /it sent/],
];
for (const [name, says, message] of strangers) {
  Deno.test(`a publisher that is none is told apart: ${name}`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = (async () => {
      using connection = await listener.accept();
      await connection.write(says);
      while (await connection.read(new Uint8Array(100)) !== null);
    })().catch(() => {});
    await using received = subscribe(`tcp://127.0.0.1:${listener.addr.port}`);
    await eventually(() => received.state.status === "away");
    match(awayMessage(received), message);
    deepEqual(received.messages, []);
    await serving;
  });
}
