import assert from "node:assert/strict";
import { loggerOf, startLogging } from "../../src/lib/logging.ts";
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

Deno.test("the log on standard error waits, too, where a full pipe does not block", async () => {
  const stream = new Stream(9, new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)"));
  const { writeSync } = Deno.stderr;
  Deno.stderr.writeSync = (bytes) => stream.writeSync(bytes);
  try {
    await using _log = await startLogging({ level: "info", format: "json", file: null });
    loggerOf("daemon").info("the pool runs");
    loggerOf("daemon").info("it goes on");
  } finally {
    Deno.stderr.writeSync = writeSync;
  }
  const lines = stream.text.trimEnd().split("\n").map((line) => JSON.parse(line).message);
  assert.deepEqual(lines, ["the pool runs", "it goes on"]);
});
