import { equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { OUTPUT_LIMIT, OutputTail } from "../../src/lib/output_tail.ts";

function tailOf(...texts: string[]): string {
  const tail = new OutputTail();
  for (const text of texts) tail.add(new TextEncoder().encode(text));
  return tail.text();
}

Deno.test("OutputTail keeps everything as long as it is short", () => {
  equal(tailOf(), "");
  equal(tailOf("a", "", "bc"), "abc");
});

Deno.test("OutputTail keeps the last 64 KiB however they arrive", () => {
  const pieces = fc.array(fc.nat(40_000), { maxLength: 8 });
  fc.assert(
    fc.property(pieces, (sizes) => {
      const texts = sizes.map((size, at) => String(at).repeat(size));
      equal(tailOf(...texts), texts.join("").slice(-OUTPUT_LIMIT));
    }),
    { numRuns: 30 },
  );
});

Deno.test("OutputTail puts a character together that arrives in two pieces", () => {
  const [first, ...rest] = new TextEncoder().encode("ü");
  const tail = new OutputTail();
  tail.add(Uint8Array.of(first!));
  tail.add(Uint8Array.from(rest));
  equal(tail.text(), "ü");
});

Deno.test("OutputTail leaves out a character that the cut goes through", () => {
  const text = tailOf("€".repeat(30_000));
  ok(text.length > 0 && /^€+$/u.test(text));
  ok(new TextEncoder().encode(text).length > OUTPUT_LIMIT - 3);
});
