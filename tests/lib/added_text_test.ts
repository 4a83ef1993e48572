import assert from "node:assert/strict";
import fc from "fast-check";
import { addedText } from "../../src/lib/added_text.ts";
import { threadTime } from "../thread_time.ts";

Deno.test("what was added is found, whatever was cut off at the beginning meanwhile", () => {
  const line = fc.array(fc.constantFrom("boot\n", "login: ", "ok\n", "[ 0.1] x\n"), { maxLength: 12 });
  fc.assert(fc.property(line, line, fc.nat(20), (old, added, cut) => {
    const [before, more] = [old.join(""), added.join("")];
    const kept = before.slice(Math.min(cut, Math.max(0, before.length - 1)));
    const found = addedText(before, kept + more);
    // Where a log repeats itself, it may be that less was cut off and less was added.
    assert.ok((kept + more).endsWith(found) && found.length <= more.length, JSON.stringify({ found, more }));
    if (cut === 0) assert.equal(found, more);
  }));
});

Deno.test("a log that began again is new from its beginning, and one that stands still has nothing new", () => {
  assert.equal(addedText("a b c", "x y z"), "x y z");
  assert.equal(addedText("a b c", "a b c"), "");
  assert.equal(addedText("a b c", "b c"), "");
  assert.equal(addedText("a b c", ""), "");
  assert.equal(addedText("", "new"), "new");
  assert.equal(addedText("half a li", "half a line\n"), "ne\n");
});

Deno.test("logs of 100 KiB are compared quickly, however much they are alike", () => {
  const before = "a".repeat(100_000) + "b";
  const startedAt = threadTime();
  assert.equal(addedText(before, "a".repeat(100_000) + "c"), "a".repeat(100_000) + "c");
  assert.ok(threadTime() - startedAt < 2_000);
});
