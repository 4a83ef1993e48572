/** Requests through a real proxy. */
import assert from "node:assert/strict";
import { createUndiciSend } from "../../src/http/undici_send.ts";
import { NO_PROXY, type ProxyRules } from "../../src/domain/proxy_rules.ts";
import { refusalOf } from "./refusal_of.ts";
import { SELF_SIGNED } from "./self_signed.ts";
import { serveProxy } from "./served_proxy.ts";

const { signal } = new AbortController();
const PLAIN = { verify: false, caCert: null, clientCert: null, clientKey: null, connections: 4 } as const;

/** What says what it was asked. */
function serveOrigin(tls: boolean) {
  const handler = async (request: Request) => {
    const body = await request.text();
    const secret = request.headers.get("proxy-authorization") ?? "none";
    return Response.json({ host: request.headers.get("host"), size: body.length, secret });
  };
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = tls
    ? Deno.serve({ ...options, cert: SELF_SIGNED.cert, key: SELF_SIGNED.key }, handler)
    : Deno.serve(options, handler);
  const host = `127.0.0.1:${server.addr.port}`;
  return {
    host,
    url: `http${tls ? "s" : ""}://${host}/v3?x=1`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function through(proxy: string, fields: Partial<ProxyRules> = {}) {
  return createUndiciSend({
    ...PLAIN,
    connections: 1,
    connectTimeout: 5_000,
    proxy: { ...NO_PROXY, http: proxy, https: proxy, ...fields },
  });
}

const get = (url: string) => ({ method: "GET", url, headers: {} }) as const;
const read = (body: Uint8Array) => JSON.parse(new TextDecoder().decode(body));

for (const tls of [false, true]) {
  const kind = tls ? "https" : "http";
  Deno.test(`https is asked through a tunnel of an ${kind} proxy, one for each connection, with its password`, async () => {
    await using origin = serveOrigin(true);
    await using proxy = await serveProxy({ tls, account: "ci:se%20cret" });
    await using send = through(proxy.url.replace("se%20cret", "se%2520cret"));
    for (const _ of [1, 2]) {
      const answer = await send(get(origin.url), { signal });
      assert.deepEqual([answer.status, read(answer.body)], [200, {
        host: origin.host,
        size: 0,
        secret: "none",
      }]);
    }
    assert.deepEqual(proxy.seen, [`CONNECT ${origin.host}`]);
  });

  Deno.test(`plain http is asked of an ${kind} proxy itself, with its password, which goes no further`, async () => {
    await using origin = serveOrigin(false);
    await using proxy = await serveProxy({ tls, account: "ci:secret" });
    await using send = through(proxy.url);
    const answer = await send(get(origin.url), { signal });
    assert.deepEqual([answer.status, read(answer.body)], [200, {
      host: origin.host,
      size: 0,
      secret: "none",
    }]);
    assert.deepEqual(proxy.seen, [`GET ${origin.url}`]);
  });
}

Deno.test("a % in a proxy's password that begins no %XX is taken as it is", async () => {
  await using origin = serveOrigin(true);
  await using plain = serveOrigin(false);
  await using proxy = await serveProxy({ account: "ci:100% sure%" });
  await using send = through(proxy.url.replace(" ", "%20"));
  for (const { url } of [origin, plain]) assert.equal((await send(get(url), { signal })).status, 200);
});

for (const tls of [false, true]) {
  Deno.test(`an image's data goes through the proxy as well (${tls ? "https" : "http"})`, async () => {
    await using origin = serveOrigin(tls);
    await using proxy = await serveProxy();
    await using send = through(proxy.url);
    const body = new Blob(["x".repeat(300_000)]).stream();
    const answer = await send({ method: "PUT", url: origin.url, headers: {}, body }, { signal });
    assert.equal(read(answer.body).size, 300_000);
    assert.equal(proxy.seen.length, 1);
  });
}

Deno.test("what no_proxy names is asked directly, as is a scheme that has no proxy", async () => {
  await using origin = serveOrigin(true);
  await using proxy = await serveProxy();
  for (const fields of [{ except: ["127.0.0.0/8"] }, { https: null }]) {
    await using send = through(proxy.url, fields);
    assert.equal((await send(get(origin.url), { signal })).status, 200);
  }
  assert.deepEqual(proxy.seen, []);
});

Deno.test("a proxy that refuses, that is not there and that does not answer is named, with what to do, not its password", async () => {
  await using origin = serveOrigin(true);
  await using plain = serveOrigin(false);
  await using strict = await serveProxy({ account: "ci:secret" });
  const wrong = strict.url.replace("secret", "guess");
  const told = async (proxy: string, url: string) => {
    await using send = through(proxy);
    const { kind, effect, message } = await refusalOf(send(get(url), { signal }));
    assert.ok(!message.includes("guess"), message);
    return `${kind} ${effect}: ${message}`;
  };
  const refused = `unavailable none: the proxy http://${strict.host} refuses to connect to`;
  const password = "give it a user and a password in its address (http://user:password@host:port)";
  assert.equal(
    await told(wrong, origin.url),
    `${refused} ${origin.host} (407 Proxy Authentication Required); ${password}`,
  );
  assert.equal(await told(wrong, plain.url), `${refused} ${plain.host} (407); ${password}`);

  await using closed = await serveProxy({ refusal: "403 Forbidden" });
  assert.match(
    await told(closed.url, origin.url),
    /\(403 Forbidden\); ask its administrator, or add the host to no_proxy$/,
  );

  const { host, url } = await serveProxy().then(async (gone) => {
    await gone[Symbol.asyncDispose]();
    return gone;
  });
  for (const target of [origin.url, plain.url]) {
    assert.equal(
      await told(url, target),
      `unavailable none: the proxy http://${host}: connection refused; nothing listens there`,
    );
  }
});

Deno.test("a proxy that says nothing is given up in time", async () => {
  await using proxy = await serveProxy({ isMute: true });
  await using send = createUndiciSend({
    ...PLAIN,
    connectTimeout: 100,
    proxy: { ...NO_PROXY, https: proxy.url },
  });
  const { message } = await refusalOf(send(get("https://cloud.invalid:5000/v3"), { signal }));
  assert.equal(message, `the proxy http://${proxy.host} did not connect to cloud.invalid:5000 in time`);
});

Deno.test("a request that is called off, and a client that is closed, leave no tunnel half open", async () => {
  await using proxy = await serveProxy({ isMute: true });
  await using send = through(proxy.url);
  const asking = new AbortController();
  const answer = refusalOf(send(get("https://cloud.invalid/"), { signal: asking.signal }));
  while (proxy.seen.length === 0) await new Promise((done) => setTimeout(done, 5));
  asking.abort();
  assert.equal((await answer).message, "the request was cancelled");
});
