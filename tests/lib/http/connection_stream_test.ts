import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { systemClock } from "../../../src/lib/clock.ts";
import { ConnectionStream } from "../../../src/lib/http/connection_stream.ts";

/** A connection whose system takes everything at once. */
function greedyConn(): Deno.Conn & { taken: number } {
  const conn = {
    taken: 0,
    read: () => new Promise<null>(() => {}),
    write(bytes: Uint8Array) {
      conn.taken += bytes.length;
      return Promise.resolve(bytes.length);
    },
    close: () => {},
  };
  return conn as unknown as Deno.Conn & { taken: number };
}

Deno.test("ConnectionStream gives others their turn while the system takes a long answer at once", async () => {
  const conn = greedyConn();
  const stream = new ConnectionStream(conn, () => systemClock.monotonic());
  const takenByTurn: number[] = [];
  let isSent = false;
  const look = () => {
    takenByTurn.push(conn.taken);
    if (!isSent) setImmediate(look);
  };
  setImmediate(look);
  await new Promise((resolve) => stream.write(Buffer.alloc(4 * 2 ** 20), resolve));
  isSent = true;
  await new Promise((resolve) => setImmediate(resolve));
  stream.destroy();
  assert.equal(conn.taken, 4 * 2 ** 20);
  const most = Math.max(...takenByTurn.map((taken, turn) => taken - (takenByTurn[turn - 1] ?? 0)));
  assert.ok(most <= 2 ** 17, `${most} bytes in one turn: ${takenByTurn}`);
});
