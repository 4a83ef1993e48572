import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { SendRequest } from "../../src/http/send.ts";
import { refusalOf } from "../http/refusal_of.ts";
import { ACCESS, isLogin, NOVA_VERSIONS, type Reply, type Script, scriptedCloud } from "./scripted_cloud.ts";
import { NODE_12 } from "./server_request.ts";

const { signal } = new AbortController();
const NO_SERVERS: Reply = { body: { servers: [] } };
const RESET = new CloudError("unavailable", "nova:8774: the connection broke", { effect: "unknown" });

/** Answers requests to Nova one after the other with these, the last one from then on. */
function nova(...replies: (Reply | Error | "silence")[]): Script {
  let next = 0;
  return (request) => {
    if (!request.url.startsWith("http://nova:8774/v2.1/")) return null;
    return replies[Math.min(next++, replies.length - 1)]!;
  };
}

for (
  const [title, reply] of [
    ["502", { status: 502 }],
    ["503", { status: 503 }],
    ["504", { status: 504 }],
    ["429", { status: 429 }],
    ["a reset", RESET],
  ] as const
) {
  Deno.test(`a listing is asked for again after ${title}`, async () => {
    const { cloud, clock, calls } = scriptedCloud(nova(reply, NO_SERVERS));
    const listing = cloud.listServers({ signal });
    await clock.advance(20_000);
    assert.deepEqual((await listing).servers, []);
    assert.equal(calls().length, 2);
  });
}

for (
  const [title, reply] of [["500", { status: 500 }], ["403", { status: 403 }], ["409", {
    status: 409,
  }]] as const
) {
  Deno.test(`a listing is not asked for again after ${title}`, async () => {
    const { cloud, calls } = scriptedCloud(nova(reply));
    await refusalOf(cloud.listServers({ signal }));
    assert.equal(calls().length, 1);
  });
}

Deno.test("a listing gives up after three attempts, and says what was attempted", async () => {
  const reply = { status: 503, headers: { "x-openstack-request-id": "req-9" }, body: "down for maintenance" };
  const { cloud, clock, calls } = scriptedCloud(nova(reply));
  const refused = refusalOf(cloud.listServers({ signal }));
  await clock.advance(60_000);
  const error = await refused;
  assert.equal(calls().length, 3);
  assert.equal(error.kind, "unavailable");
  assert.equal(error.requestId, "req-9");
  assert.equal(error.message, "list servers on alpha: down for maintenance (HTTP 503, req-9)");
});

Deno.test("a repetition waits as long as Retry-After says", async () => {
  const { cloud, clock, calls } = scriptedCloud(
    nova({ status: 429, headers: { "retry-after": "9" } }, NO_SERVERS),
  );
  const listing = cloud.listServers({ signal });
  await clock.advance(8_900);
  assert.equal(calls().length, 1);
  await clock.advance(200);
  await listing;
  assert.equal(calls().length, 2);
});

Deno.test("a Retry-After of many minutes is left to the caller", async () => {
  const { cloud, calls } = scriptedCloud(nova({ status: 429, headers: { "retry-after": "900" } }));
  const error = await refusalOf(cloud.listServers({ signal }));
  assert.equal(error.kind, "rateLimited");
  assert.equal(error.retryAfter, 300_000);
  assert.equal(calls().length, 1);
});

for (
  const [title, reply, effect] of [
    ["a reset", RESET, "unknown"],
    ["502", { status: 502 }, "unknown"],
    ["500", { status: 500 }, "unknown"],
    ["malformed JSON", { status: 202, body: '{"server": {"id": ' }, "unknown"],
    ["an answer without an id", { status: 202, body: { server: {} } }, "unknown"],
    ["429", { status: 429 }, "none"],
    ["409", { status: 409 }, "none"],
    ["a refused connection", new CloudError("unavailable", "refused", { effect: "none" }), "none"],
  ] as const
) {
  Deno.test(`a creation is sent once, and after ${title} its effect is ${effect}`, async () => {
    const { cloud, calls } = scriptedCloud(nova(reply));
    const error = await refusalOf(cloud.createServer(NODE_12, { signal }));
    assert.equal(calls().length, 1);
    assert.equal(error.effect, effect);
    assert.ok(error.message.startsWith("create server node-12 on alpha: "), error.message);
  });
}

Deno.test("an answer to a GET that cannot be understood had no effect", async () => {
  const { cloud } = scriptedCloud(nova({ status: 200, body: '{"servers": [' }));
  const error = await refusalOf(cloud.listServers({ signal }));
  assert.deepEqual([error.kind, error.effect], ["unavailable", "none"]);
});

Deno.test("a request without an answer ends after the API timeout, with unknown effect", async () => {
  const { cloud, clock, calls } = scriptedCloud(nova("silence"), { apiTimeout: 10_000 });
  const refused = refusalOf(cloud.createServer(NODE_12, { signal }));
  await clock.advance(9_999);
  assert.equal(cloud.stats.errors, 0);
  await clock.advance(1);
  const error = await refused;
  assert.equal(error.kind, "timeout");
  assert.equal(error.effect, "unknown");
  assert.equal(error.message, "create server node-12 on alpha: no response within 10 s");
  assert.equal(calls().length, 1);
});

Deno.test("a caller's abort ends a request under way with the caller's reason", async () => {
  const { cloud, clock } = scriptedCloud(nova("silence"));
  const abort = new AbortController();
  const listing = cloud.listServers({ signal: abort.signal });
  await clock.advance(100);
  abort.abort(new Error("shutting down"));
  await assert.rejects(listing, /shutting down/);
});

Deno.test("closing the cloud ends what is under way and waits for it", async () => {
  const { cloud, clock } = scriptedCloud(nova("silence"));
  const listing = cloud.listServers({ signal }).then(() => "answered", () => "ended");
  await clock.advance(100);
  await cloud[Symbol.asyncDispose]();
  assert.equal(await listing, "ended");
});

Deno.test("a redirect of a GET is followed; the token stays with its own origin", async () => {
  const elsewhere: SendRequest[] = [];
  const { cloud, requests } = scriptedCloud((request) => {
    const { origin, pathname } = new URL(request.url);
    if (origin === "http://elsewhere:80" || origin === "http://elsewhere") {
      elsewhere.push(request);
      return NO_SERVERS;
    }
    if (pathname === "/v2.1/servers/detail") return { status: 302, headers: { location: "/v2.1/moved" } };
    if (pathname === "/v2.1/moved") return { status: 307, headers: { location: "http://elsewhere/servers" } };
    return null;
  });
  await cloud.listServers({ signal });
  const moved = requests.find(({ url }) => url === "http://nova:8774/v2.1/moved");
  assert.equal(moved?.headers["x-auth-token"], "token-1");
  assert.equal(elsewhere.length, 1);
  assert.ok(
    !JSON.stringify(elsewhere[0]!.headers).includes("token-1"),
    JSON.stringify(elsewhere[0]!.headers),
  );
});

for (
  const [title, address] of [
    ["port", "http://nova:9999/servers"],
    ["host of the same domain", "http://other.nova:8774/servers"],
  ] as const
) {
  Deno.test(`a redirect to another ${title} is followed without the token, and back with none either`, async () => {
    const back = "http://nova:8774/v2.1/moved";
    const { cloud, requests } = scriptedCloud(({ url }) => {
      if (url.includes("/v2.1/servers/detail")) return { status: 302, headers: { location: address } };
      if (url === address) return { status: 302, headers: { location: back } };
      return url === back ? NO_SERVERS : null;
    });
    assert.deepEqual((await cloud.listServers({ signal })).servers, []);
    for (const target of [address, back]) {
      const sent = requests.filter(({ url }) => url === target);
      assert.deepEqual(sent.map(({ headers }) => "x-auth-token" in headers), [false], target);
    }
  });
}

Deno.test("a cloud that wants https on the same host is spoken to there from then on, creations included", async () => {
  const created = { status: 202, body: { server: { id: "s1" } } };
  const { cloud, requests } = scriptedCloud(({ method, url }) => {
    if (!url.includes("nova")) return null;
    if (url.startsWith("http:")) {
      return { status: 302, headers: { location: url.replace("http://nova:8774", "https://nova") } };
    }
    return url.endsWith("nova/") ? { body: NOVA_VERSIONS } : method === "GET" ? NO_SERVERS : created;
  });
  assert.deepEqual((await cloud.listServers({ signal })).servers, []);
  assert.deepEqual(await cloud.createServer(NODE_12, { signal }), { id: "s1" });
  const nova = requests.filter(({ url }) => url.includes("nova"));
  assert.deepEqual(
    nova.map(({ method, url, headers }) => [method, url.split("?")[0], headers["x-auth-token"]]),
    [
      ["GET", "http://nova:8774/", undefined],
      ["GET", "https://nova/", undefined],
      ["GET", "https://nova/v2.1/servers/detail", "token-1"],
      ["POST", "https://nova/v2.1/servers", "token-1"],
    ],
  );
});

Deno.test("a redirect from https to http is followed without the token", async () => {
  const access = { ...ACCESS, endpointOverrides: { compute: "https://nova/v2.1" } };
  const { cloud, requests } = scriptedCloud(({ url }) => {
    if (url.startsWith("http://nova/")) return NO_SERVERS;
    return url.includes("/servers/detail")
      ? { status: 302, headers: { location: url.replace("https:", "http:") } }
      : null;
  }, { access });
  await cloud.listServers({ signal });
  await cloud.listServers({ signal });
  const sent = requests.filter(({ url }) => url.includes("/servers/detail"));
  assert.deepEqual(sent.map(({ url, headers }) => [new URL(url).protocol, headers["x-auth-token"]]), [
    ["https:", "token-1"],
    ["http:", undefined],
    ["https:", "token-1"],
    ["http:", undefined],
  ]);
});

Deno.test("where the other side of a redirect wants the token that it is not sent, the redirect is the error", async () => {
  const { cloud, logins } = scriptedCloud((request) => {
    const { host, pathname } = new URL(request.url);
    if (host === "elsewhere") return { status: 401 };
    return pathname === "/v2.1/servers/detail"
      ? { status: 301, headers: { location: "http://elsewhere/servers" } }
      : null;
  });
  const error = await refusalOf(cloud.listServers({ signal }));
  assert.deepEqual([error.kind, error.status, error.effect, logins()], ["badResponse", 301, "none", 1]);
  assert.equal(
    error.message,
    "list servers on alpha: redirected to http://elsewhere/servers (HTTP 301); correct the compute endpoint in the " +
      "cloud's catalog, or set compute_endpoint_override",
  );
});

Deno.test("redirects that go round in circles end in an error", async () => {
  const round = { status: 302, headers: { location: "http://nova:8774/v2.1/servers/detail" } };
  const { cloud, calls } = scriptedCloud(nova(round));
  assert.equal((await refusalOf(cloud.listServers({ signal }))).kind, "badResponse");
  assert.ok(calls().length < 10);
});

Deno.test("a redirect of a POST is not followed; the error names the address and where to set it", async () => {
  const { cloud, calls } = scriptedCloud(
    nova({ status: 301, headers: { location: "https://nova/v2.1/servers" } }),
  );
  const error = await refusalOf(cloud.createServer(NODE_12, { signal }));
  assert.match(error.message, /redirected to https:\/\/nova\/v2\.1\/servers .*compute_endpoint_override/);
  assert.equal(error.effect, "none");
  assert.equal(calls().length, 1);
});

Deno.test("a redirect of a login is not followed; the error names the address and auth_url", async () => {
  const location = "https://keystone:5000/v3/auth/tokens";
  const { cloud, requests } = scriptedCloud((request) =>
    isLogin(request) ? { status: 302, headers: { location } } : null
  );
  const { message } = await refusalOf(cloud.listServers({ signal }));
  assert.equal(
    message,
    `log in as robot on alpha: redirected to ${location} (HTTP 302); correct auth_url http://keystone:5000/v3`,
  );
  assert.equal(requests.length, 1);
});

Deno.test("429 slows the provider down, and stats tell", async () => {
  const { cloud, clock } = scriptedCloud(
    nova({ status: 429 }, { status: 202, body: { server: { id: "s" } } }),
  );
  await refusalOf(cloud.createServer(NODE_12, { signal }));
  assert.equal(cloud.stats.rate, 100);
  const starts: number[] = [];
  for (let count = 0; count < 3; count++) {
    cloud.createServer(NODE_12, { signal }).then(() => starts.push(clock.monotonic()));
  }
  await clock.advance(10_000);
  assert.deepEqual(starts.length, 3);
  assert.ok(starts[0]! >= 100 && starts[2]! - starts[0]! >= 100, `${starts}`);
  assert.ok(cloud.stats.rate < 100, "success speeds it up again");
});

Deno.test("a service that asks for a pause is left alone; the others are asked as before", async () => {
  const { cloud, clock } = scriptedCloud((request) => {
    if (isLogin(request) || new URL(request.url).pathname === "/") return null;
    if (request.url.startsWith("http://nova")) return NO_SERVERS;
    return { status: 503, headers: { "retry-after": "300" } };
  });
  await refusalOf(cloud.listImages({ signal }));
  await cloud.listServers({ signal });
  assert.equal(clock.monotonic(), 0);
  const again = refusalOf(cloud.listImages({ signal }));
  await clock.advance(59_000);
  assert.equal(cloud.stats.queued, 1, "the images wait");
  await clock.advance(1_000);
  await again;
});

Deno.test("stats count requests, errors and the last error", async () => {
  const { cloud, clock } = scriptedCloud(nova({ status: 404 }, NO_SERVERS));
  assert.deepEqual(cloud.stats, {
    requests: 0,
    errors: 0,
    queued: 0,
    rate: 0,
    latency: null,
    lastError: null,
    limiter: { inFlight: 0, most: 24, nextStart: 0, waiting: {} },
    connections: [],
    certificates: [],
  });
  const { message } = await refusalOf(cloud.getServer("x", { signal }));
  await cloud.listServers({ signal });
  const { requests, errors, lastError, latency } = cloud.stats;
  assert.deepEqual([requests, errors, latency], [4, 1, 0]);
  assert.deepEqual(lastError, { at: clock.now(), message });
});

Deno.test("the rate holds for all requests of a cloud, logins included", async () => {
  const starts: number[] = [];
  const { cloud, clock } = scriptedCloud((request) => {
    starts.push(clock.monotonic());
    return isLogin(request) || request.url === "http://nova:8774/" ? null : NO_SERVERS;
  }, { rate: 1_000 });
  const listings = Promise.all([1, 2, 3].map(() => cloud.listServers({ signal })));
  await clock.advance(10_000);
  await listings;
  assert.deepEqual(starts, [0, 1_000, 2_000, 3_000, 4_000]);
});

Deno.test("each request is told at its end: repetitions, refusals, and those that had no answer", async () => {
  const told: string[] = [];
  const { cloud, clock } = scriptedCloud(nova({ status: 503 }, RESET, "silence"), {
    apiTimeout: 10_000,
    onRequest: ({ service, operation, status, duration }) =>
      told.push(`${service} ${operation} ${status} ${duration}`),
  });
  const refused = refusalOf(cloud.listServers({ signal }));
  await clock.advance(60_000);
  assert.equal((await refused).kind, "timeout");
  assert.deepEqual(told.filter((line) => line.startsWith("compute")), [
    "compute ServerList 503 0",
    "compute ServerList unavailable 0",
    "compute ServerList timeout 10000",
  ]);
  assert.ok(told.includes("identity TokenCreate 201 0"), told.join(", "));
});

Deno.test("a request that the caller breaks off is told nowhere, and a listener that throws changes nothing", async () => {
  const told: unknown[] = [];
  const { cloud, clock } = scriptedCloud(nova(NO_SERVERS, "silence"), {
    onRequest: (request) => {
      told.push(request.status);
      throw new Error("this listener is broken");
    },
  });
  const listing = cloud.listServers({ signal });
  await clock.advance(1_000);
  assert.deepEqual((await listing).servers, []);
  const before = told.length;
  const stop = new AbortController();
  const left = cloud.listServers({ signal: stop.signal }).catch((error) => String(error));
  await clock.advance(1_000);
  stop.abort("enough");
  assert.equal(await left, "enough");
  assert.equal(told.length, before);
});

Deno.test("the time in which a request waits for its turn is told apart from that of its answer", async () => {
  const told: { operation: string; waited: number; duration: number }[] = [];
  const { cloud, clock } = scriptedCloud(nova(NO_SERVERS), {
    rate: 2_000,
    onRequest: (one) => told.push(one),
  });
  const listing = cloud.listServers({ signal });
  await clock.advance(20_000);
  await listing;
  const last = told.at(-1)!;
  assert.deepEqual([last.operation, last.waited, last.duration], ["ServerList", 2_000, 0]);
});
