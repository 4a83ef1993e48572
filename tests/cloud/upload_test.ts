import assert from "node:assert/strict";
import fc from "fast-check";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import { CloudError } from "../../src/domain/cloud_error.ts";
import { PIECE_SIZE } from "../../src/http/byte_source.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { testBytes, testData } from "./image_data.ts";
import { refusalOf } from "../http/refusal_of.ts";
import {
  isLogin,
  readAll,
  type Reply,
  type Script,
  type ScriptedCloud,
  scriptedCloud,
  tokenReply,
} from "./scripted_cloud.ts";

const { signal } = new AbortController();
const FILE = "/v2/images/i1/file";
const THREE_PIECES = testBytes(2 * PIECE_SIZE + 1_000);
const NO_SERVERS: Reply = { body: { servers: [] } };

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Answers uploads with this; Nova has no servers. */
function glance(reply: Reply | Error | "silence"): Script {
  return ({ url }) => {
    if (url.includes("/servers/detail")) return NO_SERVERS;
    return url.endsWith(FILE) ? reply : null;
  };
}

/** Reads so many pieces. */
function pieces(count: number) {
  return async (reader: Reader) => {
    for (let read = 0; read < count; read++) await reader.read();
  };
}

function never(): Promise<never> {
  return new Promise(() => {});
}

Deno.test("an upload sends the data as it is, in one request, and tells its type and length", async () => {
  let received = new Uint8Array();
  const read = async (reader: Reader) => received = await readAll(reader) as typeof received;
  const { cloud, requests, calls } = scriptedCloud(glance({ status: 204, read }));
  const data = testData(THREE_PIECES);
  await cloud.uploadImage("i1", data, { signal });
  assert.deepEqual(received, THREE_PIECES);
  assert.deepEqual(calls(), [`PUT ${FILE}`]);
  const { "content-type": type, "content-length": length, "x-auth-token": token } = requests.at(-1)!.headers;
  assert.deepEqual([type, length, token], [
    "application/octet-stream",
    String(THREE_PIECES.length),
    "token-1",
  ]);
  assert.deepEqual([data.opened, data.cancelled], [1, null]);
});

Deno.test("whatever chunks a source gives, their bytes are sent in their order", async () => {
  const chunk = fc.uint8Array({ minLength: 0, maxLength: 400 });
  await fc.assert(fc.asyncProperty(fc.array(chunk), fc.boolean(), async (chunks, isByteStream) => {
    const expected = new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    let received: Uint8Array | null = null;
    const { cloud } = scriptedCloud(
      glance({ status: 204, read: async (reader) => received = await readAll(reader) }),
    );
    const open = () => isByteStream ? new Blob([expected]).stream() : ReadableStream.from(chunks);
    await cloud.uploadImage("i1", { size: expected.length, open }, { signal });
    assert.deepEqual(received, expected);
  }));
});

Deno.test("the data is read no faster than it is sent", async () => {
  const { cloud, clock } = scriptedCloud(glance({ read: (reader) => pieces(2)(reader).then(never) }));
  const data = testData(testBytes(10 * PIECE_SIZE), { chunk: 1_000 });
  const upload = cloud.uploadImage("i1", data, { signal });
  await clock.advance(0);
  assert.ok(data.given < 2 * PIECE_SIZE + 1_000, `${data.given} bytes`);
  await cloud[Symbol.asyncDispose]();
  await assert.rejects(upload, /closed/);
});

/** Reads all, with a pause after each piece. */
async function readSlowly(reader: Reader, pause: () => Promise<void>): Promise<void> {
  for (let part = await reader.read(); !part.done; part = await reader.read()) await pause();
}

Deno.test("progress counts what has gone, now and then, and at last all of it", async () => {
  const read = (reader: Reader) => readSlowly(reader, () => scripted.clock.sleep(100));
  const scripted: ScriptedCloud = scriptedCloud(glance({ status: 204, read }));
  const told: number[] = [];
  const size = 20 * PIECE_SIZE;
  const data = testData(testBytes(size), { chunk: PIECE_SIZE, onProgress: (sent) => told.push(sent) });
  const upload = scripted.cloud.uploadImage("i1", data, { signal });
  await scripted.clock.advance(10 * SECOND);
  await upload;
  assert.deepEqual(told, told.toSorted((one, other) => one - other));
  assert.equal(told.at(-1), size);
  assert.equal(told.filter((sent) => sent === size).length, 1);
  assert.ok(told.length >= 4 && told.length <= 9, `${told}`);
});

Deno.test("a piece that the sender still holds does not count as sent", async () => {
  const told: number[] = [];
  const { cloud, clock } = scriptedCloud(glance({ read: (reader) => pieces(1)(reader).then(never) }));
  const data = testData(THREE_PIECES, { chunk: PIECE_SIZE, onProgress: (sent) => told.push(sent) });
  const refused = refusalOf(cloud.uploadImage("i1", data, { signal }));
  await clock.advance(5 * MINUTE);
  assert.equal((await refused).kind, "timeout");
  assert.deepEqual(told, []);
});

Deno.test("an upload takes as long as data moves, whatever the API timeout", async () => {
  const read = async (reader: Reader) => {
    await readSlowly(reader, () => clock.sleep(5 * MINUTE - 1));
    await clock.sleep(HOUR - 1);
  };
  const scripted: ScriptedCloud = scriptedCloud(glance({ status: 204, read }), { apiTimeout: 10 * SECOND });
  const { cloud, clock } = scripted;
  await cloud.listServers({ signal });
  let done = false;
  const data = testData(testBytes(10 * PIECE_SIZE), { chunk: PIECE_SIZE });
  const upload = cloud.uploadImage("i1", data, { signal }).then(() => done = true);
  await clock.advance(HOUR + 49 * MINUTE);
  assert.equal(done, false);
  await clock.advance(2 * MINUTE);
  await upload;
  assert.equal(cloud.stats.latency, 0, "it is no measure of the cloud's answers");
});

for (
  const [title, script, data, sent] of [
    [
      "the cloud takes",
      glance({ read: (reader) => pieces(2)(reader).then(never) }),
      testData(THREE_PIECES, { chunk: PIECE_SIZE }),
      PIECE_SIZE,
    ],
    ["the cloud lets in", glance("silence"), testData(THREE_PIECES), 0],
    ["the source gives", glance({}), testData(THREE_PIECES, { hangAt: 300_000 }), PIECE_SIZE],
  ] as const
) {
  Deno.test(`an upload of which ${title} nothing more has failed after 5 minutes`, async () => {
    const { cloud, clock, calls } = scriptedCloud(script);
    const refused = refusalOf(cloud.uploadImage("i1", data, { signal }));
    await clock.advance(5 * MINUTE - 1);
    assert.equal(cloud.stats.errors, 0);
    await clock.advance(1);
    const error = await refused;
    assert.deepEqual([error.kind, error.effect], ["timeout", "unknown"]);
    assert.equal(
      error.message,
      `upload image i1 on alpha: the upload stalled for 5 min after ${sent} of ${THREE_PIECES.length} bytes`,
    );
    assert.equal(calls().length, 1);
    assert.equal(data.cancelled === null, data.opened === 0);
    assert.equal(clock.sleeping, 0);
  });
}

Deno.test("an upload that is not answered has failed an hour after the last byte", async () => {
  const { cloud, clock } = scriptedCloud(glance({ read: (reader) => readAll(reader).then(never) }));
  const refused = refusalOf(cloud.uploadImage("i1", testData(THREE_PIECES), { signal }));
  await clock.advance(HOUR - 1);
  assert.equal(cloud.stats.errors, 0);
  await clock.advance(1);
  const error = await refused;
  assert.deepEqual([error.kind, error.effect], ["timeout", "unknown"]);
  assert.equal(
    error.message,
    "upload image i1 on alpha: no response within 60 min after the last byte of the data",
  );
});

Deno.test("an abort ends an upload at once with the caller's reason, and cancels the source", async () => {
  const { cloud, clock } = scriptedCloud(glance({}));
  const abort = new AbortController();
  const data = testData(THREE_PIECES, { hangAt: 100_000 });
  const upload = cloud.uploadImage("i1", data, { signal: abort.signal });
  await clock.advance(SECOND);
  abort.abort(new Error("not wanted any more"));
  await assert.rejects(upload, /not wanted any more/);
  assert.ok(data.cancelled instanceof Error);
  assert.equal(clock.sleeping, 0);
});

Deno.test("an upload that is aborted before its turn never opens the data", async () => {
  const { cloud, clock, calls } = scriptedCloud(glance({ status: 204 }), { rate: MINUTE });
  const data = testData(THREE_PIECES);
  const abort = new AbortController();
  const upload = cloud.uploadImage("i1", data, { signal: abort.signal });
  await clock.advance(SECOND);
  abort.abort(new Error("not now"));
  await assert.rejects(upload, /not now/);
  assert.deepEqual([calls(), data.opened], [[], 0]);
});

Deno.test("the wait for a turn is no part of the deadline", async () => {
  const { cloud, clock } = scriptedCloud(glance({ status: 204 }), { rate: 7 * MINUTE });
  const data = testData(THREE_PIECES);
  let done = false;
  const upload = cloud.uploadImage("i1", data, { signal }).then(() => done = true);
  // Login, version document and upload start 7 minutes apart.
  await clock.advance(14 * MINUTE - 1);
  assert.deepEqual([done, data.opened], [false, 0]);
  await clock.advance(1);
  await upload;
});

Deno.test("an upload under way keeps no place of the limit: with max-concurrency 1 the rest goes on", async () => {
  const { cloud, clock } = scriptedCloud(glance("silence"), { maxConcurrency: 1 });
  const uploads = [1, 2, 3].map(() => refusalOf(cloud.uploadImage("i1", testData(THREE_PIECES), { signal })));
  await clock.advance(SECOND);
  assert.deepEqual((await cloud.listServers({ signal })).servers, []);
  await clock.advance(5 * MINUTE);
  for (const upload of uploads) assert.equal((await upload).kind, "timeout");
});

for (
  const [title, reply, kind, effect] of [
    ["401", { status: 401 }, "unauthorized", "none"],
    ["403", { status: 403 }, "unauthorized", "none"],
    ["404", { status: 404, headers: { "x-openstack-request-id": "req-1" } }, "notFound", "none"],
    ["404 of a gateway", { status: 404 }, "unavailable", "none"],
    ["409", { status: 409 }, "conflict", "none"],
    ["410", { status: 410 }, "notFound", "none"],
    ["413 over quota", { status: 413, body: "Image storage quota exceeded" }, "quota", "none"],
    ["429", { status: 429 }, "rateLimited", "none"],
    ["500", { status: 500 }, "unavailable", "unknown"],
    ["503", { status: 503 }, "unavailable", "unknown"],
    ["a reset", new CloudError("unavailable", "glance:9292: the connection broke"), "unavailable", "unknown"],
  ] as const
) {
  Deno.test(`${title} in the middle of an upload is ${kind}, and the data is not sent again`, async () => {
    let asked = 0;
    const { cloud, clock, calls } = scriptedCloud((request, nth) => {
      if (!request.url.endsWith(FILE)) return glance({})(request, nth);
      asked++;
      return reply instanceof Error ? reply : { ...reply, read: pieces(1) };
    });
    await cloud.listServers({ signal });
    const data = testData(THREE_PIECES);
    const refused = refusalOf(cloud.uploadImage("i1", data, { signal }));
    await clock.advance(MINUTE);
    const error = await refused;
    assert.deepEqual([error.kind, error.effect], [kind, effect]);
    assert.ok(error.message.startsWith("upload image i1 on alpha: "), error.message);
    assert.deepEqual([asked, calls().length], [1, 2]);
    assert.ok(data.given < THREE_PIECES.length, "the rest is not read");
    assert.equal(data.cancelled === null, data.opened === 0);
  });
}

Deno.test("429 slows the provider down, an upload that went well speeds it up again", async () => {
  const replies: Reply[] = [{ status: 429 }, { status: 204 }];
  const { cloud, clock } = scriptedCloud((request, nth) =>
    request.url.endsWith(FILE) ? replies.shift()! : glance({})(request, nth)
  );
  await refusalOf(cloud.uploadImage("i1", testData(THREE_PIECES), { signal }));
  assert.equal(cloud.stats.rate, 100);
  const upload = cloud.uploadImage("i1", testData(THREE_PIECES), { signal });
  await clock.advance(SECOND);
  await upload;
  assert.ok(cloud.stats.rate < 100);
});

Deno.test("after a 401 in its middle, the next call takes a new token", async () => {
  const { cloud, logins } = scriptedCloud(glance({ status: 401, read: pieces(1) }));
  await cloud.listServers({ signal });
  await refusalOf(cloud.uploadImage("i1", testData(THREE_PIECES), { signal }));
  assert.equal(logins(), 1);
  await cloud.listServers({ signal });
  assert.equal(logins(), 2);
});

Deno.test("a 401 before any of the data was read costs a login, not the upload", async () => {
  const { cloud, logins, calls } = scriptedCloud((request, nth) => {
    if (!request.url.endsWith(FILE)) return glance({})(request, nth);
    return request.headers["x-auth-token"] === "token-1" ? { status: 401, read: leave } : { status: 204 };
  });
  await cloud.listServers({ signal });
  const data = testData(THREE_PIECES);
  await cloud.uploadImage("i1", data, { signal });
  assert.deepEqual([logins(), calls().length, data.opened], [2, 3, 1]);
});

/** A server that answers by the head of a request alone. */
function leave(reader: Reader): Promise<void> {
  reader.releaseLock();
  return Promise.resolve();
}

Deno.test("a token that ends within half an hour is renewed before an upload, one that lasts is not", async () => {
  const { cloud, clock, logins } = scriptedCloud(glance({ status: 204 }));
  await cloud.listServers({ signal });
  await clock.advance(28 * MINUTE);
  await cloud.uploadImage("i1", testData(THREE_PIECES), { signal });
  assert.equal(logins(), 1);
  await clock.advance(2 * MINUTE);
  await cloud.uploadImage("i1", testData(THREE_PIECES), { signal });
  assert.equal(logins(), 2);
});

Deno.test("where tokens are short-lived, each upload has a new one", async () => {
  let number = 0;
  const { cloud, logins } = scriptedCloud((request, nth) =>
    isLogin(request) ? tokenReply(++number, { seconds: 600 }) : glance({ status: 204 })(request, nth)
  );
  await cloud.listServers({ signal });
  for (let count = 0; count < 2; count++) await cloud.uploadImage("i1", testData(THREE_PIECES), { signal });
  await cloud.listServers({ signal });
  assert.equal(logins(), 3);
});

for (
  const [title, data, message, effect] of [
    [
      "is shorter than it was",
      testData(THREE_PIECES, { size: 9_999_999 }),
      /the data ended after 525288 of 9999999 bytes$/,
      "unknown",
    ],
    [
      "is longer than it was",
      testData(THREE_PIECES, { size: 1_000 }),
      /the data has grown beyond its 1000 bytes$/,
      "none",
    ],
    [
      "cannot be read on",
      testData(THREE_PIECES, { failAt: 300_000 }),
      /cannot read the data: Input\/output error$/,
      "unknown",
    ],
    [
      "cannot be read",
      testData(THREE_PIECES, { failAt: 0 }),
      /cannot read the data: Input\/output error$/,
      "none",
    ],
    [
      "is read by somebody else",
      locked(),
      /cannot read the data: the data is already being read$/,
      "none",
    ],
    ["cannot be opened", { size: 1, open: missing }, /cannot read the data: no such file$/, "none"],
  ] as const
) {
  Deno.test(`an upload whose data ${title} is no failure of the cloud`, async () => {
    const { cloud, calls } = scriptedCloud(glance({ status: 204 }));
    const error = await refusalOf(cloud.uploadImage("i1", data, { signal }));
    assert.deepEqual([error.kind, error.effect], ["badRequest", effect]);
    assert.match(error.message, message);
    assert.equal(calls().length, 1);
  });
}

function missing(): never {
  throw new Deno.errors.NotFound("no such file");
}

function locked() {
  return {
    size: 1,
    open() {
      const stream = new Blob(["x"]).stream();
      stream.getReader();
      return stream;
    },
  };
}

Deno.test("an empty image is sent as well", async () => {
  let received = -1;
  const read = async (reader: Reader) => received = (await readAll(reader)).length;
  const { cloud, requests } = scriptedCloud(glance({ status: 204, read }));
  await cloud.uploadImage("i1", testData(testBytes(0)), { signal });
  assert.deepEqual([received, requests.at(-1)!.headers["content-length"]], [0, "0"]);
});

Deno.test("the id of an image is no way to another address", async () => {
  const asked = async (use: (cloud: WholeCloud) => Promise<unknown>) => {
    const { cloud, calls } = scriptedCloud(() => null);
    await use(cloud).catch(() => {});
    return calls();
  };
  assert.deepEqual(await asked((cloud) => cloud.uploadImage("../x?y", testData(THREE_PIECES), { signal })), [
    "PUT /v2/images/..%2Fx%3Fy/file",
  ]);
  assert.deepEqual(await asked((cloud) => cloud.deleteImage("../x?y", { signal })), [
    "DELETE /v2/images/..%2Fx%3Fy",
  ]);
});
