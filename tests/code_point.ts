/**
 * Any character, for strings of whatever text: `fc.string({ unit: codePoint })`. As fast-check's unit "binary", which
 * keeps a map of all the million characters in each isolate, and takes a second to make it.
 */
import fc from "fast-check";

/** Halves of surrogate pairs are no characters. */
const HALVES = { from: 0xd800, count: 0x800 };

export const codePoint = fc.integer({ min: 0, max: 0x10ffff - HALVES.count }).map(
  (index) => String.fromCodePoint(index < HALVES.from ? index : index + HALVES.count),
  (text) => {
    // fast-check asks whether it could have made some texts itself; throwing means no.
    const [first = "", ...others] = typeof text === "string" ? text : "";
    const code = first.codePointAt(0);
    if (code === undefined || others.length > 0) throw new Error("not one character");
    return code < HALVES.from ? code : code - HALVES.count;
  },
);
