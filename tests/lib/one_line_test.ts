import assert from "node:assert/strict";
import fc from "fast-check";
import { oneLine } from "../../src/lib/visible_text.ts";

Deno.test("oneLine() makes each line break a space, with the blanks around it", () => {
  for (
    const [text, expected] of [
      ["a", "a"],
      ["a  b ", "a  b "],
      ["a\nb", "a b"],
      ["a \t\r\n\n  b\n", "a b "],
      ["\n a  b", " a  b"],
    ] as const
  ) assert.equal(oneLine(text), expected);
  const text = fc.string({ unit: fc.constantFrom("a", " ", "\t", "\n", "\r") });
  fc.assert(
    fc.property(
      text,
      (text) => assert.equal(oneLine(text), text.replace(/\s+/g, (run) => /[\r\n]/.test(run) ? " " : run)),
    ),
  );
});

Deno.test("oneLine() takes no time over a long text of blanks alone", () => {
  const blanks = `${" ".repeat(200_000)}x`;
  const begun = performance.now();
  assert.equal(oneLine(blanks), blanks);
  assert.ok(performance.now() - begun < 5_000);
});
