import assert from "node:assert/strict";
import { eventually } from "../eventually.ts";
import { serveSite, ServeSiteError } from "../../src/site/serve_site.ts";

const hello = { fetch: () => new Response("hello") };

Deno.test("serveSite() listens where it is told to and says where", async () => {
  await using served = serveSite(hello, { listen: [{ hostname: "127.0.0.1", port: 0 }] });
  assert.match(served.urls[0]!, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(await (await fetch(served.urls[0]!)).text(), "hello");
});

Deno.test("serveSite() says so when another program has the port", async () => {
  await using served = serveSite(hello, { listen: [{ hostname: "127.0.0.1", port: 0 }] });
  const port = Number(new URL(served.urls[0]!).port);
  assert.throws(() => serveSite(hello, { listen: [{ hostname: "127.0.0.1", port }] }), (error: Error) => {
    assert.equal(error instanceof ServeSiteError, true);
    assert.equal(
      error.message,
      `the status endpoint cannot listen on 127.0.0.1:${port}: another program does; stop it, ` +
        "or change `listen` under `status`",
    );
    return true;
  });
});

Deno.test("serveSite() listens on several addresses, and on none where one of them cannot be had", async () => {
  const listen = ["127.0.0.1", "127.0.0.2"].map((hostname) => ({ hostname, port: 0 }));
  await using served = serveSite(hello, { listen });
  assert.equal(served.urls.length, 2);
  for (const url of served.urls) assert.equal(await (await fetch(url)).text(), "hello");
  const free = Deno.listen({ hostname: "127.0.0.3", port: 0 });
  const { port } = free.addr;
  free.close();
  const taken = Number(new URL(served.urls[1]!).port);
  const addresses = [{ hostname: "127.0.0.3", port }, { hostname: "127.0.0.2", port: taken }];
  assert.throws(() => serveSite(hello, { listen: addresses }), ServeSiteError);
  Deno.listen({ hostname: "127.0.0.3", port }).close();
});

Deno.test("/healthz and /readyz are answered however many others wait for their answer, which hear 503", async () => {
  const work = Promise.withResolvers<void>();
  let begun = 0;
  const fetch = (request: Request) => {
    if (new URL(request.url).pathname !== "/node-list") return hello.fetch();
    begun++;
    return work.promise.then(hello.fetch);
  };
  await using served = serveSite({ fetch }, { listen: [{ hostname: "127.0.0.1", port: 0 }], connections: 4 });
  const ask = (path: string) => globalThis.fetch(`${served.urls[0]}${path}`);
  const waiting = Array.from({ length: 3 }, () => ask("/node-list"));
  await eventually(() => begun === 3);
  for (const [path, status] of [["/healthz", 200], ["/readyz?strict", 200], ["/status", 503]] as const) {
    const answer = await ask(path);
    assert.equal(answer.status, status, path);
    await answer.body?.cancel();
  }
  work.resolve();
  for (const answer of waiting) assert.equal(await (await answer).text(), "hello");
});

Deno.test("another name than this machine's gets a page that leads to this machine's, and nothing of the pool", async () => {
  await using served = serveSite({ fetch: () => new Response("the pool") }, {
    listen: [{ hostname: "127.0.0.1", port: 0 }],
  });
  const [url] = served.urls;
  const ask = async (accept: string) => {
    const { port } = new URL(url!);
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const head =
      `GET /node-list HTTP/1.1\r\nHost: evil.example\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`;
    await conn.write(new TextEncoder().encode(head));
    return await new Response(conn.readable).text();
  };
  const page = await ask("text/html");
  assert.match(page, /^HTTP\/1\.1 421 /);
  assert.match(
    page,
    /This endpoint serves this machine only: use localhost or 127\.0\.0\.1, not evil\.example/,
  );
  assert.ok(page.includes(`<base href="${url}/">`), page);
  assert.match(await ask("application/json"), /"status":421/);
  assert.match(await ask("*/*"), /\r\n\r\nthis endpoint serves/);
});
