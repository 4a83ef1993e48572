import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { createUndiciSend, type UndiciSendOptions } from "../../src/http/undici_send.ts";
import { makeOwnCertificate } from "../../src/lib/own_certificate.ts";
import { makeCertificate } from "../machines/etcd_certificates.ts";
import { makeCertificates } from "../machines/etcd_setup.ts";
import { eventually } from "../eventually.ts";
import { testNeeding } from "../needs.ts";
import { SELF_SIGNED } from "./self_signed.ts";
import { refusalOf } from "./refusal_of.ts";

const { signal } = new AbortController();
const PLAIN = { verify: true, caCert: null, clientCert: null, clientKey: null, connections: 4 } as const;

function open(options: Partial<UndiciSendOptions> = {}) {
  return createUndiciSend({ ...PLAIN, ...options });
}

/** A server on a port of its own; `url` ends without a slash. */
function serve(handler: Deno.ServeHandler, tls?: { cert: string; key: string }) {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = tls === undefined
    ? Deno.serve(options, handler)
    : Deno.serve({ ...options, ...tls }, handler);
  const { port } = server.addr as Deno.NetAddr;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A server that reads one request, writes this and closes. */
function serveRaw(answer: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const done = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(4096));
      await connection.write(new TextEncoder().encode(answer));
      connection.close();
    }
  })();
  return {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
    },
  };
}

Deno.test("createUndiciSend() sends method, headers, query and body, and gives status, headers and body", async () => {
  await using server = serve(async (request) =>
    Response.json({
      method: request.method,
      path: new URL(request.url).pathname + new URL(request.url).search,
      token: request.headers.get("x-auth-token"),
      body: await request.text(),
    }, { status: 202, headers: { "X-OpenStack-Request-Id": "req-1" } })
  );
  await using send = open();
  const request = {
    method: "POST",
    url: `${server.url}/a?b=%20c`,
    headers: { "x-auth-token": "t" },
    body: "ü",
  } as const;
  const response = await send(request, { signal });
  assert.equal(response.status, 202);
  assert.equal(response.headers["x-openstack-request-id"], "req-1");
  assert.deepEqual(JSON.parse(new TextDecoder().decode(response.body)), {
    method: "POST",
    path: "/a?b=%20c",
    token: "t",
    body: "ü",
  });
});

Deno.test("createUndiciSend() streams a request's body", async () => {
  await using server = serve(async (request) => new Response(String((await request.bytes()).length)));
  await using send = open();
  const body = ReadableStream.from((function* () {
    for (let chunk = 0; chunk < 10; chunk++) yield new Uint8Array(100_000);
  })());
  const response = await send({ method: "PUT", url: `${server.url}/file`, headers: {}, body }, { signal });
  assert.equal(new TextDecoder().decode(response.body), "1000000");
});

Deno.test("createUndiciSend() follows no redirect", async () => {
  await using server = serve(() => new Response(null, { status: 302, headers: { location: "/elsewhere" } }));
  await using send = open();
  const response = await send({ method: "GET", url: `${server.url}/`, headers: {} }, { signal });
  assert.equal(response.status, 302);
  assert.equal(response.headers.location, "/elsewhere");
});

Deno.test("createUndiciSend() reuses connections, and opens no more than it may", async () => {
  const ports = new Set<number>();
  await using server = serve((_, { remoteAddr }) => {
    ports.add((remoteAddr as Deno.NetAddr).port);
    return new Response("ok");
  });
  await using send = open({ connections: 3 });
  const requests = Array.from(
    { length: 60 },
    () => ({ method: "GET", url: server.url, headers: {} } as const),
  );
  await Promise.all(requests.map((request) => send(request, { signal })));
  assert.ok(ports.size <= 3, `${ports.size} connections`);
});

Deno.test("createUndiciSend() refuses an answer beyond its bound, and can go on", async () => {
  await using server = serve((request) =>
    new Response("x".repeat(request.url.endsWith("big") ? 100_000 : 10))
  );
  await using send = open({ maxBody: 1_000 });
  const error = await refusalOf(send({ method: "GET", url: `${server.url}/big`, headers: {} }, { signal }));
  assert.equal(error.kind, "badResponse");
  assert.match(error.message, /longer than 1000 bytes/);
  assert.equal(
    (await send({ method: "GET", url: `${server.url}/small`, headers: {} }, { signal })).status,
    200,
  );
});

Deno.test("a refused connection and an unknown host had no effect", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await using send = open();
  const refused = await refusalOf(
    send({ method: "POST", url: `http://127.0.0.1:${port}/`, headers: {} }, { signal }),
  );
  assert.deepEqual([refused.kind, refused.effect], ["unavailable", "none"]);
  assert.match(refused.message, new RegExp(`^127\\.0\\.0\\.1:${port}: connection refused`));
  const unknown = await refusalOf(
    send({ method: "POST", url: "http://no-such-host.invalid/", headers: {} }, { signal }),
  );
  assert.deepEqual([unknown.kind, unknown.effect], ["unavailable", "none"]);
});

for (
  const [title, answer] of [
    ["before any answer", ""],
    ["in the middle of the headers", "HTTP/1.1 202 Accepted\r\nContent-"],
    ["in the middle of the body", 'HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n{"server": '],
  ] as const
) {
  Deno.test(`a connection that breaks ${title} leaves the effect unknown`, async () => {
    await using server = serveRaw(answer);
    await using send = open();
    const request = { method: "POST", url: server.url, headers: {}, body: "{}" } as const;
    const error = await refusalOf(send(request, { signal }));
    assert.deepEqual([error.kind, error.effect], ["unavailable", "unknown"]);
  });
}

Deno.test("an answer that is not HTTP is an error of unknown effect", async () => {
  await using server = serveRaw("SSH-2.0-OpenSSH_9.2\r\n");
  await using send = open();
  const error = await refusalOf(send({ method: "POST", url: server.url, headers: {} }, { signal }));
  assert.deepEqual([error.kind, error.effect], ["unavailable", "unknown"]);
});

Deno.test("an abort ends a request that waits for its answer; a timeout is told as such", async () => {
  const release = Promise.withResolvers<Response>();
  await using server = serve(() => release.promise);
  await using send = open();
  const abort = new AbortController();
  const answer = refusalOf(send({ method: "GET", url: server.url, headers: {} }, { signal: abort.signal }));
  abort.abort(new DOMException("time is up", "TimeoutError"));
  const error = await answer;
  assert.deepEqual([error.kind, error.effect], ["timeout", "unknown"]);
  release.resolve(new Response("late"));
});

Deno.test("a connection that is not made in time had no effect", async () => {
  // Nobody accepts: the TCP connection stands in the backlog, and nothing answers the TLS handshake.
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using send = open({ connectTimeout: 20 });
  const url = `https://127.0.0.1:${(silent.addr as Deno.NetAddr).port}/`;
  const error = await refusalOf(send({ method: "GET", url, headers: {} }, { signal }));
  silent.close();
  assert.deepEqual([error.kind, error.effect], ["unavailable", "none"]);
  assert.match(error.message, /the connection timed out/);
});

Deno.test("an abort ends a request that waits for its connection", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using send = open({ connectTimeout: 3_600_000 });
  const url = `https://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/`;
  const abort = new AbortController();
  const ended = refusalOf(send({ method: "GET", url, headers: {} }, { signal: abort.signal }));
  using _unanswered = await listener.accept();
  abort.abort(new Error("enough"));
  assert.equal((await ended).kind, "unavailable");
  listener.close();
});

async function pemFile(text: string) {
  const path = await Deno.makeTempFile({ suffix: ".pem" });
  await Deno.writeTextFile(path, text);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("a self-signed certificate is refused by default, with what to set", async () => {
  await using server = serve(() => new Response("ok"), SELF_SIGNED);
  await using send = open();
  const error = await refusalOf(send({ method: "GET", url: server.url, headers: {} }, { signal }));
  assert.deepEqual([error.kind, error.effect], ["unavailable", "none"]);
  assert.match(error.message, /: its certificate is self-signed; set cacert or verify: false$/);
});

Deno.test("a self-signed certificate is taken with cacert, or without verification", async () => {
  await using server = serve(() => new Response("ok"), SELF_SIGNED);
  await using ca = await pemFile(SELF_SIGNED.cert);
  for (const options of [{ caCert: ca.path }, { verify: false }]) {
    await using send = open(options);
    assert.equal((await send({ method: "GET", url: server.url, headers: {} }, { signal })).status, 200);
  }
});

Deno.test("certificates that are renewed under the same names count for connections that are made from then on", async () => {
  await using server = await serveToClientsWithCertificate();
  const other = makeOwnCertificate("other");
  await using ca = await pemFile(other.certificate);
  await using cert = await pemFile(other.certificate);
  await using key = await pemFile(other.key);
  const clock = { now: 0, monotonic: () => clock.now };
  const files = { caCert: ca.path, clientCert: cert.path, clientKey: key.path };
  await using send = open({ ...files, clock });
  const status = () =>
    send({ method: "GET", url: server.url, headers: { connection: "close" } }, { signal })
      .then(({ status }) => status, ({ kind }) => kind);
  const later = () => {
    clock.now += 10_000;
    return status();
  };
  assert.equal(await status(), "unavailable");
  await Deno.writeTextFile(ca.path, SELF_SIGNED.cert);
  assert.equal(await later(), "unavailable", "the client's own is not known there");
  await Deno.writeTextFile(key.path, SELF_SIGNED.key);
  await Deno.writeTextFile(cert.path, SELF_SIGNED.cert);
  assert.equal(await later(), 200);
  await Deno.writeTextFile(cert.path, other.certificate);
  assert.equal(await later(), 200, "its key is not renewed yet");
  await Deno.writeTextFile(cert.path, "");
  assert.equal(await later(), 200, "a file that is being written");
  await Deno.rename(ca.path, `${ca.path}.away`);
  assert.equal(await later(), 200, "a file that is away");
  await Deno.rename(`${ca.path}.away`, ca.path);
  await Deno.writeTextFile(key.path, other.key);
  await Deno.writeTextFile(cert.path, other.certificate);
  assert.equal(await later(), "unavailable", "the new one, which is not known there");
});

testNeeding(
  ["openssl"],
  "a certificate of our own that has expired is named where a server breaks the connection",
  async () => {
    await using folder = await authority();
    const { cert, key } = await makeCertificate(folder.path, "own", { subject: "/O=ci", isExpired: true });
    await using server = await serveToClientsWithCertificate();
    await using send = open({ verify: false, clientCert: cert, clientKey: key });
    const { message } = await refusalOf(send({ method: "GET", url: server.url, headers: {} }, { signal }));
    assert.ok(message.endsWith(`; the certificate ${cert} expired on 2020-01-02T00:00Z: renew it`), message);
  },
);

testNeeding(
  ["openssl"],
  "what is wrong with a certificate is said, and what helps, with a file of authorities and without",
  async () => {
    await using folder = await authority();
    const certificate = (name: string, wanted: Parameters<typeof makeCertificate>[2]) =>
      makeCertificate(folder.path, name, wanted);
    const subject = "/CN=some";
    const cases = [
      [
        "expired",
        { subject, isExpired: true },
        /its certificate expired on 2020-01-02T00:00Z; renew it, unless this machine's clock/,
      ],
      [
        "early",
        { subject, from: "20400101000000Z" },
        /its certificate is not valid before 2040-01-01T00:00Z; check this machine's clock$/,
      ],
      [
        "elsewhere",
        { subject, name: "DNS:elsewhere.example" },
        /its certificate is for another host name; check the address$/,
      ],
    ] as const;
    for (const [name, wanted, says] of cases) {
      const { cert, key } = await certificate(name, wanted);
      await using server = serve(() => new Response("ok"), {
        cert: await Deno.readTextFile(cert),
        key: await Deno.readTextFile(key),
      });
      await using send = open({ caCert: `${folder.path}/ca.pem` });
      assert.match(
        (await refusalOf(send({ method: "GET", url: server.url, headers: {} }, { signal }))).message,
        says,
      );
    }
    const { cert, key } = await certificate("good", { subject });
    await using server = serve(() => new Response("ok"), {
      cert: await Deno.readTextFile(cert),
      key: await Deno.readTextFile(key),
    });
    await using other = await pemFile(makeOwnCertificate("other").certificate);
    const unknown = "its certificate is signed by an unknown authority; ";
    for (
      const [options, advice] of [
        [{}, "set cacert or verify: false"],
        [{ trustAdvice: "set etcd.cacert" }, "set etcd.cacert"],
        [
          { caCert: other.path },
          `cacert, the file ${other.path}, does not hold the certificate of its authority`,
        ],
        [
          { caCert: other.path, caSetting: "etcd.cacert" },
          `etcd.cacert, the file ${other.path}, does not hold the certificate of its authority`,
        ],
      ] as const
    ) {
      await using send = open(options);
      const { message } = await refusalOf(send({ method: "GET", url: server.url, headers: {} }, { signal }));
      assert.ok(message.endsWith(`: ${unknown}${advice}`), message);
    }
  },
);

async function authority() {
  const path = await Deno.makeTempDir({ prefix: "nodepool-ca-" });
  await makeCertificates(path);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("until when the certificates of servers are good is known once they are connected to", async () => {
  await using server = serve(() => new Response("ok"), SELF_SIGNED);
  await using plain = serve(() => new Response("ok"));
  await using send = open({ verify: false });
  assert.deepEqual(send.certificates, []);
  for (const { url } of [server, plain]) await send({ method: "GET", url, headers: {} }, { signal });
  const validUntil = Date.parse("2126-10-29T15:43:25Z");
  assert.deepEqual(send.certificates, [{ host: new URL(server.url).host, validUntil }]);
});

Deno.test("a client certificate is given to the server, its key in a file of its own or the same", async () => {
  await using server = await serveToClientsWithCertificate();
  await using cert = await pemFile(SELF_SIGNED.cert);
  await using key = await pemFile(SELF_SIGNED.key);
  await using both = await pemFile(`${SELF_SIGNED.cert}\n${SELF_SIGNED.key}`);
  for (const client of [{ clientCert: cert.path, clientKey: key.path }, { clientCert: both.path }]) {
    await using send = open({ caCert: cert.path, ...client });
    const response = await send({ method: "GET", url: server.url, headers: {} }, { signal });
    assert.equal(new TextDecoder().decode(response.body), "loopback");
  }
  await using without = open({ caCert: cert.path });
  assert.equal(
    (await refusalOf(without({ method: "GET", url: server.url, headers: {} }, { signal }))).kind,
    "unavailable",
  );
});

/** Answers with the name in the client's certificate; a client without one is refused. */
async function serveToClientsWithCertificate() {
  const tls = { ...SELF_SIGNED, ca: SELF_SIGNED.cert, requestCert: true, rejectUnauthorized: true };
  const server = createServer(tls, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    response.end(subject.CN);
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

Deno.test("a missing cacert fails each request, until it is there", async () => {
  await using server = serve(() => new Response("ok"), SELF_SIGNED);
  const directory = await Deno.makeTempDir();
  const caCert = `${directory}/ca.pem`;
  await using send = open({ caCert, caSetting: "CURL_CA_BUNDLE" });
  const error = await refusalOf(send({ method: "GET", url: server.url, headers: {} }, { signal }));
  assert.deepEqual([error.kind, error.effect, error.message], [
    "unavailable",
    "none",
    `cannot read the file ${caCert}; check CURL_CA_BUNDLE`,
  ]);
  await Deno.writeTextFile(caCert, SELF_SIGNED.cert);
  assert.equal((await send({ method: "GET", url: server.url, headers: {} }, { signal })).status, 200);
  await Deno.remove(directory, { recursive: true });
});

/** Reading it hangs, as on a file system that is away, until it is let go. */
async function hangingFile(path: string) {
  await new Deno.Command("mkfifo", { args: [path] }).output();
  return { [Symbol.asyncDispose]: () => Deno.writeTextFile(path, SELF_SIGNED.cert, { create: false }) };
}

Deno.test("a cacert whose file system hangs delays requests a little where it has been read, and is named where not", async () => {
  await using server = serve(() => new Response("ok"), SELF_SIGNED);
  const directory = await Deno.makeTempDir();
  const [known, unknown] = [`${directory}/known.pem`, `${directory}/unknown.pem`];
  const clock = { now: 0, monotonic: () => clock.now };
  await Deno.writeTextFile(known, SELF_SIGNED.cert);
  await using send = open({ caCert: known, clock });
  await using other = open({ caCert: unknown, connectTimeout: 500 });
  const get = { method: "GET", url: server.url, headers: {} } as const;
  assert.equal((await send(get, { signal })).status, 200);
  await Deno.remove(known);
  {
    await using _known = await hangingFile(known);
    await using _unknown = await hangingFile(unknown);
    clock.now += 10_000;
    const answers = [send(get, { signal }), refusalOf(other(get, { signal }))] as const;
    assert.equal((await answers[0]).status, 200);
    assert.match((await answers[1]).message, /^the files of cacert, .* file system does not respond$/);
  }
  assert.equal((await send(get, { signal })).status, 200);
  await eventually(() => other(get, { signal }).then(({ status }) => status === 200, () => false));
  await Deno.remove(directory, { recursive: true });
});

Deno.test("https to a server without TLS, and a name the certificate is not for, say so", async () => {
  await using plain = serve(() => new Response("ok"));
  await using send = open();
  const url = plain.url.replace("http:", "https:");
  assert.match(
    (await refusalOf(send({ method: "GET", url, headers: {} }, { signal }))).message,
    /does not speak TLS/,
  );
  await using server = serve(() => new Response("ok"), SELF_SIGNED);
  await using ca = await pemFile(SELF_SIGNED.cert);
  await using trusting = open({ caCert: ca.path });
  const byName = server.url.replace("127.0.0.1", "localhost");
  const error = await refusalOf(trusting({ method: "GET", url: byName, headers: {} }, { signal }));
  assert.deepEqual([error.kind, error.effect], ["unavailable", "none"]);
  assert.match(error.message, /its certificate is for another host name; check the address$/);
});

Deno.test("closing ends what is under way", async () => {
  const release = Promise.withResolvers<Response>();
  const arrived = Promise.withResolvers<void>();
  await using server = serve(() => {
    arrived.resolve();
    return release.promise;
  });
  const send = open();
  const answer = refusalOf(send({ method: "GET", url: server.url, headers: {} }, { signal }));
  await arrived.promise;
  await send[Symbol.asyncDispose]();
  assert.equal((await answer).kind, "unavailable");
  release.resolve(new Response("late"));
});

Deno.test("an answer that is compressed though nobody asked for it is read, whatever the coding", async () => {
  const packed: Record<string, Uint8Array> = {
    gzip: gzipSync(TEXT),
    "x-gzip": gzipSync(TEXT),
    deflate: deflateSync(TEXT),
    "deflate ": deflateRawSync(TEXT),
    br: brotliCompressSync(TEXT),
    "gzip, gzip": gzipSync(gzipSync(TEXT)),
    identity: TEXT,
  };
  await using server = serve((request) => {
    const coding = decodeURIComponent(new URL(request.url).pathname.slice(1));
    const status = coding === "br" ? 404 : 200;
    return new Response(packed[coding] as BodyInit, { status, headers: { "content-encoding": coding } });
  });
  await using send = open();
  for (const coding of Object.keys(packed)) {
    const url = `${server.url}/${encodeURIComponent(coding)}`;
    const { body } = await send({ method: "GET", url, headers: {} }, { signal });
    assert.equal(new TextDecoder().decode(body), "what the cloud says", coding);
  }
});

Deno.test("an answer that is not what its Content-Encoding says, or too long without it, is refused in these words", async () => {
  const answers: Record<string, Uint8Array> = { gzip: TEXT, lzw: TEXT, long: gzipSync(new Uint8Array(5000)) };
  await using server = serve((request) => {
    const name = new URL(request.url).pathname.slice(1);
    const coding = name === "long" ? "gzip" : name;
    return new Response(answers[name] as BodyInit, { headers: { "content-encoding": coding } });
  });
  await using send = open({ maxBody: 1000 });
  const refusals: string[] = [];
  for (const name of Object.keys(answers)) {
    const request = { method: "GET", url: `${server.url}/${name}`, headers: {} } as const;
    const { kind, message } = await refusalOf(send(request, { signal }));
    assert.equal(kind, "badResponse");
    refusals.push(message);
  }
  assert.deepEqual(refusals, [
    "the response claims to be gzip and is not",
    "the response has the encoding lzw, which was not requested",
    "the response is longer than 1000 bytes",
  ]);
});

Deno.test("a HEAD request or an empty answer with a Content-Encoding has nothing to decode", async () => {
  await using server = serve(() =>
    new Response(null, { status: 204, headers: { "content-encoding": "gzip" } })
  );
  await using send = open();
  const { status, body } = await send({ method: "DELETE", url: server.url, headers: {} }, { signal });
  assert.deepEqual([status, body.length], [204, 0]);
});

const TEXT = new TextEncoder().encode("what the cloud says");

Deno.test("cacert can be a folder of authorities, with links that lead nowhere and other files", async () => {
  const folder = await Deno.makeTempDir();
  await using _ = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  await Deno.writeTextFile(`${folder}/ours.pem`, SELF_SIGNED.cert);
  await Deno.writeTextFile(`${folder}/README`, "authorities");
  await Deno.symlink("nowhere", `${folder}/0123abcd.0`);
  await using server = serve(() => new Response("trusted"), SELF_SIGNED);
  await using send = open({ caCert: folder });
  assert.equal((await send({ method: "GET", url: server.url, headers: {} }, { signal })).status, 200);
});
