/** The bodies of ZMTP's command frames: a name, and what belongs to it. */
import { concatenated } from "../../lib/concatenated.ts";

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
