import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { encodePacket, type Packet } from "../../../src/demand/gearman/packet.ts";
import { GearmanReader, MAX_LINE, MAX_PACKET, type Unit } from "../../../src/demand/gearman/reader.ts";
import { cut, cuts, textWithout } from "../cut.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const argument = textWithout("\0");
/** The last argument may have NULs in it. */
const lastArgument = fc.uint8Array({ maxLength: 40 });

const unit = fc.oneof(
  fc.record({
    magic: fc.constantFrom("REQ" as const, "RES" as const),
    type: fc.constantFrom("SUBMIT_JOB" as const, "JOB_ASSIGN" as const, "WORK_STATUS" as const),
    args: fc.tuple(argument, argument, lastArgument),
  }),
  fc.record({
    magic: fc.constant("RES" as const),
    type: fc.constant("NOOP" as const),
    args: fc.constant([]),
  }),
  fc.record({
    magic: fc.constant("RES" as const),
    type: fc.constant("WORK_FAIL" as const),
    args: fc.tuple(lastArgument),
  }),
  fc.record({ line: textWithout("\0\r\n"), end: fc.constantFrom("\n", "\r\n") }),
);

function encode(units: readonly (typeof unit extends fc.Arbitrary<infer U> ? U : never)[]): Uint8Array {
  const parts = units.map((each) =>
    "line" in each ? encoder.encode(each.line + each.end) : encodePacket(each.magic, each)
  );
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Units in a form that can be compared. */
function shown(units: readonly Unit[]): unknown[] {
  return units.map((each) => each.kind === "line" ? each.text : shownPacket(each.packet));
}

const shownPacket = ({ magic, type, args }: Packet) => [magic, type, args.map((arg) => [...arg].join())];

function readAll(chunks: readonly Uint8Array[]): Unit[] {
  const reader = new GearmanReader();
  // Each chunk is overwritten when it has been read, as a buffer for reading is.
  return chunks.flatMap((chunk) => {
    const units = [...reader.read(chunk)];
    chunk.fill(0xee);
    return units;
  });
}

Deno.test("GearmanReader gives the packets and lines that were sent, wherever their bytes are cut", () => {
  fc.assert(fc.property(fc.array(unit, { maxLength: 8 }), cuts, (units, at) => {
    const expected = units.map((each) =>
      "line" in each ? each.line : shownPacket({
        ...each,
        args: each.args.map((arg) => typeof arg === "string" ? encoder.encode(arg) : arg),
      })
    );
    deepEqual(shown(readAll(cut(encode(units), at))), expected);
  }));
});

Deno.test("GearmanReader ends in units or in an error, whatever comes", () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  const packetish = fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 30 }), bytes).map(([code, size, body]) =>
    Uint8Array.of(0, 82, 69, 83, 0, 0, 0, code, 0, 0, 0, size, ...body)
  );
  fc.assert(fc.property(fc.oneof(bytes, packetish), cuts, (input, at) => {
    const outcome = (chunks: Uint8Array[]) => {
      try {
        return shown(readAll(chunks));
      } catch (error) {
        return String(error);
      }
    };
    deepEqual(outcome(cut(input, at)), outcome([input.slice()]));
  }));
});

Deno.test("GearmanReader refuses what is longer than anything a server sends", () => {
  const header = encodePacket("RES", { type: "WORK_FAIL", args: [""] });
  new DataView(header.buffer).setUint32(8, MAX_PACKET + 1);
  throws(() => readAll([header]), /a WORK_FAIL packet of 1048577 bytes: over 1048576/);
  throws(() => readAll([new Uint8Array(MAX_LINE + 1).fill(97)]), /a line of over 16384 bytes/);
  equal(readAll([new Uint8Array(MAX_LINE).fill(97), encoder.encode("\n")]).length, 1);
});

Deno.test("GearmanReader refuses a packet that is none", () => {
  throws(() => readAll([encoder.encode("\0RUS00000000")]), /not a Gearman packet/);
  const unknown = encodePacket("RES", { type: "NOOP", args: [] });
  unknown[7] = 99;
  throws(() => readAll([unknown]), /a packet of the unknown type 99/);
  const short = encodePacket("RES", { type: "WORK_FAIL", args: ["H:1"] });
  short[7] = 13;
  throws(() => readAll([short]), /a WORK_COMPLETE packet with fewer than 2 arguments/);
});

Deno.test("encodePacket() writes what the protocol's own example shows", () => {
  const packet = encodePacket("REQ", { type: "SUBMIT_JOB", args: ["reverse", "", "test"] });
  equal(decoder.decode(packet), "\0REQ\0\0\0\x07\0\0\0\x0dreverse\0\0test");
});

Deno.test("encodePacket() never makes two arguments of one", () => {
  throws(
    () => encodePacket("REQ", { type: "SUBMIT_JOB", args: ["a\0b", "", ""] }),
    /cannot send SUBMIT_JOB: an argument contains a NUL character/,
  );
  throws(() => encodePacket("REQ", { type: "CAN_DO", args: [] }), /CAN_DO takes 1 arguments, not 0/);
});
