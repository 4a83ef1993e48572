import assert from "node:assert/strict";
import { writeWhole } from "../../src/lib/write_whole.ts";

/** Takes what each step says, then everything. */
class Stream {
  readonly #steps: (number | Error)[];
  readonly #decoder = new TextDecoder();
  text = "";

  constructor(...steps: (number | Error)[]) {
    this.#steps = steps;
  }

  writeSync(bytes: Uint8Array): number {
    const step = this.#steps.shift() ?? bytes.length;
    if (step instanceof Error) throw step;
    this.text += this.#decoder.decode(bytes.subarray(0, step), { stream: true });
    return Math.min(step, bytes.length);
  }
}

Deno.test("writeWhole() writes the rest of what was taken in part, and waits where a full pipe does not block", () => {
  const full = new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)");
  const stream = new Stream(2, full, full, 1, full);
  writeWhole(stream, "grün ✓\n");
  assert.equal(stream.text, "grün ✓\n");
});

Deno.test("writeWhole() throws what stands in the way of the rest", () => {
  const stream = new Stream(2, new Deno.errors.BrokenPipe("Broken pipe (os error 32)"));
  assert.throws(() => writeWhole(stream, "green"), Deno.errors.BrokenPipe);
  assert.equal(stream.text, "gr");
});
