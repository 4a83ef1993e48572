import assert from "node:assert/strict";
import fc from "fast-check";
import { displayWidth } from "../../src/lib/display_width.ts";
import { wrapLines, wrapWords } from "../../src/lib/wrap_words.ts";

const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
  fc.constantFrom("東京", "🙂", "/a/very/long/path/that/nobody/breaks"),
).map((text) => text.replaceAll(/\s/g, "_"));

Deno.test("no word is lost or broken, and no line is too long but for a word that is", () => {
  fc.assert(fc.property(fc.array(word), fc.integer({ min: 1, max: 60 }), (words, width) => {
    const lines = wrapWords(words.join(" "), width);
    assert.equal(lines.join(" "), words.join(" "));
    for (const line of lines) assert.equal(displayWidth(line) <= width || !line.includes(" "), true, line);
  }));
});

Deno.test("a line that is too long goes on under its last column, or further in where room is short", () => {
  const text = "Options:\n  --wait <duration>  give up after this time";
  assert.equal(wrapLines(text, 80), text);
  assert.equal(
    wrapLines(text, 42),
    "Options:\n  --wait <duration>  give up after this\n" + " ".repeat(21) + "time",
  );
  assert.equal(wrapLines(text, 30), "Options:\n  --wait <duration>\n      give up after this time");
});
