import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { ByteQueue } from "../../../src/demand/byte_queue.ts";
import {
  encodeFrame,
  type Frame,
  type Framing,
  MAX_MESSAGE,
  takeFrame,
} from "../../../src/demand/zmq/frame.ts";
import { cut, cuts } from "../cut.ts";
import { concatenated } from "../../../src/lib/concatenated.ts";

/** All frames in the chunks, in a form that can be compared. */
function framesIn(chunks: readonly Uint8Array[], framing: Framing): unknown[] {
  const queue = new ByteQueue();
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    queue.push(chunk);
    for (let frame = takeFrame(queue, framing); frame !== null; frame = takeFrame(queue, framing)) {
      frames.push(frame);
    }
  }
  equal(queue.length, 0);
  return frames.map(shown);
}

const shown = (
  { body, more, command }: Frame,
) => [body.length, [...body.subarray(0, 300)].join(), more, command];

const body = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.integer({ min: 250, max: 260 }).map((size) => new Uint8Array(size).fill(size)),
  fc.constant(new Uint8Array(70_000).fill(7)),
);

/** A peer may also give a short body a long header. */
function withLongHeader(frame: Uint8Array): Uint8Array {
  const header = new Uint8Array(9);
  header[0] = frame[0]! | 2;
  header[8] = frame[1]!;
  return concatenated([header, frame.subarray(2)]);
}

const frameV2 = fc.record({
  body,
  kind: fc.constantFrom("message", "more", "command"),
  long: fc.boolean(),
}).map(({ body, kind, long }) => {
  const command = kind === "command";
  const bytes = encodeFrame(body, { framing: 2, command });
  if (kind === "more") bytes[0] = bytes[0]! | 1;
  const isShort = (bytes[0]! & 2) === 0;
  return {
    bytes: long && isShort ? withLongHeader(bytes) : bytes,
    frame: { body, more: kind === "more", command },
  };
});

/** Written anew from the protocol's page, since ours are short and never go on. */
const frameV1 = fc.record({ body, more: fc.boolean() }).map(({ body, more }) => {
  const size = body.length + 1;
  const header = size < 255
    ? [size]
    : [255, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (size >> shift) & 255)];
  return {
    bytes: concatenated([Uint8Array.of(...header, more ? 1 : 0), body]),
    frame: { body, more, command: false },
  };
});

for (const [framing, frame] of [[1, frameV1], [2, frameV2]] as const) {
  Deno.test(`takeFrame() gives the frames of version ${framing} that were sent, wherever they are cut`, () => {
    const smallEnough = fc.oneof(
      fc.tuple(
        fc.array(frame, { maxLength: 5 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 9 }),
      ),
      fc.tuple(fc.array(frame.filter(({ bytes }) => bytes.length < 400), { maxLength: 5 }), cuts),
    );
    fc.assert(fc.property(smallEnough, ([frames, at]) => {
      const bytes = concatenated(frames.map(({ bytes }) => bytes));
      deepEqual(framesIn(cut(bytes, at), framing), frames.map(({ frame }) => shown(frame)));
    }));
  });

  Deno.test(`takeFrame() refuses a frame of version ${framing} that is too large before it is there`, () => {
    const [flags, escape] = [Uint8Array.of(2), Uint8Array.of(255)];
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(MAX_MESSAGE + 2));
    const header = framing === 2
      ? concatenated([flags, length])
      : concatenated([escape, length, new Uint8Array(1)]);
    throws(() => framesIn([header], framing), /it sent a frame of \d+ bytes: over 1048576/);
  });
}

Deno.test("takeFrame() refuses flags that no frame has", () => {
  for (const flags of [8, 128, 255, 5]) {
    throws(() => framesIn([Uint8Array.of(flags, 0)], 2), new RegExp(`invalid flags ${flags};`));
  }
  throws(() => framesIn([Uint8Array.of(1, 2)], 1), /invalid flags 2;/);
  throws(() => framesIn([Uint8Array.of(0, 0)], 1), /a frame without flags/);
});

Deno.test("encodeFrame() has a long header from 256 bytes on", () => {
  deepEqual([...encodeFrame(new Uint8Array(255), { framing: 2 }).subarray(0, 2)], [0, 255]);
  deepEqual([...encodeFrame(new Uint8Array(256), { framing: 2 }).subarray(0, 9)], [
    2,
    0,
    0,
    0,
    0,
    0,
    0,
    1,
    0,
  ]);
  deepEqual([...encodeFrame(Uint8Array.of(1), { framing: 1 })], [2, 0, 1]);
});
