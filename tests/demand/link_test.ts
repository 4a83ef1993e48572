import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { LinkState } from "../../src/domain/link_state.ts";
import { SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { type Conversation, Link, type Peer } from "../../src/demand/link.ts";
import { ScriptedServer } from "./scripted_server.ts";

/** Says hello, is content with any answer, and fails at the word `bad`. */
class Hello implements Conversation {
  awaitingSince: number | null;
  ended: Error | null = null;

  constructor(readonly peer: Peer, readonly clock: VirtualClock) {
    this.awaitingSince = clock.monotonic();
    peer.send(new TextEncoder().encode("hello"));
  }

  receive(bytes: Uint8Array): void {
    const text = new TextDecoder().decode(bytes);
    if (text === "bad") throw new Error("it sent nonsense");
    if (text === "welcome") this.peer.establish();
    this.awaitingSince = null;
  }

  probe(): void {
    this.peer.send(new TextEncoder().encode("still there?"));
    this.awaitingSince = this.clock.monotonic();
  }

  end(error: Error): void {
    this.ended = error;
  }
}

interface Kit extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly server: ScriptedServer;
  readonly link: Link;
  readonly states: LinkState[];
  readonly talks: Hello[];
}

async function startLink(prepare: (server: ScriptedServer) => void = () => {}): Promise<Kit> {
  const [clock, server] = [new VirtualClock(0), new ScriptedServer()];
  prepare(server);
  const states: LinkState[] = [];
  const talks: Hello[] = [];
  const link = new Link({
    address: { host: "127.0.0.1", port: 1 },
    dial: server.dial,
    clock,
    random: seededRandom(1),
    converse: (peer) => {
      talks.push(new Hello(peer, clock));
      return talks.at(-1)!;
    },
    onState: (state) => states.push(state),
  });
  await clock.advance(0);
  return { clock, server, link, states, talks, [Symbol.asyncDispose]: () => link[Symbol.asyncDispose]() };
}

const welcome = (server: ScriptedServer) => server.onConnection = (connection) => connection.say("welcome");

const answering = (server: ScriptedServer) =>
  server.onConnection = (connection) => {
    connection.onSend = () => connection.say("still here");
    connection.say("welcome");
  };

Deno.test("a link is connected when its conversation says so, and not before", async () => {
  await using kit = await startLink();
  deepEqual(kit.link.state, { status: "connecting", since: 0 });
  equal(new TextDecoder().decode(kit.server.newest.sent[0]), "hello");
  await kit.clock.advance(500);
  kit.server.newest.say("welcome");
  await kit.clock.advance(0);
  deepEqual(kit.states, [{ status: "connected", since: 500 }]);
});

Deno.test("a link tries again with growing pauses, up to a minute, while nobody answers", async () => {
  await using kit = await startLink((server) => server.refusal = new Error("connection refused"));
  const times: number[] = [];
  for (let attempts = 1; attempts <= 12; attempts++) {
    await kit.clock.advanceUntil(() => kit.server.attempts >= attempts, { within: 70_000, step: 10 });
    times.push(kit.clock.now());
  }
  const pauses = times.slice(1).map((time, index) => time - times[index]!);
  const full = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60].map((seconds) => seconds * 1000);
  pauses.forEach((pause, index) => ok(pause >= full[index]! / 2 && pause <= full[index]! + 20, `${pauses}`));
  equal(kit.states.length, 12);
  const last = kit.states.at(-1)!;
  ok(last.status === "away" && last.retryAt > times.at(-1)!);
  deepEqual([last.since, last.message], [0, "connection refused"]);
});

Deno.test("a link that always breaks at once is made again later and later; one that lasted, soon", async () => {
  await using kit = await startLink(answering);
  const breakOff = async () => {
    kit.server.newest.finish();
    const [at, attempts] = [kit.clock.now(), kit.server.attempts];
    await kit.clock.advanceUntil(() => kit.server.attempts > attempts, { within: 70_000, step: 10 });
    return kit.clock.now() - at;
  };
  const check = (pause: number, full: number) =>
    ok(pause >= full / 2 && pause <= full + 20, `${pause} for ${full}`);
  for (const full of [1000, 2000, 4000, 8000]) check(await breakOff(), full);
  await kit.clock.advance(60_001);
  for (const full of [1000, 2000, 4000, 8000]) check(await breakOff(), full);
  const away = kit.states.find(({ status }) => status === "away");
  match(away?.status === "away" ? away.message : "", /it closed the connection/);
});

Deno.test("a link ends the connection to a server that says what it must not, and tells its conversation", async () => {
  await using kit = await startLink(welcome);
  const { newest } = kit.server;
  newest.say("bad");
  await kit.clock.advance(0);
  ok(newest.closed);
  equal(kit.talks[0]!.ended?.message, "it sent nonsense");
  deepEqual(kit.states.map(({ status }) => status), ["connected", "away"]);
});

Deno.test("a link gives up a server that owes an answer and says nothing for 10 s", async () => {
  await using kit = await startLink();
  await kit.clock.advance(9_900);
  equal(kit.link.state.status, "connecting");
  await kit.clock.advance(2_100);
  ok(kit.server.connections[0]!.closed);
  match(kit.talks[0]!.ended!.message, /no response for 10 s/);
});

Deno.test("a link probes a server that was quiet for 30 s, and keeps it while it answers", async () => {
  await using kit = await startLink(answering);
  const { newest } = kit.server;
  await kit.clock.advance(600_000);
  equal(kit.link.state.status, "connected");
  const probes = newest.sent.length - 1;
  ok(probes >= 600 / 34 && probes <= 600 / 30, `${probes}`);
  newest.onSend = () => {};
  await kit.clock.advanceUntil(() => kit.link.state.status === "away", { within: 30_000 + 10_000 + 4_000 });
});

Deno.test("a link does not probe a server that talks", async () => {
  await using kit = await startLink(welcome);
  for (let second = 0; second < 300; second++) {
    await kit.clock.advance(1_000);
    kit.server.newest.say("news");
  }
  deepEqual([kit.server.newest.sent.length, kit.server.attempts], [1, 1]);
});

Deno.test("a link gives up an attempt to connect after 10 s", async () => {
  await using kit = await startLink((server) => server.mute = true);
  await kit.clock.advance(10_000);
  ok(kit.link.state.status === "away");
  match(kit.link.state.message, /no connection within 10 s/);
});

Deno.test("a link is given up by its conversation", async () => {
  await using kit = await startLink(welcome);
  kit.talks[0]!.peer.fail(new Error("enough"));
  await kit.clock.advance(0);
  ok(kit.server.newest.closed && kit.link.state.status === "away");
  equal(kit.link.state.message, "enough");
  kit.talks[0]!.peer.establish();
  equal(kit.link.state.status, "away", "what an ended conversation says has no effect");
});

for (
  const [when, prepare] of [
    ["it is connected", welcome],
    ["it connects", (server: ScriptedServer) => server.mute = true],
    ["it pauses", (server: ScriptedServer) => server.refusal = new Error("refused")],
  ] as const
) {
  Deno.test(`a link ends at once when it is disposed of while ${when}`, async () => {
    const kit = await startLink(prepare);
    const before = kit.states.length;
    await kit.link[Symbol.asyncDispose]();
    ok(kit.server.connections.every(({ closed }) => closed));
    equal(kit.clock.sleeping, 0);
    equal(kit.states.length, before);
  });
}

Deno.test("a link closes the connection that is made after it was disposed of", async () => {
  const accepted = Promise.withResolvers<void>();
  const kit = await startLink((server) => server.accepted = accepted.promise);
  const disposed = kit.link[Symbol.asyncDispose]();
  accepted.resolve();
  await disposed;
  deepEqual(kit.server.connections.map(({ closed }) => closed), [true]);
  equal(kit.talks.length, 0);
});

Deno.test("who is told of a link's states and throws ends neither the link nor the process", async () => {
  const [clock, server] = [new VirtualClock(0), new ScriptedServer()];
  server.refusal = new Error("connection refused");
  const told: string[] = [];
  await using link = new Link({
    address: { host: "127.0.0.1", port: 1 },
    dial: server.dial,
    clock,
    random: seededRandom(1),
    converse: (peer) => new Hello(peer, clock),
    onState: ({ status }) => {
      told.push(status);
      throw new Error("this listener is broken");
    },
  });
  await clock.advance(0);
  deepEqual(told, ["away"]);
  server.refusal = null;
  welcome(server);
  await clock.advance(2 * SECOND);
  deepEqual([told, link.state.status], [["away", "connected"], "connected"]);
});
