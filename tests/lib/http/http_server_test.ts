import assert from "node:assert/strict";
import { systemClock } from "../../../src/lib/clock.ts";
import { inFlight } from "../../../src/lib/in_flight.ts";
import { type HttpHandler, type HttpLimits, HttpServer } from "../../../src/lib/http/http_server.ts";
import { eventually } from "../../eventually.ts";
import { RawClient } from "./raw_client.ts";

interface Served extends AsyncDisposable {
  /** Connections now. */
  readonly open: number;
  readonly port: number;
  readonly url: string;
}

function serve(handler: HttpHandler, limits: Partial<HttpLimits> = {}): Served {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = new HttpServer(handler, {
    limits,
    isStream: (path) => path === "/stream",
    isAlwaysAnswered: (path) => path === "/healthz",
  });
  server.listen(listener);
  const { port } = listener.addr;
  return {
    get open() {
      return server.counts.open;
    },
    port,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const hello = () => new Response("hello");

Deno.test("HttpServer tells method, address, headers and body, and sends status, headers and body", async () => {
  await using served = serve(async (request) => {
    const text = [request.method, request.url, request.headers.get("x-kind"), await request.text()].join(" ");
    return new Response(text, { status: 201, headers: { "x-answer": "yes" } });
  });
  const headers = { "x-kind": "a" };
  const response = await fetch(`${served.url}/p?q=1`, { method: "POST", body: "what", headers });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("x-answer"), "yes");
  const text = await response.text();
  assert.equal(text, `POST ${served.url}/p?q=1 a what`);
  assert.equal(response.headers.get("content-length"), String(text.length));
});

Deno.test("HttpServer answers several requests on one connection, also when they come at once", async () => {
  await using served = serve(hello);
  using client = await RawClient.connect(served.port);
  assert.match(await client.get(), /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(await client.get(), /^HTTP\/1\.1 200 OK\r\n/);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3));
  await client.readUntil((text) => text.split("\r\n\r\nhello").length === 4);
});

Deno.test("HttpServer works on one request of a connection after the other, however many come at once", async () => {
  let [working, most] = [0, 0];
  await using served = serve(async () => {
    most = Math.max(most, ++working);
    await systemClock.sleep(1);
    working--;
    return hello();
  });
  using client = await RawClient.connect(served.port);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(10));
  await client.readUntil((text) => text.split("\r\n\r\nhello").length === 11);
  assert.equal(most, 1);
});

Deno.test("HttpServer does not begin with what a client asked for that has left", async () => {
  const work = Promise.withResolvers<void>();
  const begun: string[] = [];
  await using served = serve(({ url }) => {
    begun.push(new URL(url).pathname);
    return work.promise.then(hello);
  });
  const client = await RawClient.connect(served.port);
  await client.send(["/1", "/2"].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
  await eventually(() => begun.length === 1);
  client[Symbol.dispose]();
  await eventually(() => served.open === 0);
  work.resolve();
  assert.equal(await (await fetch(`${served.url}/3`)).text(), "hello");
  assert.deepEqual(begun, ["/1", "/3"]);
});

Deno.test("HttpServer sends no body to HEAD, and a long one whole", async () => {
  const long = "x".repeat(3_000_000);
  await using served = serve(({ method }) => new Response(method === "HEAD" ? null : long));
  assert.equal(await (await fetch(served.url, { method: "HEAD" })).text(), "");
  assert.equal(await (await fetch(served.url)).text(), long);
});

Deno.test("HttpServer sends a body as it is made, and gives it up when the client leaves", async () => {
  const cancelled = Promise.withResolvers<void>();
  await using served = serve(() =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
        cancel: () => cancelled.resolve(),
      }),
      { headers: { "transfer-encoding": "chunked" } },
    )
  );
  const client = await RawClient.connect(served.port);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.readUntil((text) => text.includes("first"));
  client[Symbol.dispose]();
  await cancelled.promise;
});

Deno.test("HttpServer tells the handler when the client leaves", async () => {
  const left = Promise.withResolvers<void>();
  await using served = serve(({ signal }) => {
    signal.addEventListener("abort", () => left.resolve());
    return left.promise.then(hello);
  });
  const leaving = new AbortController();
  const asked = fetch(served.url, { signal: leaving.signal }).catch(() => {});
  await systemClock.sleep(50);
  leaving.abort();
  await Promise.all([asked, left.promise]);
});

for (
  const [what, headers] of [["whole", []], ["as it comes", [["transfer-encoding", "chunked"]]]] satisfies [
    string,
    [string, string][],
  ][]
) {
  Deno.test(`HttpServer has nothing in flight for a client that left before its answer, sent ${what}`, async () => {
    const begun = Promise.withResolvers<void>();
    await using served = serve(async ({ signal }) => {
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return new Response(new ReadableStream(), { headers });
    });
    const leaving = new AbortController();
    const asked = fetch(served.url, { signal: leaving.signal }).catch(() => {});
    await begun.promise;
    leaving.abort();
    await asked;
    await eventually(() => inFlight.list().every(({ what }) => what !== "request"));
  });
}

Deno.test("HttpServer ends connections whose request does not come whole in time", async () => {
  await using served = serve(hello, { requestTime: 300 });
  const beginnings = [
    "",
    "GET / HT",
    "GET / HTTP/1.1\r\nHost: a\r\nX: ",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab",
  ];
  await Promise.all(beginnings.map(async (beginning) => {
    using client = await RawClient.connect(served.port);
    if (beginning !== "") await client.send(beginning);
    assert.doesNotMatch(await client.readToEnd(), /200 OK/, beginning);
  }));
});

Deno.test("HttpServer ends connections that drip, and those that ask for nothing more", async () => {
  await using served = serve(hello, { requestTime: 300 });
  using dripping = await RawClient.connect(served.port);
  const end = dripping.readToEnd();
  let isOver = false;
  void end.then(() => isOver = true);
  await dripping.send("GET / HTTP/1.1\r\n");
  while (!isOver) await dripping.send("X: y\r\n").then(() => systemClock.sleep(20), () => {});
  using idle = await RawClient.connect(served.port);
  await idle.get();
  await idle.readToEnd();
});

Deno.test("HttpServer lets an answer take as long as it needs", async () => {
  await using served = serve(() => systemClock.sleep(900).then(hello), { requestTime: 200 });
  assert.equal(await (await fetch(served.url)).text(), "hello");
});

Deno.test("HttpServer ends connections that do not take their answer", async () => {
  const bytes = new Uint8Array(64 * 2 ** 20);
  const left = Promise.withResolvers<void>();
  await using served = serve(({ signal }) => {
    signal.addEventListener("abort", () => left.resolve());
    return new Response(bytes);
  }, { writeTime: 300 });
  using client = await RawClient.connect(served.port);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await left.promise;
});

Deno.test("HttpServer gives the place of a connection that asks for nothing to a new one", async () => {
  await using served = serve(hello, { connections: 3 });
  using all = new DisposableStack();
  const idle = [];
  for (let number = 0; number < 20; number++) idle.push(all.use(await RawClient.connect(served.port)));
  using asking = await RawClient.connect(served.port);
  assert.match(await asking.get(), /200 OK/);
  await Promise.all(idle.slice(0, 17).map((client) => client.readToEnd()));
});

Deno.test("HttpServer answers 503 while too many of its connections are at work", async () => {
  const work = Promise.withResolvers<void>();
  let begun = 0;
  await using served = serve(
    ({ url }) => url.endsWith("/work") ? (begun++, work.promise.then(hello)) : hello(),
    {
      connections: 4,
    },
  );
  const working = ["/work", "/work", "/work"].map((path) => fetch(`${served.url}${path}`));
  while (begun < 3) await systemClock.sleep(5);
  using late = await RawClient.connect(served.port);
  await late.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const refusal = await late.readToEnd();
  assert.match(refusal, /^HTTP\/1\.1 503 /);
  assert.match(refusal, /too many requests at once; try again later/);
  assert.equal(await (await fetch(`${served.url}/healthz?now`)).text(), "hello");
  work.resolve();
  for (const response of await Promise.all(working)) assert.equal(await response.text(), "hello");
  assert.equal(await (await fetch(served.url)).text(), "hello");
});

Deno.test("HttpServer refuses what is too long, and what is no HTTP", async () => {
  await using served = serve(async (request) => new Response(await request.text()), { bodyBytes: 1_000 });
  const response = await fetch(served.url, { method: "POST", body: "x".repeat(1_001) });
  assert.equal(response.status, 413);
  assert.match((await response.json()).error, /more than 1000 bytes/);
  const bad = [
    "hello\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
    "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "GET http:// HTTP/1.1\r\nHost: a\r\n\r\n",
  ];
  for (const text of bad) {
    using client = await RawClient.connect(served.port);
    await client.send(text).catch(() => {});
    assert.match(await client.readToEnd(), /^(HTTP\/1\.1 4\d\d |$)/, text.slice(0, 60));
  }
});

Deno.test("HttpServer takes no part of a path from Host, nor a host from the path", async () => {
  await using served = serve(({ url }) => new Response(url));
  const ask = async (host: string) => {
    using client = await RawClient.connect(served.port);
    await client.send(`GET /a/b?c HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return await client.readToEnd();
  };
  for (
    const host of ["localhost/x", "localhost/../x", "evil.example#", "a?b", "localhost\\x", "a@localhost"]
  ) {
    assert.match(
      await ask(host),
      /^HTTP\/1\.1 400 .*the request's address, method or headers are invalid/s,
      host,
    );
  }
  assert.match(await ask(""), /\r\n\r\nhttp:\/\/localhost\/a\/b\?c$/);
  assert.match(await ask("[::1]:8005"), /\r\n\r\nhttp:\/\/\[::1\]:8005\/a\/b\?c$/);
});

Deno.test("HttpServer says what is wrong with a request that it cannot read", async () => {
  await using served = serve(hello);
  using named = await RawClient.connect(served.port);
  await named.send("GET /größe HTTP/1.1\r\nHost: a\r\n\r\n");
  const refusal = await named.readToEnd();
  assert.match(refusal, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.match(refusal, /write what is not ASCII as %XX","status":400}$/);
  using long = await RawClient.connect(served.port);
  await long.send(`GET /?${"x".repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`).catch(() => {});
  assert.match(await long.readToEnd(), /^(HTTP\/1\.1 431 |$)/);
});

Deno.test("HttpServer finishes its answers when it is disposed of, and waits for nobody else", async () => {
  const work = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const served = serve(() => {
    asked.resolve();
    return work.promise.then(hello);
  });
  using idle = await RawClient.connect(served.port);
  const answer = fetch(served.url);
  await asked.promise;
  const disposed = served[Symbol.asyncDispose]();
  await idle.readToEnd();
  work.resolve();
  assert.equal(await (await answer).text(), "hello");
  await disposed;
  await assert.rejects(RawClient.connect(served.port));
});

Deno.test("HttpServer does not wait for ever for answers that nobody takes", async () => {
  const served = serve(() => new Response(new Uint8Array(64 * 2 ** 20)), { stopTime: 100 });
  using client = await RawClient.connect(served.port);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.readUntil((text) => text !== "");
  await served[Symbol.asyncDispose]();
});

/** Goes on for as long as the client wants. */
function endless(): Response {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("begun")),
  });
  return new Response(body, { headers: { "transfer-encoding": "chunked" } });
}

Deno.test("HttpServer has room of its own for answers that never end, also when all ask at once, and ends them with itself", async () => {
  const limits = { connections: 4, streams: 20, stopTime: 60_000 };
  const served = serve(({ url }) => new URL(url).pathname === "/stream" ? endless() : hello(), limits);
  using all = new DisposableStack();
  const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(served.port)));
  await Promise.all(clients.map(async (client) => {
    all.use(client);
    await client.send("GET /stream?since=1h HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.match(await client.readUntil((text) => text.includes("begun")), /200 OK/);
  }));
  assert.equal(await (await fetch(served.url)).text(), "hello");
  using late = await RawClient.connect(served.port);
  await late.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.match(await late.readToEnd(), /^HTTP\/1\.1 503 /);
  assert.equal(await (await fetch(served.url)).text(), "hello");
  await served[Symbol.asyncDispose]();
  await Promise.all(clients.map((client) => client.readToEnd()));
});
