/** What a proxy or load balancer sends in the place of an answer with a status of success: the same error for every call. */
import assert from "node:assert/strict";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import { isRefusal } from "../../src/domain/cloud_error.ts";
import { refusalOf } from "../http/refusal_of.ts";
import { testBytes, testData } from "./image_data.ts";
import { isLogin, type Reply, scriptedCloud } from "./scripted_cloud.ts";
import { NODE_12 } from "./server_request.ts";

const { signal } = new AbortController();
const PAGE: Reply = {
  headers: { "content-type": "text/html; charset=utf-8" },
  body: "\n<!DOCTYPE html><html><head><title> Down for\n maintenance</title><style>a {}</style></head>" +
    "<body><h1>We will be back</h1></body></html>",
};
const PAGE_SAYS =
  'the response is not JSON, or was cut off (HTTP 200, text/html; charset=utf-8: "Down for maintenance"); ' +
  "a proxy or load balancer may have sent it";

/** A cloud whose services answer all but version documents with that. */
function behindProxy(reply: Reply): WholeCloud {
  return scriptedCloud((request) => isLogin(request) || new URL(request.url).pathname === "/" ? null : reply)
    .cloud;
}

const CALLS: readonly [string, (cloud: WholeCloud) => Promise<unknown>, "none" | "unknown"][] = [
  ["create server node-12", (cloud) => cloud.createServer(NODE_12, { signal }), "unknown"],
  ["list servers", (cloud) => cloud.listServers({ signal }), "none"],
  ["show server a", (cloud) => cloud.getServer("a", { signal }), "none"],
  ["delete server a", (cloud) => cloud.deleteServer("a", { signal }), "unknown"],
  ["list ports", (cloud) => cloud.listPorts({ signal }), "none"],
  ["list networks", (cloud) => cloud.listNetworks({ signal }), "none"],
  ["read the compute limits", (cloud) => cloud.getQuota({ signal }), "none"],
  ["read the network quotas", (cloud) => cloud.getNetworkQuota({ signal }), "none"],
  ["show floating IP f", (cloud) => cloud.getFloatingIp("f", { signal }), "none"],
  ["delete floating IP f", (cloud) => cloud.deleteFloatingIp("f", { signal }), "unknown"],
  ["delete image i", (cloud) => cloud.deleteImage("i", { signal }), "unknown"],
  ["upload image i", (cloud) => cloud.uploadImage("i", testData(testBytes(10)), { signal }), "unknown"],
  [
    "create keypair k",
    (cloud) => cloud.createKeypair({ name: "k", publicKey: "ssh" }, { signal }),
    "unknown",
  ],
];

for (const [action, call, effect] of CALLS) {
  Deno.test(`a page in the place of an answer to «${action}» is no answer, and is told`, async () => {
    const error = await refusalOf(call(behindProxy(PAGE)));
    assert.deepEqual([error.kind, error.effect, isRefusal(error)], ["unavailable", effect, false]);
    assert.equal(error.message, `${action} on alpha: ${PAGE_SAYS}`);
  });
}

for (
  const [title, reply, what] of [
    ["nothing", { status: 202 }, "the response is empty (HTTP 202)"],
    [
      "cut JSON",
      { body: '{"server": {"adminPass": "x' },
      "the response is not JSON, or was cut off (HTTP 200)",
    ],
    [
      "a word",
      { headers: { "content-type": "text/plain" }, body: "OK" },
      'the response is not JSON, or was cut off (HTTP 200, text/plain: "OK")',
    ],
  ] as const
) {
  Deno.test(`${title} in the place of an answer is no answer, and is told`, async () => {
    const error = await refusalOf(behindProxy(reply).createServer(NODE_12, { signal }));
    assert.deepEqual([error.kind, error.effect], ["unavailable", "unknown"]);
    assert.equal(
      error.message,
      `create server node-12 on alpha: ${what}; a proxy or load balancer may have sent it`,
    );
  });
}

Deno.test("words beside the id of a request are the service's own", async () => {
  const cloud = behindProxy({
    status: 202,
    headers: { "content-type": "text/plain", "x-compute-request-id": "req-1" },
    body: "202 Accepted\n\nThe request is accepted for processing.\n\n   ",
  });
  assert.equal(await cloud.deleteServer("a", { signal }), "accepted");
});

Deno.test("a login that a page answers names auth_url, and no request has been sent", async () => {
  const { cloud } = scriptedCloud((request) => isLogin(request) ? PAGE : null);
  const error = await refusalOf(cloud.createServer(NODE_12, { signal }));
  assert.deepEqual([error.kind, error.effect], ["unavailable", "none"]);
  assert.equal(
    error.message,
    `log in as robot on alpha: ${PAGE_SAYS} (auth_url http://keystone:5000/v3)`,
  );
});

for (const status of [300, 404, 405]) {
  Deno.test(`a login that no Keystone answers (${status}) says nothing of a server or a floating IP`, async () => {
    const reply = { status, body: { message: "no Route matched with those values" } };
    const { cloud } = scriptedCloud((request) => isLogin(request) ? reply : null);
    const error = await refusalOf(cloud.createServer(NODE_12, { signal }));
    assert.deepEqual([error.kind, error.status, error.effect], ["unavailable", null, "none"]);
    assert.match(error.message, /is auth_url http:\/\/keystone:5000\/v3 a Keystone v3\?$/);
  });
}

for (
  const [status, body] of [
    [400, { error: { code: 400, message: "Expecting to find domain in user." } }],
    [403, { error: { code: 403, message: "You are not authorized to perform the requested action." } }],
    [403, "<html><head><title>Request blocked</title></head></html>"],
    [409, { error: { code: 409, message: "Quota exceeded: too many tokens" } }],
  ] as const
) {
  Deno.test(`a login that Keystone refuses (${JSON.stringify(body)}) says nothing of what was asked for`, async () => {
    const { cloud } = scriptedCloud((request) => isLogin(request) ? { status, body } : null);
    for (
      const call of [
        () => cloud.createServer(NODE_12, { signal }),
        () => cloud.createFloatingIp({ networkId: "n", portId: "p", description: "" }, { signal }),
        () => cloud.getQuota({ signal }),
        () => cloud.getConsole("a", { signal, lines: 1 }),
      ]
    ) {
      const error = await refusalOf(call());
      assert.deepEqual([error.kind, error.status, error.effect, isRefusal(error)], [
        "unauthorized",
        401,
        "none",
        false,
      ]);
      assert.match(
        error.message,
        /^log in as robot on alpha: .* \(HTTP 4\d\d\); check username, password, project and their domains of cloud mycloud$/,
      );
    }
  });
}

for (const status of [500, 501, 503]) {
  Deno.test(`a login that fails with ${status} says nothing of what was asked for`, async () => {
    const { cloud, clock } = scriptedCloud((request) => isLogin(request) ? { status } : null);
    for (const call of [() => cloud.getQuota({ signal }), () => cloud.createServer(NODE_12, { signal })]) {
      const refused = refusalOf(call());
      await clock.advance(600_000);
      const error = await refused;
      assert.deepEqual([error.kind, isRefusal(error)], ["unavailable", false]);
    }
  });
}

for (const [title, reply] of [["fails", { status: 500 }], ["never answers", "silence"]] as const) {
  Deno.test(`a creation whose login ${title} has certainly had no effect`, async () => {
    const { cloud, clock } = scriptedCloud((request) => isLogin(request) ? reply : null);
    const refused = refusalOf(cloud.createServer(NODE_12, { signal }));
    await clock.advance(600_000);
    assert.equal((await refused).effect, "none");
  });
}

Deno.test("a gateway that does not know the service at this moment proves nothing of networks and floating IPs", async () => {
  const cloud = behindProxy({ status: 404, body: "404 page not found\n" });
  for (
    const call of [
      cloud.listNetworks({ signal }),
      cloud.listPorts({ signal }),
      cloud.createFloatingIp({ networkId: "n", portId: "p", description: "" }, { signal }),
      cloud.createServer(NODE_12, { signal }),
    ]
  ) {
    const error = await refusalOf(call);
    assert.deepEqual([error.kind, error.effect], ["unavailable", "none"]);
    assert.match(error.message, /: 404 page not found \(HTTP 404\)$/);
  }
});

/** What gateways say in JSON of an address that they do not know, or not at this moment. */
const GATEWAYS: readonly [string, unknown][] = [
  ["Kong", { message: "no Route matched with those values", request_id: "a2f5" }],
  ["Apigee", { fault: { faultstring: "Unable to identify proxy", detail: { errorcode: "NotFound" } } }],
  ["Envoy", { code: 404, message: "upstream not found", status: "NOT_FOUND" }],
  ["HAProxy", { error: { code: 404, message: "Not Found", title: "Not Found" } }],
  ["AWS ALB", { message: null }],
  ["Traefik", {}],
];

for (const [gateway, body] of GATEWAYS) {
  Deno.test(`a 404 of ${gateway} in JSON proves nothing of anything that the cloud has`, async () => {
    const cloud = behindProxy({ status: 404, body });
    const calls: readonly (() => Promise<unknown>)[] = [
      () => cloud.listNetworks({ signal }),
      () => cloud.createFloatingIp({ networkId: "n", portId: "p", description: "" }, { signal }),
      () => cloud.createServer(NODE_12, { signal }),
      () => cloud.createSnapshot({ serverId: "a", name: "i", properties: {} }, { signal }),
      () => cloud.findImages("6f70656e-7374-6163-6b20-676c616e6365", { signal }),
      () => cloud.getServer("a", { signal }),
      () => cloud.getImage("a", { signal }),
      () => cloud.getFloatingIp("a", { signal }),
      () => cloud.deleteServer("a", { signal }),
    ];
    for (const call of calls) {
      const error = await refusalOf(call());
      assert.deepEqual([error.kind, error.status], ["unavailable", 404], error.message);
    }
  });
}

Deno.test("a service without pages of its own is used where its root shows one", async () => {
  const { cloud } = scriptedCloud(({ url }) => {
    if (url === "http://nova:8774/") return PAGE;
    return url.includes("/servers/detail") ? { body: { servers: [] } } : null;
  });
  assert.deepEqual((await cloud.listServers({ signal })).servers, []);
});
