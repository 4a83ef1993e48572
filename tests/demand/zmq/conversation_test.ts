/** What a subscriber says and understands, byte by byte, with publishers of every version of the protocol. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { concatenated } from "../../../src/lib/concatenated.ts";
import { encodeCommand, encodeFrame, encodeProperties } from "../../../src/demand/zmq/frame.ts";
import { SubscriberConversation } from "../../../src/demand/zmq/conversation.ts";
import { VirtualClock } from "../../virtual_clock.ts";
import { cut, cuts } from "../cut.ts";

const encoder = new TextEncoder();
const SIGNATURE = Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f);

interface Kit {
  readonly talk: SubscriberConversation;
  readonly messages: string[];
  readonly sent: () => Uint8Array;
  readonly established: () => boolean;
  readonly clock: VirtualClock;
}

function start(): Kit {
  const [clock, messages, sent] = [new VirtualClock(0), [] as string[], [] as Uint8Array[]];
  let established = false;
  const peer = {
    send: (bytes: Uint8Array) => void sent.push(bytes),
    establish: () => void (established = true),
    fail: (error: Error) => {
      throw error;
    },
  };
  const onMessage = (frames: readonly Uint8Array[]) =>
    messages.push(frames.map((frame) => new TextDecoder().decode(frame)).join("|"));
  const talk = new SubscriberConversation(peer, { clock, onMessage });
  return { talk, messages, sent: () => concatenated(sent.splice(0)), established: () => established, clock };
}

function greeting3(minor: number, { mechanism = "NULL", major = 3 } = {}): Uint8Array {
  return concatenated([
    SIGNATURE,
    Uint8Array.of(major, minor),
    encoder.encode(mechanism.padEnd(20, "\0")),
    new Uint8Array(32),
  ]);
}

const command = (name: string, data?: Uint8Array) =>
  encodeFrame(encodeCommand(name, data), { framing: 2, command: true });
const ready = (type = "PUB") => command("READY", encodeProperties({ "Socket-Type": type, "Identity": "" }));
const frame = (text: string, { more = false } = {}) => {
  const bytes = encodeFrame(encoder.encode(text), { framing: 2 });
  if (more) bytes[0] = bytes[0]! | 1;
  return bytes;
};
const frameV1 = (text: string, { more = false } = {}) =>
  Uint8Array.of(encoder.encode(text).length + 1, more ? 1 : 0, ...encoder.encode(text));

/** All that a publisher of that version says before its messages. */
const openings: Readonly<Record<string, Uint8Array>> = {
  "3.1": concatenated([greeting3(1), ready()]),
  "3.0": concatenated([greeting3(0), ready("XPUB")]),
  "2.0": concatenated([SIGNATURE, Uint8Array.of(1, 1), frame("identity")]),
  "2.0 of revision 0": concatenated([SIGNATURE, Uint8Array.of(0, 9), frameV1("")]),
  "1.0": frameV1(""),
  "1.0 with an identity": frameV1("identity"),
  "1.0 with a long header": Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0),
};
const isV1 = (version: string) => version.startsWith("1.0") || version.endsWith("0 of revision 0");

const text = fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !text.includes("|"));

for (const [version, opening] of Object.entries(openings)) {
  Deno.test(`SubscriberConversation understands a publisher of version ${version}, wherever its bytes are cut`, () => {
    const message = fc.array(text, { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(fc.array(message, { maxLength: 6 }), cuts, (messages, at) => {
      const encode = isV1(version) ? frameV1 : frame;
      const frames = messages.flatMap((parts) =>
        parts.map((part, index) => encode(part, { more: index < parts.length - 1 }))
      );
      const kit = start();
      for (const chunk of cut(concatenated([opening, ...frames]), at)) {
        kit.talk.receive(chunk);
        chunk.fill(0xee);
      }
      ok(kit.established());
      deepEqual(kit.messages, messages.map((parts) => parts.join("|")));
      equal(kit.talk.awaitingSince, null);
    }));
  });
}

Deno.test("SubscriberConversation offers its greeting piece by piece, as far as the peer may understand it", () => {
  const kit = start();
  deepEqual(kit.sent(), SIGNATURE);
  kit.talk.receive(SIGNATURE.subarray(0, 9));
  equal(kit.sent().length, 0);
  kit.talk.receive(SIGNATURE.subarray(9));
  deepEqual([...kit.sent()], [3]);
  kit.talk.receive(Uint8Array.of(3));
  equal(new TextDecoder().decode(kit.sent()), `\x01${"NULL".padEnd(20, "\0")}${"\0".repeat(32)}`);
  kit.talk.receive(greeting3(1).subarray(11));
  deepEqual(kit.sent(), command("READY", encodeProperties({ "Socket-Type": "SUB" })));
  equal(kit.established(), false);
  kit.talk.receive(ready());
  deepEqual(kit.sent(), command("SUBSCRIBE"));
});

const subscriptions: Readonly<Record<string, readonly number[]>> = {
  "3.0": [0, 1, 1],
  "2.0": [0, 1, 1],
  "2.0 of revision 0": [2, 0, 1],
  "1.0": [],
};
for (const [version, subscription] of Object.entries(subscriptions)) {
  Deno.test(`SubscriberConversation subscribes in the way of version ${version}, and again when it probes`, () => {
    const kit = start();
    const opening = openings[version]!;
    kit.talk.receive(opening);
    const sent = [...kit.sent()];
    deepEqual(sent.slice(sent.length - subscription.length), version === "1.0" ? [] : subscription);
    if (version.startsWith("2.0")) {
      const identity = isV1(version) ? [1, 0] : [0, 0];
      deepEqual(sent.slice(SIGNATURE.length), [3, 2, ...identity, ...subscription]);
    }
    kit.talk.probe();
    deepEqual([...kit.sent()], subscription);
    equal(kit.talk.awaitingSince, null);
  });
}

Deno.test("SubscriberConversation asks a quiet publisher of 3.1 with PING, and is content with PONG", async () => {
  const kit = start();
  kit.talk.receive(openings["3.1"]!);
  kit.sent();
  await kit.clock.advance(1_000);
  kit.talk.probe();
  deepEqual(kit.sent(), command("PING", Uint8Array.of(0, 0)));
  equal(kit.talk.awaitingSince, 1_000);
  kit.talk.receive(command("PONG"));
  equal(kit.talk.awaitingSince, null);
});

Deno.test("SubscriberConversation answers PING with PONG and its context, between the frames of a message too", () => {
  const kit = start();
  kit.talk.receive(openings["3.1"]!);
  kit.sent();
  kit.talk.receive(frame("one", { more: true }));
  kit.talk.receive(command("PING", Uint8Array.of(0, 10, 1, 2, 3)));
  deepEqual(kit.sent(), command("PONG", Uint8Array.of(1, 2, 3)));
  kit.talk.receive(frame("two"));
  deepEqual(kit.messages, ["one|two"]);
});

Deno.test("SubscriberConversation ignores commands that it does not know, and a later version's greeting is 3.1", () => {
  const kit = start();
  kit.talk.receive(concatenated([greeting3(0, { major: 4 }), ready(), command("HELLO"), frame("message")]));
  deepEqual(kit.messages, ["message"]);
  deepEqual(kit.sent().slice(-12), command("SUBSCRIBE"));
});

Deno.test("SubscriberConversation compares the names of properties without regard to case", () => {
  const kit = start();
  kit.talk.receive(
    concatenated([greeting3(0), command("READY", encodeProperties({ "SOCKET-TYPE": "PUB" }))]),
  );
  ok(kit.established());
});

const many = (count: number, more: Uint8Array) => concatenated(Array.from({ length: count }, () => more));
const modern = openings["3.1"]!;

const refused: readonly [string, Uint8Array, RegExp][] = [
  ["another mechanism", greeting3(0, { mechanism: "PLAIN" }), /it requires the mechanism "PLAIN", not NULL/],
  [
    "a socket that publishes nothing",
    concatenated([greeting3(0), ready("REP")]),
    /socket type "REP" publishes/,
  ],
  [
    "one of version 2.0",
    concatenated([SIGNATURE, Uint8Array.of(1, 4)]),
    /socket type 4 publishes nothing/,
  ],
  [
    "a READY without a type",
    concatenated([greeting3(0), command("READY")]),
    /socket type "" publishes nothing/,
  ],
  [
    "a READY cut off",
    concatenated([greeting3(0), command("READY", Uint8Array.of(5, 65))]),
    /a truncated READY/,
  ],
  [
    "a READY whose value is cut off",
    concatenated([greeting3(0), command("READY", Uint8Array.of(1, 65, 255, 255, 255, 255, 1))]),
    /a truncated READY/,
  ],
  ["a refusal", concatenated([greeting3(0), command("ERROR", encoder.encode("\x03bad"))]), /it refused: bad/],
  [
    "a late refusal",
    concatenated([modern, command("ERROR", Uint8Array.of(0))]),
    /it refused: no reason given/,
  ],
  [
    "a message too early",
    concatenated([greeting3(0), frame("early")]),
    /a message before the end of the handshake/,
  ],
  ["another command", concatenated([greeting3(0), command("HELLO")]), /the command "HELLO" instead of READY/],
  ["a command without a name", concatenated([greeting3(0), Uint8Array.of(4, 0)]), /a command without a name/],
  ["a name cut off", concatenated([modern, Uint8Array.of(4, 2, 9, 65)]), /a command without a name/],
  [
    "a command of an old peer",
    concatenated([openings["2.0"]!, command("PING")]),
    /a command, which its version does not have/,
  ],
  ["impossible flags", concatenated([modern, Uint8Array.of(0x80, 0)]), /invalid flags 128/],
  ["a message too large", concatenated([modern, many(9, largeFrame())]), /a message of over 1048576 bytes/],
  [
    "a message of too many frames",
    concatenated([modern, many(1025, Uint8Array.of(1, 0))]),
    /of over 1024 frames/,
  ],
  [
    "a web server",
    encoder.encode("HTTP/1.1 400 Bad Request\r\n"),
    /invalid flags 84; check that a ZeroMQ publisher listens/,
  ],
];

function largeFrame(): Uint8Array {
  const bytes = encodeFrame(new Uint8Array(2 ** 17), { framing: 2 });
  bytes[0] = bytes[0]! | 1;
  return bytes;
}

for (const [what, bytes, message] of refused) {
  Deno.test(`SubscriberConversation refuses ${what}`, () =>
    throws(() => start().talk.receive(bytes), message));
}

Deno.test("SubscriberConversation ends in messages or an error, whatever comes, wherever it is cut", () => {
  const noise = fc.tuple(
    fc.constantFrom(new Uint8Array(), SIGNATURE, ...Object.values(openings)),
    fc.uint8Array({ maxLength: 120 }),
  ).map(concatenated);
  fc.assert(fc.property(noise, cuts, (bytes, at) => {
    const outcome = (chunks: Uint8Array[]) => {
      const kit = start();
      try {
        for (const chunk of chunks) kit.talk.receive(chunk);
      } catch (error) {
        kit.messages.push(String(error));
      }
      return kit.messages;
    };
    deepEqual(outcome(cut(bytes, at)), outcome([bytes]));
  }));
});
