/** The proxy that tests break: what passes, what is held back and what is lost. */
import assert from "node:assert/strict";
import { eventually } from "../eventually.ts";
import { TcpProxy } from "./tcp_proxy.ts";

/** Answers each piece with the same in capitals, and keeps what it heard. */
function echo() {
  const heard: string[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const text = new TextDecoder();
  const answerAll = async (connection: Deno.Conn) => {
    try {
      for await (const bytes of connection.readable) {
        heard.push(text.decode(bytes));
        await connection.write(new TextEncoder().encode(text.decode(bytes).toUpperCase()));
      }
    } catch {
      // Reset by the proxy.
    }
  };
  const serving = (async () => {
    for await (const connection of listener) void answerAll(connection);
  })();
  return {
    heard,
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

async function client(port: number) {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const answers: string[] = [];
  let isReset = false;
  const buffer = new Uint8Array(100);
  const reading = (async () => {
    try {
      for (let read; (read = await connection.read(buffer)) !== null;) {
        answers.push(new TextDecoder().decode(buffer.subarray(0, read)));
      }
    } catch {
      isReset = true;
    }
  })();
  return {
    answers,
    get isReset() {
      return isReset;
    },
    say: (text: string) => connection.write(new TextEncoder().encode(text)),
    async [Symbol.asyncDispose]() {
      try {
        connection.close();
      } catch {
        // It was reset.
      }
      await reading;
    },
  };
}

Deno.test("what is sent while the way is cut arrives late, once it is healed", async () => {
  await using server = echo();
  await using proxy = await TcpProxy.open(server.port);
  await using one = await client(proxy.port);
  await one.say("a");
  await eventually(() => one.answers.join("") === "A");
  proxy.cut();
  await one.say("b");
  await using late = await client(proxy.port);
  await late.say("c");
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(server.heard, ["a"]);
  proxy.heal();
  await eventually(() => one.answers.join("") === "AB" && late.answers.join("") === "C");
});

Deno.test("where answers are swallowed, requests arrive, and the connection ends when the way is healed", async () => {
  await using server = echo();
  await using proxy = await TcpProxy.open(server.port);
  await using one = await client(proxy.port);
  proxy.swallowAnswers();
  await one.say("a");
  await eventually(() => server.heard.length === 1);
  proxy.heal();
  await eventually(() => one.isReset);
  assert.deepEqual(one.answers, []);
  await using next = await client(proxy.port);
  await next.say("b");
  await eventually(() => next.answers.join("") === "B");
});

Deno.test("where connections are refused, those that stand are reset", async () => {
  await using server = echo();
  await using proxy = await TcpProxy.open(server.port);
  await using one = await client(proxy.port);
  await one.say("a");
  await eventually(() => one.answers.length === 1);
  proxy.refuse();
  await eventually(() => one.isReset);
});
