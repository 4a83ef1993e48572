import assert from "node:assert/strict";
import { MINUTE } from "../../src/domain/time.ts";
import type { Auth, CloudAccess, Scope } from "../../src/domain/cloud_access.ts";
import { CloudError, isRefusal } from "../../src/domain/cloud_error.ts";
import { refusalOf } from "../http/refusal_of.ts";
import {
  ACCESS,
  CATALOG,
  isLogin,
  type Reply,
  type Script,
  scriptedCloud,
  service,
  tokenReply,
} from "./scripted_cloud.ts";
import { NODE_12 } from "./server_request.ts";

const { signal } = new AbortController();
const NO_SERVERS: Reply = { body: { servers: [] } };
const NOVA = "http://nova:8774/v2.1/";

function tokenOf(request: { headers: Readonly<Record<string, string>> }): string | undefined {
  return request.headers["x-auth-token"];
}

Deno.test("the first call logs in and asks for versions once, later calls do not", async () => {
  const { cloud, requests } = scriptedCloud(({ url }) => url.startsWith(NOVA) ? NO_SERVERS : null);
  await Promise.all([1, 2, 3].map(() => cloud.listServers({ signal })));
  await cloud.listServers({ signal });
  assert.equal(requests.length, 2 + 4);
  assert.equal(requests.filter(isLogin).length, 1);
});

Deno.test("a 401 renews the token once and repeats the call, even a creation", async () => {
  const { cloud, logins, calls } = scriptedCloud((request) => {
    if (!request.url.startsWith(NOVA)) return null;
    if (request.method === "GET") return NO_SERVERS;
    return tokenOf(request) === "token-1" ? { status: 401 } : { status: 202, body: { server: { id: "s1" } } };
  });
  await cloud.listServers({ signal });
  assert.deepEqual(await cloud.createServer(NODE_12, { signal }), { id: "s1" });
  assert.equal(logins(), 2);
  assert.equal(calls().length, 3);
});

Deno.test("a storm of 401s costs one login", async () => {
  let revoked = false;
  const { cloud, logins } = scriptedCloud((request) => {
    if (!request.url.startsWith(NOVA)) return null;
    return revoked && tokenOf(request) === "token-1" ? { status: 401 } : NO_SERVERS;
  });
  await cloud.listServers({ signal });
  revoked = true;
  await Promise.all(Array.from({ length: 100 }, () => cloud.listServers({ signal })));
  assert.equal(logins(), 2);
});

Deno.test("a cloud that refuses every token is unauthorized, without a login for each call", async () => {
  const { cloud, logins, calls } = scriptedCloud(({ url }) => url.startsWith(NOVA) ? { status: 401 } : null);
  const error = await refusalOf(cloud.listServers({ signal }));
  assert.equal(error.kind, "unauthorized");
  assert.equal(calls().length, 1);
  await Promise.all(Array.from({ length: 20 }, () => refusalOf(cloud.listServers({ signal }))));
  assert.ok(logins() <= 3, `${logins()} logins`);
});

Deno.test("a token is renewed some minutes before its end, whatever the cloud's clock says", async () => {
  const { cloud, clock, logins } = scriptedCloud(({ url }) => url.startsWith(NOVA) ? NO_SERVERS : null);
  await cloud.listServers({ signal });
  await clock.advance(3_290_000);
  await cloud.listServers({ signal });
  assert.equal(logins(), 1);
  await clock.advance(20_000);
  await cloud.listServers({ signal });
  assert.equal(logins(), 2);
});

/** A cloud whose first login is answered, and whose later ones are as the test says. */
function renewedAs(next: () => ReturnType<Script>) {
  let number = 0;
  return scriptedCloud((request) => {
    if (isLogin(request)) return number++ === 0 ? tokenReply(1) : next();
    return request.url.startsWith(NOVA) ? NO_SERVERS : null;
  });
}

Deno.test("a slow renewal keeps no call waiting while the token in use is good", async () => {
  const { cloud, clock, logins, requests } = renewedAs(() => "silence");
  await cloud.listServers({ signal });
  for (const pause of [3_310_000, 30_000, 30_000]) {
    await clock.advance(pause);
    await Promise.all([1, 2, 3].map(() => cloud.listServers({ signal })));
    assert.equal(logins(), 2, "one renewal at a time");
  }
  assert.equal(tokenOf(requests.at(-1)!), "token-1");
  await clock.advance(240_000);
  const late = cloud.listServers({ signal }).then(() => "answered", () => "refused");
  await clock.advance(200_000);
  assert.equal(await late, "refused", "once it has ended, calls wait for the new one");
});

Deno.test("a renewal that fails is tried again after a while, and costs no call", async () => {
  const replies: Reply[] = [];
  const { cloud, clock, logins, requests } = renewedAs(() => replies.shift() ?? { status: 500 });
  await cloud.listServers({ signal });
  await clock.advance(3_310_000);
  for (let second = 0; second < 60; second++) {
    await cloud.listServers({ signal });
    await clock.advance(1_000);
  }
  assert.ok(logins() >= 2 && logins() <= 4, `${logins()} logins`);
  replies.push(tokenReply(2));
  await clock.advance(60_000);
  await cloud.listServers({ signal });
  await clock.advance(0);
  await cloud.listServers({ signal });
  assert.equal(tokenOf(requests.at(-1)!), "token-2");
});

Deno.test("a token of 20 seconds is used for most of its life", async () => {
  let number = 0;
  const { cloud, clock, logins } = scriptedCloud((request) => {
    if (isLogin(request)) return tokenReply(++number, { seconds: 20 });
    return request.url.startsWith(NOVA) ? NO_SERVERS : null;
  });
  await cloud.listServers({ signal });
  await clock.advance(17_000);
  await cloud.listServers({ signal });
  assert.equal(logins(), 1);
  await clock.advance(2_000);
  await cloud.listServers({ signal });
  assert.equal(logins(), 2);
});

Deno.test("a token that seems to have ended before it began is used until a service refuses it", async () => {
  let number = 0;
  const { cloud, logins } = scriptedCloud((request) => {
    if (isLogin(request)) return tokenReply(++number, { seconds: -420 });
    return request.url.startsWith(NOVA) ? NO_SERVERS : null;
  });
  for (let call = 0; call < 3; call++) await cloud.listServers({ signal });
  assert.equal(logins(), 1);
});

Deno.test("one caller's abort does not end the login that others wait for", async () => {
  let release = false;
  const { cloud, clock, logins } = scriptedCloud((request) => {
    if (isLogin(request) && !release) return { status: 503 };
    return request.url.startsWith(NOVA) ? NO_SERVERS : null;
  });
  const abort = new AbortController();
  const first = cloud.listServers({ signal: abort.signal });
  const second = cloud.listServers({ signal });
  await clock.advance(100);
  abort.abort(new Error("not me"));
  await assert.rejects(first, /not me/);
  release = true;
  await clock.advance(10_000);
  assert.equal((await second).servers.length, 0);
  assert.equal(logins(), 2);
});

Deno.test("a call that is aborted before it starts does not even log in", async () => {
  const { cloud, requests } = scriptedCloud(() => null);
  await assert.rejects(cloud.listServers({ signal: AbortSignal.abort(new Error("not now")) }), /not now/);
  assert.deepEqual(requests, []);
});

Deno.test("a wrong password says what to check, and never the password", async () => {
  const body = { error: { code: 401, message: "The request you have made requires authentication." } };
  const { cloud } = scriptedCloud((request) => isLogin(request) ? { status: 401, body } : null);
  const error = await refusalOf(cloud.listServers({ signal }));
  assert.equal(error.kind, "unauthorized");
  assert.equal(
    error.message,
    "log in as robot on alpha: The request you have made requires authentication. (HTTP 401); " +
      "check username, password, project and their domains of cloud mycloud",
  );
});

Deno.test("an auth_url that is no Keystone says so", async () => {
  const { cloud } = scriptedCloud((request) =>
    isLogin(request) ? { status: 404, body: "<h1>Not Found</h1>" } : null
  );
  const error = await refusalOf(cloud.listServers({ signal }));
  assert.match(error.message, /is auth_url http:\/\/keystone:5000\/v3 a Keystone v3\?$/);
  const elsewhere = scriptedCloud((request) =>
    isLogin(request) ? { status: 300, body: { choices: [{ id: "v2.0" }] } } : null
  );
  const { message } = await refusalOf(elsewhere.cloud.listServers({ signal }));
  assert.match(
    message,
    /on alpha: the cloud responded with status 300 and no message \(HTTP 300\); is auth_url/,
  );
  for (const authUrl of ["keystone:5000", "", "ftp://keystone/"]) {
    const wrong = scriptedCloud(() => null, { access: { ...ACCESS, authUrl } });
    assert.match(
      (await refusalOf(wrong.cloud.listServers({ signal }))).message,
      /is not an http\(s\) address/,
    );
    assert.equal(wrong.requests.length, 0);
  }
});

Deno.test("a user and a password in an auth_url are neither sent nor shown", async () => {
  const access = { ...ACCESS, authUrl: "http://ci:zq7x@keystone:5000/v3" };
  const answers = [{ status: 404 }, { status: 201 }, new CloudError("badResponse", "nonsense")];
  for (const answer of answers) {
    const { cloud, requests } = scriptedCloud((request) => isLogin(request) ? answer : null, { access });
    const { message } = await refusalOf(cloud.listServers({ signal }));
    assert.match(message, /auth_url http:\/\/\*\*\*@keystone:5000\/v3/);
    assert.doesNotMatch(message + JSON.stringify(requests), /zq7x/);
  }
});

for (
  const [authUrl, expected] of [
    ["http://keystone:5000", "http://keystone:5000/v3/auth/tokens"],
    ["http://keystone:5000/", "http://keystone:5000/v3/auth/tokens"],
    ["http://keystone:5000/v3", "http://keystone:5000/v3/auth/tokens"],
    ["http://keystone:5000/v3/", "http://keystone:5000/v3/auth/tokens"],
    ["http://keystone:5000/v2.0", "http://keystone:5000/v3/auth/tokens"],
    ["http://keystone:5000/v2.0/", "http://keystone:5000/v3/auth/tokens"],
    ["https://cloud/identity", "https://cloud/identity/v3/auth/tokens"],
    ["https://cloud/identity/v2.0/", "https://cloud/identity/v3/auth/tokens"],
  ] as const
) {
  Deno.test(`auth_url ${authUrl} leads to ${expected}`, async () => {
    const { cloud, requests } = scriptedCloud(({ url }) => url.startsWith(NOVA) ? NO_SERVERS : null, {
      access: { ...ACCESS, authUrl },
    });
    await cloud.listServers({ signal });
    assert.equal(requests[0]!.url, expected);
  });
}

const nobody = { userId: null, username: null, userDomain: { id: null, name: null } };
const LOGINS: readonly [string, Auth, Scope, unknown][] = [
  [
    "a password, with names and domains",
    {
      ...nobody,
      method: "password",
      username: "robot",
      userDomain: { id: null, name: "Ops" },
      password: "p",
    },
    { kind: "project", id: null, name: "ci", domain: { id: "d1", name: "ignored" } },
    {
      identity: {
        methods: ["password"],
        password: { user: { name: "robot", domain: { name: "Ops" }, password: "p" } },
      },
      scope: { project: { name: "ci", domain: { id: "d1" } } },
    },
  ],
  [
    "a password, with ids",
    { ...nobody, method: "password", userId: "u1", username: "ignored", password: "p" },
    { kind: "project", id: "p1", name: "ignored", domain: { id: null, name: null } },
    {
      identity: { methods: ["password"], password: { user: { id: "u1", password: "p" } } },
      scope: { project: { id: "p1" } },
    },
  ],
  [
    "a token, for a domain",
    { method: "token", token: "t" },
    { kind: "domain", domain: { id: null, name: "Ops" } },
    { identity: { methods: ["token"], token: { id: "t" } }, scope: { domain: { name: "Ops" } } },
  ],
  [
    "a password, for the system, in the default domain",
    { ...nobody, method: "password", username: "root", password: "p" },
    { kind: "system" },
    {
      identity: {
        methods: ["password"],
        password: { user: { name: "root", domain: { id: "default" }, password: "p" } },
      },
      scope: { system: { all: true } },
    },
  ],
  [
    "an application credential by id",
    { ...nobody, method: "application_credential", id: "a1", name: "ignored", secret: "s" },
    { kind: "none" },
    { identity: { methods: ["application_credential"], application_credential: { id: "a1", secret: "s" } } },
  ],
  [
    "an application credential by name",
    { ...nobody, method: "application_credential", id: null, name: "ci", username: "robot", secret: "s" },
    { kind: "none" },
    {
      identity: {
        methods: ["application_credential"],
        application_credential: {
          name: "ci",
          user: { name: "robot", domain: { id: "default" } },
          secret: "s",
        },
      },
    },
  ],
];

for (const [title, auth, scope, expected] of LOGINS) {
  Deno.test(`logs in with ${title}`, async () => {
    const access: CloudAccess = { ...ACCESS, auth, scope };
    const { cloud, requests } = scriptedCloud(({ url }) => url.startsWith(NOVA) ? NO_SERVERS : null, {
      access,
    });
    await cloud.listServers({ signal });
    assert.deepEqual(JSON.parse(String(requests[0]!.body)), { auth: expected });
  });
}

async function askedAddress(catalog: typeof CATALOG, access: Partial<CloudAccess> = {}): Promise<string> {
  const { cloud, requests } = scriptedCloud((request) => {
    if (isLogin(request)) return tokenReply(1, { catalog });
    return request.url.includes("/servers/detail") ? NO_SERVERS : null;
  }, { access: { ...ACCESS, ...access } });
  await cloud.listServers({ signal });
  return requests.at(-1)!.url.split("/servers/")[0]!;
}

Deno.test("the endpoint is that of the region, the service type and name, or the override", async () => {
  const two = [service("compute", "http://one/v2.1", "One"), service("compute", "http://two/v2.1", "Two")];
  assert.equal(await askedAddress(two), "http://one/v2.1");
  assert.equal(await askedAddress(two, { regionName: "Two" }), "http://two/v2.1");
  const named = [
    { ...service("compute", "http://old/v2.1"), name: "old" },
    service("compute", "http://new/v2.1"),
  ];
  assert.equal(await askedAddress(named, { serviceNames: { compute: "compute" } }), "http://new/v2.1");
  assert.equal(await askedAddress([service("computev21", "http://alias/v2.1")]), "http://alias/v2.1");
  const typed = [service("compute", "http://one/v2.1"), service("compute_beta", "http://beta/v2.1")];
  assert.equal(await askedAddress(typed, { serviceTypes: { compute: "compute_beta" } }), "http://beta/v2.1");
  const endpointOverrides = { compute: "http://override/v2.1/%(project_id)s" };
  assert.equal(await askedAddress(two, { endpointOverrides }), "http://override/v2.1/project-1");
});

Deno.test("an endpoint is taken with its path and an IPv6 address, and refused without http", async () => {
  const address = (url: string) => askedAddress([service("compute", url)]);
  assert.equal(
    await address("http://[2001:db8::1]/compute/v2.1/%(tenant_id)s/"),
    "http://[2001:db8::1]/compute/v2.1/project-1",
  );
  for (const wrong of ["nova:8774/v2.1", "//nova:8774/v2.1", "ftp://nova/v2.1"]) {
    const { message } = await refusalOf(address(wrong));
    assert.match(message, /the compute endpoint .* is not an http\(s\) address/);
  }
});

Deno.test("an endpoint that is not in the catalog says what there is and what to check", async () => {
  const message = async (access: Partial<CloudAccess>, catalog = CATALOG) => {
    const { cloud } = scriptedCloud((request) => isLogin(request) ? tokenReply(1, { catalog }) : null, {
      access: { ...ACCESS, ...access },
    });
    return (await refusalOf(cloud.listServers({ signal }))).message;
  };
  assert.match(await message({ regionName: "Mars" }), /region Mars, only in RegionOne; check region_name$/);
  assert.match(
    await message({ interfaces: ["internal"] }),
    /no internal endpoint for compute; check interface$/,
  );
  assert.match(await message({}, []), /the catalog has no compute service/);
  assert.match(await message({ apiVersions: { compute: "3" } }), /compute_api_version 3 is not supported/);
});

Deno.test("a service that the catalog does not have is not there; one that is elsewhere is a wrong configuration", async () => {
  const refusal = async (access: Partial<CloudAccess>) => {
    const catalog = CATALOG.filter(({ type }) => type !== "network" || access.regionName !== undefined);
    const { cloud } = scriptedCloud((request) => isLogin(request) ? tokenReply(1, { catalog }) : null, {
      access: { ...ACCESS, ...access },
    });
    return await refusalOf(cloud.listNetworks({ signal }));
  };
  const missing = await refusal({});
  assert.deepEqual([missing.kind, missing.effect, isRefusal(missing)], ["notFound", "none", true]);
  for (const wrong of [{ regionName: "Mars" }, { serviceTypes: { network: "neutron" } }]) {
    const error = await refusal(wrong);
    assert.deepEqual([error.kind, isRefusal(error)], ["badRequest", false], error.message);
  }
});

Deno.test("no token and no secret is in any error", async () => {
  const { cloud } = scriptedCloud((request) => {
    return request.url.startsWith(NOVA)
      ? { status: 400, body: "bad token gAAAAABrAwWYtWrvaBahFLKXnib_BXagYIx" }
      : null;
  });
  const error = await refusalOf(cloud.listServers({ signal }));
  const everything = `${error.message} ${Deno.inspect(error)} ${JSON.stringify(cloud.stats)}`;
  for (const secret of ["token-1", "s3cret-password", "gAAAA"]) {
    assert.ok(!everything.includes(secret), secret);
  }
});

Deno.test("a token that a service took, even to say no, is renewed once one refuses it", async () => {
  const refused = { status: 401, body: { error: { code: 401, message: "…", title: "Unauthorized" } } };
  const replies = [{ status: 403 }, refused, NO_SERVERS];
  const { cloud, logins } = scriptedCloud(({ url }) => url.startsWith(NOVA) ? replies.shift()! : null);
  assert.equal((await refusalOf(cloud.listServers({ signal }))).status, 403);
  assert.deepEqual((await cloud.listServers({ signal })).servers, []);
  assert.equal(logins(), 2);
});

Deno.test("a service that fails to tell its versions is used in its base version, and asked again later", async () => {
  const page = { body: "<html>We will be back soon</html>" };
  for (const reply of [{ status: 500 }, { status: 501 }, { status: 503 }, { status: 404 }, page]) {
    const { cloud, clock, requests } = scriptedCloud(({ url }) => {
      if (url === "http://nova:8774/") return reply;
      return url.includes("/servers/detail") ? { body: { servers: [] } } : null;
    });
    const asked = () => requests.filter(({ url }) => url === "http://nova:8774/").length;
    const listed = cloud.listServers({ signal });
    await clock.advance(MINUTE);
    assert.equal((await listed).servers.length, 0);
    const first = asked();
    await cloud.listServers({ signal });
    assert.equal(asked(), first, "it is not asked for with each call");
    await clock.advance(11 * MINUTE);
    const again = cloud.listServers({ signal });
    await clock.advance(MINUTE);
    await again;
    assert.ok(asked() > first);
  }
});

Deno.test("a microversion that is offered and refused all the same is done without", async () => {
  const { cloud, calls, requests } = scriptedCloud(({ url, headers }) => {
    if (!url.includes("/servers/detail")) return null;
    return headers["openstack-api-version"] === undefined ? NO_SERVERS : { status: 406 };
  });
  assert.deepEqual((await cloud.listServers({ signal })).servers, []);
  await cloud.listServers({ signal });
  assert.equal(calls().length, 3, "it is not asked for again");
  assert.equal(requests.at(-1)?.headers["openstack-api-version"], undefined);
});

Deno.test("interfaces and regions of a service of its own win, and of several interfaces the first that there is", async () => {
  const endpoint = (kind: string, region: string, url: string) => ({
    interface: kind,
    region,
    region_id: region,
    url,
  });
  const catalog = [{
    type: "compute",
    name: "nova",
    endpoints: [
      endpoint("public", "One", "http://public/v2.1"),
      endpoint("internal", "One", "http://internal/v2.1"),
      endpoint("internal", "Two", "http://two/v2.1"),
    ],
  }];
  const asked = (access: Parameters<typeof askedAddress>[1]) =>
    askedAddress(catalog, { regionName: "One", ...access });
  assert.equal(await asked({}), "http://public/v2.1");
  assert.equal(await asked({ interfaces: ["admin", "internal", "public"] }), "http://internal/v2.1");
  assert.equal(await asked({ serviceInterfaces: { compute: ["internal"] } }), "http://internal/v2.1");
  const two = { serviceInterfaces: { compute: ["internal" as const] }, serviceRegions: { compute: "Two" } };
  assert.equal(await asked(two), "http://two/v2.1");
});

Deno.test("without region_name, other services are used in the region of the compute service", async () => {
  const both = (kind: string, regions: readonly string[]) => ({
    ...service(kind, ""),
    endpoints: regions.flatMap((region) => service(kind, `http://${kind}.${region}`, region).endpoints),
  });
  const images = async (regions: readonly string[], access: Partial<CloudAccess> = {}) => {
    const catalog = [both("image", regions), both("compute", ["one", "two"])];
    const { cloud, requests } = scriptedCloud((request) => {
      if (isLogin(request)) return tokenReply(1, { catalog });
      return request.url.includes("/images") ? { body: { images: [] } } : null;
    }, { access: { ...ACCESS, ...access } });
    await cloud.listImages({ signal });
    return new URL(requests.at(-1)!.url).host;
  };
  assert.equal(await images(["two", "one"]), "image.one");
  assert.equal(await images(["three", "two"]), "image.three", "it has none there");
  assert.equal(await images(["two", "one"], { serviceRegions: { image: "two" } }), "image.two");
  assert.equal(await images(["two", "one"], { regionName: "two" }), "image.two");
});
