import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { rescueAnswer } from "../../src/http/streamed_request.ts";

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A socket on which every write fails with this code; `seen` is what its user reads and hears of it. */
function socketWith(code: string) {
  const seen: string[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const socket = new Duplex({
    read() {},
    write: (_chunk, _encoding, done) => done(failure(code)),
    writev: (_chunks, done) => done(failure(code)),
  });
  rescueAnswer(socket);
  socket.on("readable", () => {
    const data = socket.read();
    if (data !== null) seen.push(String(data));
  });
  socket.on("error", (error: Error) => seen.push(error.message));
  socket.on("end", () => seen.push("end"));
  socket.on("close", resolve);
  return { socket, seen, closed };
}

for (const code of ["EPIPE", "ECONNRESET"]) {
  for (const writes of [1, 3]) {
    Deno.test(`after ${writes} writes that failed with ${code}, what the other side sent is read to its end`, async () => {
      const { socket, seen, closed } = socketWith(code);
      socket.cork();
      for (let count = 0; count < writes; count++) socket.write("data");
      socket.uncork();
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(seen, []);
      socket.push("the answer");
      socket.push(null);
      await new Promise((resolve) => socket.once("end", resolve));
      assert.deepEqual(seen, ["the answer", "end"]);
      socket.destroy();
      await closed;
    });
  }
}

Deno.test("a reset lets be read what came before it", async () => {
  const { socket, seen, closed } = socketWith("EPIPE");
  socket.push("the answer");
  socket.destroy(failure("ECONNRESET"));
  await closed;
  assert.deepEqual(seen, ["the answer", "ECONNRESET"]);
});

Deno.test("a reset with nothing to read, and any other failure, ends the socket as ever", async () => {
  const reset = socketWith("EPIPE");
  reset.socket.destroy(failure("ECONNRESET"));
  await reset.closed;
  assert.deepEqual(reset.seen, ["ECONNRESET"]);

  const lost = socketWith("ETIMEDOUT");
  lost.socket.write("data");
  await lost.closed;
  assert.deepEqual(lost.seen, ["ETIMEDOUT"]);

  const stopped = socketWith("EPIPE");
  stopped.socket.push("the answer");
  stopped.socket.destroy(new Error("stop"));
  await stopped.closed;
  assert.deepEqual(stopped.seen, ["stop"]);
});
