/** Many places count on it, and Deno has not always done so. Streams that take a signal themselves still do not. */
import assert from "node:assert/strict";
import { collectGarbage } from "../collect_garbage.ts";

Deno.test("a signal made of several is heard when all that holds it is its listener", async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const heard: unknown[] = [];
  const listen = (signal: AbortSignal) =>
    signal.addEventListener("abort", () => heard.push(signal.reason), { once: true });
  listen(AbortSignal.any([first.signal, second.signal]));
  listen(AbortSignal.any([AbortSignal.any([first.signal, second.signal]), new AbortController().signal]));
  await collectGarbage();
  second.abort("enough");
  assert.deepEqual(heard, ["enough", "enough"]);
});
