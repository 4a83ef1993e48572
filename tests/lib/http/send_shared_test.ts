/** What is kept of answers for clients that are slow: `send_shared.ts`. */
import assert from "node:assert/strict";
import { Hono } from "hono";
import { sendShared } from "../../../src/lib/http/send_shared.ts";

const LENGTH = 600_000;

/** @param answer tells it from others */
async function askFor(answer: Uint8Array<ArrayBuffer>) {
  const app = new Hono();
  app.get("/", (context) => sendShared(context, { type: "text/plain", bytes: answer }));
  const reader = (await app.request("/")).body!.getReader();
  const first = await reader.read();
  return {
    /** The length of all that it gets. */
    async readOn(): Promise<number> {
      let length = first.value!.length;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return length;
        length += value.length;
      }
    },
    leave: () => reader.cancel(),
  };
}

Deno.test("an answer is sent whole to each of many clients, however slow, while there are few others", async () => {
  const shared = new Uint8Array(LENGTH);
  const same = await Promise.all(Array.from({ length: 40 }, () => askFor(shared)));
  const others = await Promise.all(Array.from({ length: 9 }, () => askFor(new Uint8Array(LENGTH))));
  for (const client of [...same, ...others]) assert.equal(await client.readOn(), LENGTH);
});

Deno.test("the oldest answer is broken off when ten newer ones are being sent; those that are over do not count", async () => {
  const oldest = new Uint8Array(LENGTH);
  const slow = [await askFor(oldest), await askFor(oldest)];
  const others = [];
  for (let count = 0; count < 9; count++) others.push(await askFor(new Uint8Array(LENGTH)));
  await others.shift()!.leave();
  await others.shift()!.readOn();
  for (let count = 0; count < 2; count++) others.push(await askFor(new Uint8Array(LENGTH)));
  await (await askFor(new Uint8Array(1_000))).readOn();
  const last = await askFor(new Uint8Array(LENGTH));
  for (const client of slow) await assert.rejects(client.readOn(), /this client is slow/);
  for (const client of [...others, last]) assert.equal(await client.readOn(), LENGTH);
});
