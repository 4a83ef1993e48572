import assert from "node:assert/strict";
import { serveSite, ServeSiteError } from "../../src/site/serve_site.ts";

const hello = { fetch: () => new Response("hello") };

Deno.test("serveSite() listens where it is told to and says where", async () => {
  await using served = serveSite(hello, { hostname: "127.0.0.1", port: 0 });
  assert.match(served.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(await (await fetch(served.url)).text(), "hello");
});

Deno.test("serveSite() says so when another program has the port", async () => {
  await using served = serveSite(hello, { hostname: "127.0.0.1", port: 0 });
  const port = Number(new URL(served.url).port);
  assert.throws(() => serveSite(hello, { hostname: "127.0.0.1", port }), (error: Error) => {
    assert.equal(error instanceof ServeSiteError, true);
    assert.equal(
      error.message,
      `the status endpoint cannot listen on 127.0.0.1:${port}: another program does; stop it, ` +
        "or give another `listen` under `status`",
    );
    return true;
  });
});
