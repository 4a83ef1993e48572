import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { ByteQueue } from "../../src/demand/byte_queue.ts";

const operation = fc.oneof(
  fc.record({ push: fc.uint8Array({ maxLength: 700 }) }),
  fc.record({ take: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ drop: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

Deno.test("ByteQueue gives out what was put in, in its order, whatever comes between", () => {
  fc.assert(fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
    const queue = new ByteQueue();
    let model: number[] = [];
    for (const step of operations) {
      if ("push" in step) {
        queue.push(step.push);
        model.push(...step.push);
      } else if ("take" in step) {
        const size = Math.floor(step.take * model.length);
        deepEqual([...queue.take(size)], model.slice(0, size));
        model = model.slice(size);
      } else {
        const size = Math.floor(step.drop * model.length);
        queue.drop(size);
        model = model.slice(size);
      }
      equal(queue.length, model.length);
      if (model.length > 0) equal(queue.at(model.length - 1), model.at(-1));
      for (const from of [0, model.length >> 1]) equal(queue.indexOf(7, from), model.indexOf(7, from));
    }
  }));
});

Deno.test("ByteQueue takes 4 MiB that come byte by byte in time", () => {
  const queue = new ByteQueue();
  const byte = Uint8Array.of(1);
  const start = performance.now();
  for (let count = 0; count < 4 * 2 ** 20; count++) queue.push(byte);
  equal(queue.length, 4 * 2 ** 20);
  queue.drop(queue.length);
  equal(performance.now() - start < 10_000, true);
});

Deno.test("ByteQueue keeps what it gave out apart from what comes later", () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(1, 2, 3));
  const taken = queue.take(3);
  queue.push(Uint8Array.of(9, 9, 9));
  deepEqual([...taken], [1, 2, 3]);
});
