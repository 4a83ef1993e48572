import assert from "node:assert/strict";
import { classifyResponse } from "../../src/cloud/openstack/classify_response.ts";
import type { CloudErrorKind } from "../../src/domain/cloud_error_kind.ts";
import { threadTime } from "../thread_time.ts";
import { type Reply as AnyReply, toResponse } from "./scripted_cloud.ts";

/** Left out: Nova's. */
interface Reply extends AnyReply {
  readonly service?: "network" | "image";
}

const NOW = Date.UTC(2030, 0, 1);
const classify = (reply: Reply) =>
  classifyResponse(toResponse(reply), { service: reply.service ?? "compute", now: NOW });

const nova = (key: string, code: number, message: string): Reply => ({
  status: code,
  body: { [key]: { code, message } },
});
const neutron = (status: number, type: string, message: string): Reply => ({
  service: "network",
  status,
  body: { NeutronError: { type, message, detail: "" } },
});

/** Glance's, as JSON for those who accept it and as a page else. */
const glance = (status: number, message: string): Reply => ({
  service: "image",
  status,
  body: { message: `${message}<br /><br />\n\n\n`, code: `${status}`, title: "Refused" },
});
const glancePage = (status: number, message: string): Reply => ({
  service: "image",
  status,
  body:
    `<html>\n <head>\n  <title>${status} Refused</title>\n </head>\n <body>\n  <h1>${status} Refused</h1>\n  ` +
    `${message}<br /><br />\n\n\n\n </body>\n</html>`,
});

/** Answers as real services give them. */
const TABLE: readonly [string, Reply, CloudErrorKind][] = [
  [
    "Nova's quota of instances",
    nova("forbidden", 403, "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances"),
    "quota",
  ],
  ["Nova's quota of ports", nova("forbidden", 403, "Maximum number of ports exceeded"), "quota"],
  ["Nova's quota of keypairs", nova("forbidden", 403, "Quota exceeded, too many key pairs."), "quota"],
  ["a policy", nova("forbidden", 403, "Policy doesn't allow os_compute_api:servers:create"), "unauthorized"],
  ...([
    "Policy doesn't allow os_compute_api:servers:create to be performed.",
    "Policy doesn't allow compute:create to be performed.",
    "Policy doesn't allow os_compute_api:limits to be performed.",
    "You are not authorized to perform the requested action: compute:create.",
    "Access was denied to this resource.",
    "User does not have admin privileges",
    "Your account is suspended; contact support.",
    "The project is disabled: an invoice is overdue.",
    "Payment required before new servers can be created",
    "Images and servers of a suspended project cannot be used",
    "The user's role does not allow this.",
    "Forbidden",
    "",
  ].map((message): [string, Reply, CloudErrorKind] => [
    `what Nova forbids the account (${message})`,
    nova("forbidden", 403, message),
    "unauthorized",
  ])),
  ...([
    "Only volume-backed servers are allowed for flavors with zero disk. ",
    "It is not allowed to create an interface on external network 4711",
    "Policy doesn't allow os_compute_api:servers:create:attach_network to be performed.",
    "Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.",
    "Policy doesn't allow memory_flavor:create:image_backed to be performed.",
    "Policy doesn't allow compute:create:attach_volume to be performed.",
    "Maximum number of metadata items exceeds 128",
    "Flavor m1.gpu is not offered in zone az2.",
    "You do not have permission to use flavor m1.gpu",
    "Network 4711 is not available to project 0815",
  ].map((message): [string, Reply, CloudErrorKind] => [
    `what Nova forbids one request (${message})`,
    nova("forbidden", 403, message),
    "badRequest",
  ])),
  ["a 403 of a proxy", { status: 403, body: "<html><h1>403 Forbidden</h1>nginx</html>" }, "unauthorized"],
  [
    "a 403 of Keystone's middleware",
    { status: 403, body: { error: { code: 403, message: "no" } } },
    "unauthorized",
  ],
  ["a 403 without a word", { status: 403 }, "unauthorized"],
  ["old Nova's quota", {
    ...nova("overLimit", 413, "Quota exceeded for cores"),
    headers: { "retry-after": "0" },
  }, "quota"],
  [
    "old Nova's rate limit",
    { ...nova("overLimit", 413, "This request was rate-limited."), headers: { "retry-after": "7" } },
    "rateLimited",
  ],
  [
    "old Nova's rate limit whose header a proxy took away",
    nova("overLimitFault", 413, "This request was rate-limited."),
    "rateLimited",
  ],
  ["a body too large", { status: 413, body: "<h1>Request Entity Too Large</h1>" }, "badRequest"],
  [
    "Glance's quota",
    { status: 413, body: "Denying attempt to upload image because it exceeds the quota: 5" },
    "quota",
  ],
  [
    "Glance's quota of storage",
    glance(
      413,
      "Image exceeds the storage quota: The size of the data 9 will exceed the limit. 1 bytes remaining.",
    ),
    "quota",
  ],
  ["Glance's quota of storage as a page", glancePage(413, "Image storage quota exceeded: 5"), "quota"],
  [
    "Glance's limit kept by Keystone",
    glance(
      413,
      "The request returned a 413 Request Entity Too Large. This generally means that rate limiting or a quota " +
        "threshold was breached.\n\nThe response body:\nProject 4711 is over a limit for [Resource image_count_total " +
        "is over limit of 10 due to current usage 10 and delta 1]",
    ),
    "quota",
  ],
  [
    "Glance's full store",
    glancePage(
      413,
      "Image storage media is full: There is not enough disk space on the image storage media.",
    ),
    "capacity",
  ],
  [
    "an image larger than Glance takes",
    glance(413, "The incoming image is too large: The provided image is too large."),
    "badRequest",
  ],
  [
    "too many properties",
    glance(
      413,
      "The limit has been exceeded on the number of allowed image properties. Attempted: 129, Maximum: 128",
    ),
    "badRequest",
  ],
  ["a property that Glance keeps", glance(403, "Attribute 'status' is read-only."), "badRequest"],
  ["a protected image", glance(403, "Image 4711 is protected and cannot be deleted."), "unauthorized"],
  [
    "an image in use",
    glance(
      409,
      "Image 4711 could not be deleted because it is in use: The image cannot be deleted because it is in use",
    ),
    "conflict",
  ],
  [
    "an image that has its data",
    glance(409, "Image status transition from active to saving is not allowed"),
    "conflict",
  ],
  [
    "an image that was deleted while it was sent",
    glancePage(
      410,
      "Image 4711 could not be found after upload. The image may have been deleted during the upload.",
    ),
    "notFound",
  ],
  [
    "a store that takes nothing",
    { status: 410, body: "Error in store configuration. Adding images to store is disabled." },
    "badRequest",
  ],
  ["404 of an ingress", { status: 404, body: "default backend - 404" }, "unavailable"],
  ["404 of a gateway", { status: 404, body: "<html><h1>404 Not Found</h1>nginx</html>" }, "unavailable"],
  ["404 without a word", { status: 404 }, "unavailable"],
  [
    "404 of a Glance that answers with pages",
    { ...glancePage(404, "No image found with ID 4711"), headers: { "x-openstack-request-id": "req-1" } },
    "notFound",
  ],
  ["an unknown image", glance(404, "No image found with ID 4711"), "notFound"],
  ["an unknown image, as a page of an old Glance", glancePage(404, "No image with ID 4711"), "notFound"],
  ["404 of an old Neutron", { ...glance(404, "Port x could not be found"), service: "network" }, "notFound"],
  [
    "404 for a path that Glance does not have",
    glance(404, "The resource could not be found."),
    "unavailable",
  ],
  [
    "404 of a Nova for Glance",
    { ...nova("itemNotFound", 404, "Image not found."), service: "image" },
    "unavailable",
  ],
  [
    "Cinder's quota",
    nova(
      "overLimit",
      413,
      "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'.",
    ),
    "quota",
  ],
  ["Neutron's quota", neutron(409, "OverQuota", "Quota exceeded for resources: ['floatingip']."), "quota"],
  [
    "a full subnet",
    neutron(409, "IpAddressGenerationFailure", "No more IP addresses available on network 4711."),
    "capacity",
  ],
  [
    "an empty floating IP pool",
    neutron(400, "ExternalIpAddressExhausted", "Unable to find any IP address on external network 4711."),
    "capacity",
  ],
  ["nova-network's empty pool", nova("itemNotFound", 404, "No more floating IPs available."), "capacity"],
  [
    "no host",
    nova("badRequest", 400, "No valid host was found. There are not enough hosts available."),
    "capacity",
  ],
  ["no host, as a fault", nova("computeFault", 500, "No valid host was found."), "capacity"],
  ["an account that has not paid", { status: 402, body: { message: "Payment required" } }, "unauthorized"],
  ["429", { status: 429 }, "rateLimited"],
  [
    "401 of Keystone",
    { status: 401, body: { error: { code: 401, message: "…", title: "Unauthorized" } } },
    "unauthorized",
  ],
  ["404 of Nova", nova("itemNotFound", 404, "Instance x could not be found."), "notFound"],
  ["404 of Neutron", neutron(404, "PortNotFound", "Port x could not be found."), "notFound"],
  [
    "409 of Nova",
    nova("conflictingRequest", 409, "Cannot 'delete' instance x while it is in task_state"),
    "conflict",
  ],
  ["several networks", nova("conflictingRequest", 409, "Multiple possible networks found"), "conflict"],
  ["400", nova("badRequest", 400, "Flavor 1 could not be found."), "badRequest"],
  [
    "an unknown microversion",
    nova("computeFault", 406, "Version 2.99 is not supported by the API."),
    "badRequest",
  ],
  ["501", nova("notImplemented", 501, "Unable to get console."), "badRequest"],
  ["500", nova("computeFault", 500, "Unexpected API Error."), "unavailable"],
  [
    "a proxy's 503",
    { status: 503, body: "<html><body><h1>503 Service Unavailable</h1></body></html>" },
    "unavailable",
  ],
  ["504 without body", { status: 504 }, "unavailable"],
  ["a port's quota as Nova hands it on", nova("badRequest", 400, "Quota exceeded for ports"), "quota"],
  ["a quota that its type alone tells", neutron(409, "OverQuota", "No."), "quota"],
  ["500 that speaks of a quota", nova("computeFault", 500, "Quota exceeded for ports"), "unavailable"],
  ["404 that speaks of a quota", nova("itemNotFound", 404, "Quota exceeded for ports"), "notFound"],
  ["503 of a store that is closed", glance(503, "Adding images to store is disabled."), "unavailable"],
  ["a request that a proxy waited too long for", { status: 408 }, "unavailable"],
  ["a redirect of a POST", { status: 302, headers: { location: "https://nova/v2.1/" } }, "badResponse"],
];

for (const [title, reply, kind] of TABLE) {
  Deno.test(`classifyResponse() calls ${title} ${kind}`, () => {
    const refusal = classify(reply);
    assert.equal(refusal.kind, kind);
    assert.notEqual(refusal.message, "");
    // A proxy may say 408 when the service behind it has had the whole request.
    assert.equal(refusal.effect, reply.status! < 500 && reply.status !== 408 ? "none" : "unknown");
  });
}

Deno.test("classifyResponse() takes five minutes for the longest that a cloud can ask for", () => {
  const after = (value: string) => classify({ status: 503, headers: { "retry-after": value } }).retryAfter;
  assert.equal(after("300"), 300_000);
  for (
    const value of [
      "86400",
      "9".repeat(400),
      "Wed, 02 Jan 2030 00:00:00 GMT",
      "Sat, 01 Jan 9999 00:00:00 GMT",
    ]
  ) {
    assert.equal(after(value), 300_000, value);
  }
});

Deno.test("classifyResponse() reads Retry-After as seconds or as a date, by the cloud's clock", () => {
  const after = (headers: Record<string, string>) => classify({ status: 429, headers }).retryAfter;
  assert.equal(after({ "retry-after": "7" }), 7_000);
  assert.equal(after({ "retry-after": "Tue, 01 Jan 2030 00:00:09 GMT" }), 9_000);
  const date = "Fri, 01 Jan 1999 00:00:00 GMT";
  assert.equal(after({ date, "retry-after": "Fri, 01 Jan 1999 00:00:03 GMT" }), 3_000);
  assert.equal(after({ "retry-after": "Thu, 01 Jan 1998 00:00:00 GMT" }), 0);
  assert.equal(after({ "retry-after": "soon" }), null);
  assert.equal(after({ "retry-after": "-5" }), null, "no date, though Date.parse makes one of it");
  assert.equal(after({}), null);
  for (const sent of ["Friday, 01-Jan-99 00:00:00 GMT", "Fri Jan  1 00:00:00 1999"]) {
    assert.equal(after({ date: sent, "retry-after": date.replace("00 GMT", "04 GMT") }), 4_000, sent);
  }
});

Deno.test("classifyResponse() takes the longest of several Retry-After that proxies have joined", () => {
  const after = (value: string) => {
    const headers = { date: "Tue, 01 Jan 2030 00:00:00 GMT", "retry-after": value };
    return classify({ status: 503, headers }).retryAfter;
  };
  assert.equal(after("5, 5"), 5_000);
  assert.equal(after("5,7 , 6"), 7_000);
  assert.equal(after("soon, 5,"), 5_000);
  assert.equal(after("Tue, 01 Jan 2030 00:00:09 GMT, 5"), 9_000);
  assert.equal(after("5, Tuesday, 01-Jan-30 00:00:08 GMT"), 8_000);
  assert.equal(after("Tue Jan  1 00:00:07 2030, 5"), 7_000);
  assert.equal(after(","), null);
});

Deno.test("classifyResponse() gives the text of a page without its markup, in one line", () => {
  const body =
    "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n" +
    "  No image &quot;x&quot; found<br /><br />\n </body>\n</html>";
  assert.equal(classify({ status: 404, body }).message, '404 Not Found No image "x" found');
  assert.equal(classify(glance(404, "No image found with ID x")).message, "No image found with ID x");
});

Deno.test("classifyResponse() says something about an answer without any text", () => {
  assert.match(classify({ status: 418 }).message, /status 418/);
  assert.match(classify({ status: 301, headers: { location: "https://new/" } }).message, /https:\/\/new\//);
});

Deno.test("classifyResponse() keeps tokens out and long messages short", () => {
  const token =
    "gAAAAABrAwWYtWrvaBahFLKXnib_BXagYIxXQgE39K8vRN9MHTKTTOUjzlLjn3X5wVJdZ2Z06WqZksW18dtlmGfrKK_Ig";
  const { message } = classify(nova("error", 404, `Could not find token: ${token}. ${"blah ".repeat(200)}`));
  assert.ok(!message.includes("gAAAA"), message);
  assert.ok(message.length <= 300);
});

Deno.test("classifyResponse() keeps the request id of every service", () => {
  assert.equal(classify({ status: 500, headers: { "x-openstack-request-id": "req-1" } }).requestId, "req-1");
  assert.equal(classify({ status: 500, headers: { "x-compute-request-id": "req-2" } }).requestId, "req-2");
  assert.equal(classify({ status: 500 }).requestId, null);
});

Deno.test("classifyResponse() knows of no effect where a status of success cannot be understood", () => {
  const refusal = classify({ status: 200, body: "<html>all is well</html>" });
  assert.deepEqual([refusal.kind, refusal.effect], ["unavailable", "unknown"]);
});

Deno.test("a page that is made to be slow to read is read fast", () => {
  const parts = [
    "<",
    " ",
    "&",
    "<head ",
    "<style>",
    "<script></scrip",
    "<a ",
    "<!--",
    "<br ",
    "gAAAA",
    "eyJ.",
    "a\n",
  ];
  const pieces = [...parts, "maximum number of ", "policy doesn't allow a:", "attribute '"];
  for (const piece of pieces) {
    const body = piece.repeat(1_000_000 / piece.length);
    const replies = [400, 403, 500].flatMap((status) => [
      toResponse({ status, body }),
      toResponse({ status, body: { forbidden: { message: body.slice(0, 16_000) } } }),
    ]);
    const times = [1, 2, 3].map(() => {
      const begun = threadTime();
      for (const reply of replies) classifyResponse(reply, { service: "compute", now: NOW });
      return threadTime() - begun;
    });
    const took = Math.min(...times);
    assert.ok(took < 100, `${JSON.stringify(piece)}: ${took} ms`);
  }
});
