/** `Send` with a streamed body, over sockets, to a server that is a process of its own. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createUndiciSend, type UndiciSendOptions } from "../../src/http/undici_send.ts";
import type { SendResponse } from "../../src/http/send.ts";
import { eventually } from "../eventually.ts";
import { testBytes, testData } from "../cloud/image_data.ts";
import { refusalOf } from "./refusal_of.ts";
import { spawnReceiver } from "../cloud/spawn_receiver.ts";

const { signal } = new AbortController();
const MIB = 2 ** 20;
const OPTIONS = { verify: false, caCert: null, clientCert: null, clientKey: null, connections: 1 } as const;

function open(options: Partial<UndiciSendOptions> = {}) {
  return createUndiciSend({ ...OPTIONS, ...options });
}

function upload(url: string, data: { size: number; open(): ReadableStream<Uint8Array> }) {
  const headers = { "content-length": String(data.size) };
  return { method: "PUT", url, headers, body: data.open() } as const;
}

function textOf(response: SendResponse): string {
  return new TextDecoder().decode(response.body);
}

/** Data of that size that costs no memory; `given` tells how much of it was asked for. */
function endless(size: number) {
  const chunk = new Uint8Array(100_000);
  let given = 0;
  let cancelled = false;
  return {
    size,
    open: () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          const piece = chunk.slice(0, Math.min(chunk.length, size - given));
          given += piece.length;
          if (piece.length > 0) controller.enqueue(piece);
          else controller.close();
        },
        cancel() {
          cancelled = true;
        },
      }, { highWaterMark: 0 }),
    given: () => given,
    isCancelled: () => cancelled,
  };
}

for (const tls of [false, true]) {
  // One for all of these: each takes as long to start as its tests take. One that does not start fails them alone.
  let starting: ReturnType<typeof spawnReceiver>;
  Deno.test.beforeAll(async () => {
    starting = spawnReceiver({ tls });
    await starting.catch(() => {});
  });
  Deno.test.afterAll(() => starting.then((receiver) => receiver[Symbol.asyncDispose](), () => {}));

  Deno.test(`createUndiciSend() sends a stream as it is ${tls ? "over TLS" : "over TCP"}`, async () => {
    const { url } = await starting;
    await using send = open();
    const bytes = testBytes(5 * MIB + 12_345);
    const expected = `${bytes.length} ${createHash("sha256").update(bytes).digest("hex")}`;
    const file = await Deno.makeTempFile();
    await Deno.writeFile(file, bytes);
    const sources = [
      testData(bytes, { chunk: 1_000 }),
      testData(bytes, { chunk: 3 * MIB }),
      { size: bytes.length, open: () => Deno.openSync(file).readable },
    ];
    for (const source of sources) {
      assert.equal(textOf(await send(upload(`${url}/whole`, source), { signal })), expected);
    }
    await Deno.remove(file);
  });

  for (const after of [1, 300_000, 5_000_000]) {
    for (const end of ["close", "halves", "stay"]) {
      const title = `a refusal after ${after} bytes comes out, whatever the server does then: ${end}`;
      Deno.test(`${title} (${tls ? "TLS" : "TCP"})`, async () => {
        const { url } = await starting;
        await using send = open();
        for (let round = 0; round < 5; round++) {
          const data = endless(64 * MIB);
          const answer = send(upload(`${url}/refuse?after=${after}&end=${end}`, data), { signal });
          if (end === "halves") {
            await send({ method: "GET", url: `${url}/step`, headers: {} }, { signal });
          }
          const response = await answer;
          assert.equal(response.status, 413);
          assert.match(textOf(response), /Image storage quota exceeded<\/html>$/);
          assert.ok(data.given() < data.size, "the rest is not read");
          assert.ok(data.isCancelled(), "the source is cancelled");
        }
      });
    }
  }
}

Deno.test("a server that closes in the middle of a stream, without an answer, leaves the effect unknown", async () => {
  await using receiver = await spawnReceiver();
  await using send = open();
  const data = endless(64 * MIB);
  const url = `${receiver.url}/refuse?after=1000000&end=silent`;
  const error = await refusalOf(send(upload(url, data), { signal }));
  assert.deepEqual([error.kind, error.effect], ["unavailable", "unknown"]);
  assert.match(error.message, /: the connection broke before the response was complete$/);
  assert.ok(data.isCancelled());
});

Deno.test("a stream is read no faster than the server takes it, and blocks nothing else meanwhile", async () => {
  await using receiver = await spawnReceiver();
  await using send = open({ connections: 1 });
  const data = endless(256 * MIB);
  const abort = new AbortController();
  const ended = refusalOf(send(upload(`${receiver.url}/steps`, data), { signal: abort.signal }));
  const step = { method: "GET", url: `${receiver.url}/step`, headers: {} } as const;
  let read = 0;
  while (read < 8 * MIB) {
    read = Number(textOf(await send(step, { signal })));
    // Besides what the kernel holds on both sides.
    assert.ok(data.given() < read + 32 * MIB, `${data.given()} bytes are read of which ${read} have arrived`);
  }
  abort.abort(new Error("enough"));
  assert.equal((await ended).kind, "unavailable");
  assert.ok(data.isCancelled(), "an abort cancels the source");
});

Deno.test("an abort ends a stream whose source gives nothing more", async () => {
  await using receiver = await spawnReceiver();
  await using send = open();
  const abort = new AbortController();
  const data = testData(testBytes(MIB), { hangAt: 400_000 });
  const ended = refusalOf(send(upload(`${receiver.url}/whole`, data), { signal: abort.signal }));
  await eventually(() => data.given === 400_000);
  abort.abort(new DOMException("time is up", "TimeoutError"));
  const error = await ended;
  assert.deepEqual([error.kind, error.effect], ["timeout", "unknown"]);
  assert.notEqual(data.cancelled, null);
});

Deno.test("closing ends streams that are under way", async () => {
  await using receiver = await spawnReceiver();
  const send = open();
  const data = testData(testBytes(MIB), { hangAt: 400_000 });
  const ended = refusalOf(send(upload(`${receiver.url}/whole`, data), { signal }));
  await eventually(() => data.given === 400_000);
  await send[Symbol.asyncDispose]();
  const error = await ended;
  assert.deepEqual([error.kind, error.effect], ["unavailable", "unknown"]);
  assert.notEqual(data.cancelled, null);
});

Deno.test("a stream for which there is no connection had no effect, and is not read", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await using send = open();
  const data = endless(MIB);
  const error = await refusalOf(send(upload(`http://127.0.0.1:${port}/`, data), { signal }));
  assert.deepEqual([error.kind, error.effect], ["unavailable", "none"]);
  assert.match(error.message, /connection refused/);
  assert.deepEqual([data.given(), data.isCancelled()], [0, true]);
});

Deno.test("an abort ends a stream that waits for its connection, and does not read it", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using send = open({ connectTimeout: 3_600_000 });
  const url = `https://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/`;
  const abort = new AbortController();
  const data = endless(MIB);
  const ended = refusalOf(send(upload(url, data), { signal: abort.signal }));
  using _unanswered = await listener.accept();
  abort.abort(new Error("enough"));
  assert.equal((await ended).kind, "unavailable");
  assert.deepEqual([data.given(), data.isCancelled()], [0, true]);
  listener.close();
});
