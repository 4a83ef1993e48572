/**
 * ZMTP's frames, in both of their forms: version 1 (libzmq 2) and version 2, which all later protocols have; and the
 * bodies of those that are commands. However their bytes are cut, the same frames come out; memory is bounded.
 */
import { type ByteQueue } from "../byte_queue.ts";
import { concatenated } from "../../lib/concatenated.ts";

export type Framing = 1 | 2;

export interface Frame {
  readonly body: Uint8Array;
  /** Whether the message goes on in the next frame. */
  readonly more: boolean;
  /** Whether it is for the protocol itself. */
  readonly command: boolean;
}

/** Bytes of a frame, and of all frames of one message. */
export const MAX_MESSAGE = 2 ** 20;

const [MORE, LONG, COMMAND] = [1, 2, 4];
/** A length of version 1 that says that a longer one follows. */
const ESCAPE = 0xff;

/** Takes the next frame out of the queue; null: it is not all there. @throws Error where none begins so */
export function takeFrame(queue: ByteQueue, framing: Framing): Frame | null {
  const header = framing === 1 ? readHeaderV1(queue) : readHeaderV2(queue);
  if (header === null) return null;
  const { size, length, more, command } = header;
  if (length > MAX_MESSAGE) throw new Error(`it sent a frame of ${length} bytes: over ${MAX_MESSAGE}`);
  if (queue.length < size + length) return null;
  queue.drop(size);
  return { body: queue.take(length), more, command };
}

interface Header {
  /** Bytes of the header itself. */
  readonly size: number;
  /** Bytes of the body. */
  readonly length: number;
  readonly more: boolean;
  readonly command: boolean;
}

function readHeaderV2(queue: ByteQueue): Header | null {
  if (queue.length === 0) return null;
  const flags = queue.at(0);
  const [more, long, command] = [MORE, LONG, COMMAND].map((bit) => (flags & bit) !== 0);
  if (flags > (MORE | LONG | COMMAND) || (more && command)) throw impossible(flags);
  const size = long ? 9 : 2;
  if (queue.length < size) return null;
  const length = long ? Number(queue.view(1, size).getBigUint64(0)) : queue.at(1);
  return { size, length, more: more!, command: command! };
}

/** Its length counts the flags too, which come after it. */
function readHeaderV1(queue: ByteQueue): Header | null {
  if (queue.length === 0) return null;
  const size = queue.at(0) === ESCAPE ? 10 : 2;
  if (queue.length < size) return null;
  const length = size === 2 ? queue.at(0) : Number(queue.view(1, 9).getBigUint64(0));
  if (length === 0) throw new Error("it sent a frame without flags");
  const flags = queue.at(size - 1);
  if (flags > MORE) throw impossible(flags);
  return { size, length: length - 1, more: flags === MORE, command: false };
}

function impossible(flags: number): Error {
  return new Error(
    `it sent a frame with invalid flags ${flags}; check that a ZeroMQ publisher listens there`,
  );
}

/** The bytes of a frame that ends its message. Version 1 has no commands, and its frames here are short. */
export function encodeFrame(
  body: Uint8Array,
  { framing, command = false }: { framing: Framing; command?: boolean },
): Uint8Array {
  if (framing === 1) return concatenated([Uint8Array.of(1 + body.length, 0), body]);
  const flags = command ? COMMAND : 0;
  if (body.length <= 255) return concatenated([Uint8Array.of(flags, body.length), body]);
  const header = new Uint8Array(9);
  header[0] = flags | LONG;
  new DataView(header.buffer).setBigUint64(1, BigInt(body.length));
  return concatenated([header, body]);
}

/** The body of a command frame: a name, and what belongs to it. */
interface Command {
  readonly name: string;
  readonly data: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeCommand(name: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  return concatenated([Uint8Array.of(name.length), encoder.encode(name), data]);
}

/** @throws Error where the body is no command */
export function decodeCommand(body: Uint8Array): Command {
  const length = body[0] ?? 0;
  if (length === 0 || body.length < 1 + length) throw new Error("it sent a command without a name");
  return { name: decoder.decode(body.subarray(1, 1 + length)), data: body.subarray(1 + length) };
}

/** The properties that READY carries. */
export function encodeProperties(properties: Readonly<Record<string, string>>): Uint8Array {
  return concatenated(
    Object.entries(properties).flatMap(([name, value]) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, value.length);
      return [Uint8Array.of(name.length), encoder.encode(name), length, encoder.encode(value)];
    }),
  );
}

/** By their names in lower case, which is how they are compared. @throws Error where the data end too early */
export function decodeProperties(data: Uint8Array): Map<string, string> {
  const properties = new Map<string, string>();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let offset = 0; offset < data.length;) {
    const value = offset + 1 + data[offset]! + 4;
    const end = value > data.length ? Infinity : value + view.getUint32(value - 4);
    if (end > data.length) throw new Error("it sent a truncated READY");
    const name = decoder.decode(data.subarray(offset + 1, value - 4)).toLowerCase();
    properties.set(name, decoder.decode(data.subarray(value, end)));
    offset = end;
  }
  return properties;
}
