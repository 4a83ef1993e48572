/** Bytes cut into pieces at any places: what a network may make of them. */
import fc from "fast-check";

/** Where to cut, as shares of the length; many pieces of one byte among them. */
export const cuts = fc.oneof(
  fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
  fc.constant("everywhere" as const),
);

export function cut(bytes: Uint8Array, at: readonly number[] | "everywhere"): Uint8Array[] {
  if (at === "everywhere") return Array.from(bytes, (byte) => Uint8Array.of(byte));
  const places = at.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
  return [0, ...places].map((start, index) => bytes.slice(start, places[index] ?? bytes.length));
}

/** Texts that may have any characters of several bytes in them. */
export function textWithout(characters: string): fc.Arbitrary<string> {
  return fc.string({ unit: "grapheme", maxLength: 20 }).map((text) =>
    [...text].filter((character) => !characters.includes(character)).join("")
  );
}
