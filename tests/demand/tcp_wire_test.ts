import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { dialTcp } from "../../src/demand/tcp_wire.ts";
import type { Wire } from "../../src/demand/wire.ts";
import { watchDoneAtOnce } from "./done_at_once.ts";

const signal = new AbortController().signal;

/** Both ends of a connection. */
async function connect(): Promise<{ wire: Wire; peer: Deno.TcpConn }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [wire, peer] = await Promise.all([
    dialTcp({ host: "127.0.0.1", port: listener.addr.port }, { signal }),
    listener.accept(),
  ]);
  return { wire, peer };
}

Deno.test("dialTcp() carries bytes both ways, and null at the end", async () => {
  const { wire, peer } = await connect();
  using _wire = wire;
  wire.send(Uint8Array.of(1, 2));
  wire.send(Uint8Array.of(3));
  const buffer = new Uint8Array(3);
  for (let length = 0; length < 3;) length += (await peer.read(buffer.subarray(length)))!;
  deepEqual([...buffer], [1, 2, 3]);
  await peer.write(Uint8Array.of(4));
  deepEqual([...(await wire.read())!], [4]);
  peer.close();
  equal(await wire.read(), null);
});

Deno.test("dialTcp() says in plain words that nothing listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await rejects(dialTcp({ host: "127.0.0.1", port }, { signal }), {
    message: "connection refused; check that it runs and that this is its port",
  });
});

Deno.test("dialTcp() says that a host is not known", async () => {
  await rejects(dialTcp({ host: "no such host", port: 1 }, { signal }), /the connection failed: .+/);
});

Deno.test("dialTcp() ends with the signal's reason, before and while it connects", async () => {
  const aborted = AbortSignal.abort(new Error("before"));
  await rejects(dialTcp({ host: "127.0.0.1", port: 1 }, { signal: aborted }), /before/);
  using full = await fullListener();
  const controller = new AbortController();
  const dialing = rejects(
    dialTcp({ host: "127.0.0.1", port: full.port }, { signal: controller.signal }),
    /while/,
  );
  controller.abort(new Error("while"));
  await dialing;
});

Deno.test("a wire that is closed while it is read fails that read, and sends nothing more", async () => {
  const { wire, peer } = await connect();
  using _peer = peer;
  const reading = rejects(wire.read());
  wire[Symbol.dispose]();
  await reading;
  wire.send(Uint8Array.of(1));
  equal(await peer.read(new Uint8Array(1)), null);
});

Deno.test("a wire breaks where the other side takes nothing of what is sent", async () => {
  const { wire, peer } = await connect();
  using _wire = wire;
  using _peer = peer;
  const reading = wire.read().then(() => null, (error: Error) => error);
  const chunk = new Uint8Array(2 ** 20);
  let sent = 0;
  for (let broken = false; !broken && sent < 64; sent++) {
    wire.send(chunk);
    broken = await Promise.race([
      reading.then(() => true),
      new Promise<false>((resolve) => setImmediate(() => resolve(false))),
    ]);
  }
  ok(sent < 64);
  match(String(await reading), /does not read its input: \d+ bytes are waiting/);
});

Deno.test("a wire carries any amount to a side that takes it", async () => {
  const { wire, peer } = await connect();
  using _wire = wire;
  using _peer = peer;
  const buffer = new Uint8Array(2 ** 20);
  for (let turn = 0; turn < 12; turn++) {
    wire.send(new Uint8Array(2 ** 20));
    for (let read = 0; read < 2 ** 20;) read += (await peer.read(buffer))!;
  }
  await peer.write(Uint8Array.of(1));
  deepEqual([...(await wire.read())!], [1]);
});

Deno.test("a wire that is flooded lets others run in between", async () => {
  const { wire, peer } = await connect();
  using _wire = wire;
  using _peer = peer;
  const size = 2 ** 20;
  const writing = (async () => {
    for (let written = 0; written < size;) written += await peer.write(new Uint8Array(size - written));
  })();
  let read = 0;
  await using bytes = watchDoneAtOnce(() => read);
  while (read < size) read += (await wire.read())!.length;
  await writing;
  ok(bytes.most > 0 && bytes.most <= 4 * 64 * 1024, `${bytes.most} bytes were read at once`);
});

/** A listener whose queue is full: whoever connects waits. */
async function fullListener(): Promise<Disposable & { port: number }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 } as Deno.TcpListenOptions);
  const { port } = listener.addr;
  const waiting: Deno.TcpConn[] = [];
  for (;;) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 100);
    const made = await Deno.connect({ hostname: "127.0.0.1", port, signal: controller.signal })
      .catch(() => null);
    clearTimeout(timer);
    if (made === null) break;
    waiting.push(made);
  }
  return {
    port,
    [Symbol.dispose]() {
      waiting.forEach((connection) => connection.close());
      listener.close();
    },
  };
}
