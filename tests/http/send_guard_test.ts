/** `Send` over sockets, with a guard that stops being sure between the caller's question and the first byte. */
import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { SendRequest } from "../../src/http/send.ts";
import { createUndiciSend } from "../../src/http/undici_send.ts";
import { sendWhileSure } from "../../src/pool/while_sure.ts";
import { eventually } from "../eventually.ts";
import { ScriptedLeadership } from "../lead/scripted_leadership.ts";

const { signal } = new AbortController();

/** A server on plain TCP that notes what comes and whether its sender was sure then; it answers a request at its end. */
async function serveNoting(leadership: ScriptedLeadership) {
  const heard: { readonly text: string; readonly isSure: boolean }[] = [];
  const held: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const text = bytes.toString();
      heard.push({ text, isSure: leadership.isSure });
      const answer = () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      if (text.startsWith("GET /slow")) held.push(answer);
      else if (text.startsWith("GET") || text.endsWith("END") || text.startsWith("DELETE")) answer();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Of the requests that change something, and the bodies. */
    effects: () => heard.filter(({ text }) => !text.startsWith("GET")),
    isHeard: (text: string) => heard.some((one) => one.text.includes(text)),
    answerSlow: () => held.splice(0).forEach((answer) => answer()),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function opened() {
  const leadership = new ScriptedLeadership();
  const server = await serveNoting(leadership);
  const direct = createUndiciSend({
    verify: true,
    caCert: null,
    clientCert: null,
    clientKey: null,
    connections: 1,
  });
  const guarded = sendWhileSure(direct, leadership);
  const send = (
    request: Pick<SendRequest, "method" | "body"> & { path: string; headers?: Record<string, string> },
  ) => guarded({ headers: {}, ...request, url: server.url + request.path }, { signal });
  return {
    leadership,
    server,
    send,
    /** Resolves once what was to be sent before on the one connection has been. */
    look: () => send({ method: "GET", path: "/" }),
    async [Symbol.asyncDispose]() {
      await direct[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const effects = [
  { method: "POST", path: "/servers", body: "{} END" },
  { method: "DELETE", path: "/servers/1" },
  { method: "PUT", path: "/volumes/1", body: "{} END" },
] as const;

for (const request of effects) {
  Deno.test(`a leader that is unsure once it is connected sends its ${request.method} when it is sure again`, async () => {
    await using all = await opened();
    const answer = all.send(request);
    // Its question has been answered; the connection is not made yet.
    await Promise.resolve();
    all.leadership.isSure = false;
    await all.look();
    assert.deepEqual(all.server.effects(), []);
    all.leadership.isSure = true;
    assert.equal((await answer).status, 200);
    assert.deepEqual(all.server.effects().map(({ isSure }) => isSure), [true]);
  });

  Deno.test(`a ${request.method} that waits for a connection is not sent by a leader that is lost meanwhile`, async () => {
    await using all = await opened();
    const before = all.send({ method: "GET", path: "/slow" });
    const waiting = all.send(request).then(() => assert.fail("was sent"), () => "closed");
    await eventually(() => all.server.isHeard("/slow"));
    all.leadership.lose("another leads");
    all.server.answerSlow();
    await before;
    await all.look();
    assert.deepEqual(all.server.effects(), []);
    void waiting;
  });
}

/** A body of which each piece comes when the test says so. */
function stepped() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  return {
    body,
    give: (text: string) => controller.enqueue(new TextEncoder().encode(text.padEnd(256 * 1024, "."))),
    end(text: string) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  };
}

Deno.test("neither the head nor a further piece of an upload leaves while its sender is unsure", async () => {
  await using all = await opened();
  const { body, give, end } = stepped();
  const headers = { "content-length": String(256 * 1024 + 3) };
  const answer = all.send({ method: "PUT", path: "/file", headers, body });
  await Promise.resolve();
  all.leadership.isSure = false;
  give("first");
  await all.look();
  assert.deepEqual(all.server.effects(), []);
  all.leadership.isSure = true;
  const bytes = () => all.server.effects().reduce((sum, { text }) => sum + text.length, 0);
  await eventually(() => bytes() >= 256 * 1024);
  all.leadership.isSure = false;
  end("END");
  await all.look();
  assert.ok(!all.server.isHeard("END"));
  all.leadership.isSure = true;
  assert.equal((await answer).status, 200);
  assert.ok(all.server.effects().every(({ isSure }) => isSure));
});
