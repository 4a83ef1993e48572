import assert from "node:assert/strict";
import type { SendRequest } from "../../src/http/send.ts";
import { refusalOf } from "../http/refusal_of.ts";
import { NOVA_VERSIONS, type Reply, scriptedCloud } from "./scripted_cloud.ts";
import { NODE_12 } from "./server_request.ts";

const { signal } = new AbortController();
const LIST = "/v2.1/servers/detail";

/** A server as Nova gives it, with the fields that the pool does not read as well. */
function rawServer(id: string) {
  return {
    id,
    name: `name-${id}`,
    status: "ACTIVE",
    tenant_id: "project-1",
    user_id: "user-1",
    metadata: { groups: '["image","provider"]', nodepool: `{"node_id": ${JSON.stringify(id)}}` },
    hostId: "f".repeat(56),
    image: { id: "image-1", links: [{ rel: "bookmark", href: "http://nova:8774/images/image-1" }] },
    flavor: { id: "flavor-1", links: [{ rel: "bookmark", href: "http://nova:8774/flavors/flavor-1" }] },
    created: "2030-01-01T00:00:00Z",
    updated: "2030-01-01T00:00:05Z",
    addresses: {
      nodes: [
        {
          version: 4,
          addr: "10.0.0.7",
          "OS-EXT-IPS:type": "fixed",
          "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:0:0:1",
        },
        {
          version: 6,
          addr: "fd00::7",
          "OS-EXT-IPS:type": "fixed",
          "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:0:0:1",
        },
        {
          version: 4,
          addr: "192.0.2.7",
          "OS-EXT-IPS:type": "floating",
          "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:0:0:1",
        },
      ],
    },
    accessIPv4: "",
    links: [{ rel: "self", href: `http://nova:8774/v2.1/servers/${id}` }],
    "OS-DCF:diskConfig": "MANUAL",
    "OS-EXT-AZ:availability_zone": "az1",
    "OS-EXT-STS:task_state": null,
    "OS-EXT-STS:vm_state": "active",
    security_groups: [{ name: "default" }],
    "os-extended-volumes:volumes_attached": [],
  };
}

/** A Nova with these servers, that gives at most so many at once. */
function novaWith(ids: readonly string[], { maxLimit = 1000, links = true } = {}) {
  return ({ url }: SendRequest): Reply | null => {
    const { pathname, searchParams } = new URL(url);
    if (pathname !== LIST) return null;
    const limit = Math.min(Number(searchParams.get("limit") ?? maxLimit), maxLimit);
    const start = ids.indexOf(searchParams.get("marker") ?? "") + 1;
    const page = ids.slice(start, start + limit).map(rawServer);
    const next = { rel: "next", href: "http://internal-name/v2.1/servers/detail?marker=x" };
    const more = links && page.length === limit ? { servers_links: [next] } : {};
    return { headers: { date: "Tue, 01 Jan 2030 00:00:30 GMT" }, body: { servers: page, ...more } };
  };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `server-${index}`);
}

Deno.test("a server is read with addresses, zone, times and metadata", async () => {
  const { cloud, clock } = scriptedCloud(novaWith(["a"]));
  const listing = await cloud.listServers({ signal });
  assert.deepEqual(listing, {
    kind: "complete",
    startedAt: clock.now(),
    cloudTime: Date.UTC(2030, 0, 1, 0, 0, 30),
    cloudAhead: { atLeast: 30_000, atMost: 31_000 },
    place: { project: "project-1", region: "RegionOne" },
    servers: [{
      id: "a",
      name: "name-a",
      status: "ACTIVE",
      taskState: null,
      createdAt: Date.UTC(2030, 0, 1),
      updatedAt: Date.UTC(2030, 0, 1, 0, 0, 5),
      addresses: [
        { network: "nodes", version: 4, address: "10.0.0.7", kind: "fixed", mac: "fa:16:3e:0:0:1" },
        { network: "nodes", version: 6, address: "fd00::7", kind: "fixed", mac: "fa:16:3e:0:0:1" },
        { network: "nodes", version: 4, address: "192.0.2.7", kind: "floating", mac: "fa:16:3e:0:0:1" },
      ],
      metadata: { groups: '["image","provider"]', nodepool: '{"node_id": "a"}' },
      fault: null,
      zone: "az1",
    }],
  });
});

Deno.test("a time that no calendar has is none, in a server and in the answer's date", async () => {
  const times = ["+275760-09-13T00:00:00Z", "0001-01-01T00:00:00Z", "yesterday"];
  const servers = times.map((created, index) => ({ id: `s${index}`, created, updated: created }));
  const headers = { date: "Mon, 01 Jan 12345 00:00:00 GMT" };
  const { cloud, clock } = scriptedCloud(({ url }) =>
    url.includes(LIST) ? { headers, body: { servers } } : null
  );
  const listing = await cloud.listServers({ signal });
  assert.deepEqual(
    listing.servers.map(({ createdAt, updatedAt }) => [createdAt, updatedAt]),
    Array(3).fill([null, null]),
  );
  assert.deepEqual([listing.cloudTime, listing.cloudAhead], [clock.now(), null]);
});

Deno.test("a time without a zone is in UTC, wherever this machine is", async () => {
  const iso = ["2030-01-01T09:30:00", "2030-01-01 09:30:00.000000", "2030-01-01T11:30:00+02:00"];
  const http = [
    "Tue, 01 Jan 2030 09:30:00 GMT",
    "Tuesday, 01-Jan-30 09:30:00 GMT",
    "Tue Jan  1 09:30:00 2030",
  ];
  const file = new URL("../../src/domain/parse_utc.ts", import.meta.url).href;
  const script = `import { parseUtc } from ${
    JSON.stringify(file)
  }; console.log(Deno.args.map(parseUtc).join());`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script, ...iso, ...http],
    env: { TZ: "Asia/Tokyo", NO_COLOR: "1" },
  }).output();
  const at = Date.UTC(2030, 0, 1, 9, 30);
  assert.equal(new TextDecoder().decode(stdout).trim(), Array(6).fill(at).join());
});

Deno.test("a server without its optional fields is still a server", async () => {
  const servers = [{ id: "a" }, {
    id: "b",
    metadata: null,
    addresses: {},
    status: "build",
    fault: { code: 500 },
  }];
  const { cloud } = scriptedCloud(({ url }) => url.includes(LIST) ? { body: { servers } } : null);
  const [one, other] = (await cloud.listServers({ signal })).servers;
  assert.deepEqual(one, {
    id: "a",
    name: "",
    status: "UNKNOWN",
    taskState: null,
    createdAt: null,
    updatedAt: null,
    addresses: [],
    metadata: {},
    fault: null,
    zone: null,
  });
  assert.equal(other?.status, "BUILD");
});

for (
  const [title, count, options, requests] of [
    ["no server takes one request", 0, {}, 1],
    ["fewer servers than a page take one request", 999, {}, 1],
    ["2,500 servers take three requests", 2_500, {}, 3],
    ["a full last page takes one request more", 2_000, {}, 3],
    ["a cloud with smaller pages is listed to its end", 250, { maxLimit: 100 }, 3],
    ["a cloud without links is listed while pages are full", 2_500, { links: false }, 3],
  ] as const
) {
  Deno.test(`listing: ${title}`, async () => {
    const ids = numbered(count);
    const { cloud, calls } = scriptedCloud(novaWith(ids, options));
    const { servers } = await cloud.listServers({ signal });
    assert.deepEqual(servers.map(({ id }) => id), ids);
    assert.equal(calls().length, requests);
    const [first, ...later] = calls();
    assert.ok(first!.endsWith(LIST), "a page of a size would leave out cells that are down");
    assert.ok(later.every((call) => call.includes("limit=1000")));
  });
}

/** The same answers from a Nova that knows nothing of cells that are down. */
const OLD_VERSIONS = { versions: [{ id: "v2.1", status: "CURRENT", version: "2.60", links: [] }] };

Deno.test("listing: an older cloud is asked for pages from the first on, in the base version", async () => {
  const nova = novaWith(numbered(1_500));
  const { cloud, calls, requests } = scriptedCloud((request) =>
    new URL(request.url).pathname === "/" ? { status: 300, body: OLD_VERSIONS } : nova(request)
  );
  assert.equal((await cloud.listServers({ signal })).servers.length, 1_500);
  assert.ok(calls().every((call) => call.includes("limit=1000")));
  assert.ok(requests.every(({ headers }) => headers["openstack-api-version"] === undefined));
});

Deno.test("listing: cells that are down are asked for, and their servers are no marker", async () => {
  const down = { id: "down", status: "UNKNOWN", tenant_id: "p", created: "2030-01-01T00:00:00Z", links: [] };
  const nova = novaWith(numbered(1_100));
  const { cloud, calls, requests } = scriptedCloud((request) => {
    if (request.url.includes("?")) return nova(request);
    const reply = nova(request) as { body: { servers: unknown[] } } | null;
    return reply && { ...reply, body: { ...reply.body, servers: [...reply.body.servers, down] } };
  });
  const { servers } = await cloud.listServers({ signal });
  assert.equal(servers.length, 1_101);
  const shown = servers.find(({ id }) => id === "down");
  assert.deepEqual([shown?.status, shown?.name, shown?.metadata], ["UNKNOWN", "", {}]);
  assert.ok(calls()[1]!.includes("marker=server-999"));
  const first = requests.find(({ url }) => url.endsWith(LIST));
  assert.equal(first?.headers["openstack-api-version"], "compute 2.69");
});

Deno.test("a server is gone only where Nova itself says that it knows none", async () => {
  const notFound = { itemNotFound: { code: 404, message: "Instance a could not be found." } };
  const look = (reply: Reply) =>
    scriptedCloud(({ url, method }) => url.endsWith("/servers/a") && method === "GET" ? reply : null)
      .cloud.getServer("a", { signal });
  assert.equal(await look({ status: 404, body: notFound }), "gone");
  const page = "<html><head><title>404 Not Found</title></head><body>nginx</body></html>";
  for (
    const reply of [
      { status: 404, body: page },
      { status: 404, body: { message: "no Route matched with those values" } },
      { status: 404 },
      { status: 403, body: notFound },
      { status: 410, body: notFound },
      { status: 500, body: notFound },
      { status: 200, body: page },
      { status: 200, body: notFound },
      { status: 200, body: { server: rawServer("b") } },
    ]
  ) {
    await refusalOf(look(reply));
  }
  const shown = await look({ body: { server: { id: "a", status: "UNKNOWN", created: null } } });
  assert.equal(shown === "gone" ? null : shown.status, "UNKNOWN");
});

Deno.test("a look at a server is one request, whatever the answer", async () => {
  const { cloud, calls } = scriptedCloud(({ url }) => url.endsWith("/servers/a") ? { status: 503 } : null);
  await refusalOf(cloud.getServer("a", { signal }));
  assert.equal(calls().length, 1);
});

Deno.test("a deletion that a gateway answers with 404 is not known to be done", async () => {
  const { cloud } = scriptedCloud(({ method }) =>
    method === "DELETE" ? { status: 404, body: "<html>" } : null
  );
  assert.equal((await refusalOf(cloud.deleteServer("a", { signal }))).kind, "unavailable");
});

Deno.test("listing: a failing later page fails it all, and gives no part", async () => {
  const ids = numbered(2_500);
  const { cloud } = scriptedCloud((request) =>
    request.url.includes("marker=server-1999") ? { status: 500 } : novaWith(ids)(request)
  );
  assert.equal((await refusalOf(cloud.listServers({ signal }))).kind, "unavailable");
});

Deno.test("listing: a marker that was deleted meanwhile starts it anew", async () => {
  let ids = numbered(1_500);
  const { cloud, calls } = scriptedCloud((request) => {
    if (!request.url.includes("marker=server-999") || !ids.includes("server-999")) {
      return novaWith(ids)(request);
    }
    ids = ids.filter((id) => id !== "server-999");
    return { status: 400, body: { badRequest: { code: 400, message: "marker [server-999] not found" } } };
  });
  const { servers } = await cloud.listServers({ signal });
  assert.equal(servers.length, 1_499);
  assert.equal(calls().length, 4);
});

Deno.test("listing: a marker that is never known ends in the cloud's error", async () => {
  const { cloud, calls } = scriptedCloud((request) =>
    request.url.includes("marker=") ? { status: 400 } : novaWith(numbered(1_500))(request)
  );
  assert.equal((await refusalOf(cloud.listServers({ signal }))).kind, "badRequest");
  assert.ok(calls().length <= 6);
});

Deno.test("listing: a cloud that ignores markers is no endless loop", async () => {
  const { cloud, calls } = scriptedCloud((request) =>
    novaWith(numbered(1_000))({ ...request, url: request.url.replace(/&marker=[^&]*/, "") })
  );
  const error = await refusalOf(cloud.listServers({ signal }));
  assert.equal(error.kind, "badResponse");
  assert.match(
    error.message,
    /^list servers on alpha: .*has nothing new, though the cloud says that there is more/,
  );
  assert.equal(calls().length, 4);
});

for (
  const [title, body, kind, message] of [
    ["cut JSON", '{"servers": [{"id": "a"', "unavailable", /is not JSON, or was cut off/],
    ["an empty answer", "", "unavailable", /is empty/],
    ["no list", { itemNotFound: {} }, "badResponse", /servers/],
    ["a list that is none", { servers: "none" }, "badResponse", /servers/],
    [
      "a list of nothing that could be a server",
      { servers: [{ name: "b" }, null] },
      "badResponse",
      /no server in the list has an id/,
    ],
  ] as const
) {
  Deno.test(`listing: ${title} is an error that says where`, async () => {
    const { cloud } = scriptedCloud(({ url }) => url.includes(LIST) ? { body } : null);
    const error = await refusalOf(cloud.listServers({ signal }));
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
  });
}

Deno.test("a delta asks for changes since the given time of the cloud", async () => {
  const { cloud, calls } = scriptedCloud(novaWith(["a"]));
  const delta = await cloud.listServers({ signal, changesSince: Date.UTC(2030, 0, 1, 0, 0, 30) });
  assert.equal(delta.kind, "delta");
  assert.deepEqual(calls(), [`GET ${LIST}?limit=1000&changes-since=2030-01-01T00%3A00%3A30Z`]);
});

for (const status of [400, 403, 501]) {
  Deno.test(`a cloud that refuses to tell of changes alone (${status}) is listed whole`, async () => {
    const nova = novaWith(["a"]);
    const { cloud } = scriptedCloud((request) =>
      request.url.includes("changes-since") ? { status } : nova(request)
    );
    const listing = await cloud.listServers({ signal, changesSince: Date.UTC(2030, 0, 1) });
    assert.deepEqual([listing.kind, listing.servers.map(({ id }) => id)], ["complete", ["a"]]);
  });
}

async function created(changes: Partial<typeof NODE_12>, versions: unknown = NOVA_VERSIONS) {
  const { cloud, requests } = scriptedCloud(({ url }) => {
    if (url === "http://nova:8774/") return versions === null ? { status: 404 } : { body: versions };
    return url.endsWith("/servers")
      ? { status: 202, body: { server: { id: "s1", adminPass: "hunter2" } } }
      : null;
  });
  assert.deepEqual(await cloud.createServer({ ...NODE_12, ...changes }, { signal }), { id: "s1" });
  const { body, headers } = requests.at(-1)!;
  return { server: JSON.parse(String(body)).server, headers };
}

Deno.test("a creation carries what was asked for and nothing else", async () => {
  const { server, headers } = await created({});
  assert.deepEqual(server, {
    name: "node-12",
    flavorRef: "flavor-1",
    imageRef: "image-1",
    metadata: { nodepool: "{}" },
    networks: [{ uuid: "network-1" }],
  });
  assert.equal(headers["openstack-api-version"], undefined);
});

Deno.test("a creation carries zone, keypair, groups, config drive and user data", async () => {
  const { server } = await created({
    zone: "az1",
    keypair: "key",
    securityGroups: ["default", "4711"],
    configDrive: false,
    userdata: "#!/bin/sh\necho ü\n",
  });
  assert.equal(server.availability_zone, "az1");
  assert.equal(server.key_name, "key");
  assert.deepEqual(server.security_groups, [{ name: "default" }, { name: "4711" }]);
  assert.equal(server.config_drive, false);
  assert.equal(new TextDecoder().decode(Uint8Array.fromBase64(server.user_data)), "#!/bin/sh\necho ü\n");
});

Deno.test("a server with a volume boots from it and takes it along when it goes", async () => {
  const { server } = await created({ volumeGib: 40 });
  assert.equal(server.imageRef, undefined);
  assert.deepEqual(server.block_device_mapping_v2, [{
    boot_index: 0,
    uuid: "image-1",
    source_type: "image",
    destination_type: "volume",
    volume_size: 40,
    delete_on_termination: true,
  }]);
});

Deno.test("without networks a Nova from 2.37 on is told to choose, an older one is told nothing", async () => {
  const modern = await created({ networkIds: [] });
  assert.equal(modern.server.networks, "auto");
  assert.equal(modern.headers["openstack-api-version"], "compute 2.37");
  assert.equal(modern.headers["x-openstack-nova-api-version"], "2.37");
  for (const versions of [{ versions: [{ id: "v2.1", version: "2.36" }] }, null]) {
    const old = await created({ networkIds: [] }, versions);
    assert.equal(old.server.networks, undefined);
    assert.equal(old.headers["openstack-api-version"], undefined);
  }
});

const NOT_FOUND = { itemNotFound: { code: 404, message: "Instance s1 could not be found." } };

Deno.test("a server that is gone already counts as deleted; another refusal is an error", async () => {
  const answer = (status: number) =>
    scriptedCloud(({ method }) => method === "DELETE" ? { status, body: NOT_FOUND } : null).cloud;
  assert.equal(await answer(204).deleteServer("s1", { signal }), "accepted");
  assert.equal(await answer(404).deleteServer("s1", { signal }), "gone");
  assert.equal((await refusalOf(answer(409).deleteServer("s1", { signal }))).kind, "conflict");
});

Deno.test("a deletion that is repeated after a 502 and finds nothing left is done", async () => {
  let attempts = 0;
  const { cloud, clock } = scriptedCloud(({ method }) =>
    method === "DELETE" ? { status: attempts++ === 0 ? 502 : 404, body: NOT_FOUND } : null
  );
  const deletion = cloud.deleteServer("s1", { signal });
  await clock.advance(5_000);
  assert.equal(await deletion, "gone");
});

Deno.test("a deletion is confirmed before each time that it is sent, and not sent where that fails", async () => {
  for (const [allowed, sent] of [[0, 0], [1, 1]] as const) {
    let asked = 0;
    const { cloud, clock, calls } = scriptedCloud(({ method }) =>
      method === "DELETE" ? { status: 502 } : null
    );
    const confirm = () => {
      if (++asked > allowed) throw new Error("somebody keeps it");
    };
    const deletion = assert.rejects(cloud.deleteServer("s1", { signal, confirm }), /somebody keeps it/);
    await clock.advance(5_000);
    await deletion;
    assert.equal(calls().filter((call) => call.startsWith("DELETE")).length, sent);
  }
});

Deno.test("a console that the cloud does not keep is empty, one of an unknown server an error", async () => {
  const keys: Record<number, string> = {
    404: "itemNotFound",
    409: "conflictingRequest",
    501: "notImplemented",
  };
  const nova = (status: number, message: string) =>
    scriptedCloud(({ url }) =>
      url.endsWith("/action") ? { status, body: { [keys[status]!]: { message } } } : null
    )
      .cloud;
  const read = (cloud: ReturnType<typeof nova>) => cloud.getConsole("s1", { signal, lines: 20 });
  assert.equal(await read(nova(404, "Guest does not have a console available.")), "");
  assert.equal(await read(nova(409, "Instance s1 is not ready")), "");
  assert.equal(await read(nova(501, "Unable to get console output, functionality not implemented")), "");
  assert.equal((await refusalOf(read(nova(404, "Instance s1 could not be found.")))).kind, "notFound");
});

Deno.test("a listing of 10,000 servers is read whole; its speed is printed", async () => {
  const ids = numbered(10_000);
  const answers = new Map<string, Reply>();
  const { cloud } = scriptedCloud((request) => {
    const known = answers.get(request.url);
    if (known !== undefined) return known;
    const reply = novaWith(ids)(request);
    if (reply === null) return null;
    answers.set(request.url, { ...reply, body: JSON.stringify(reply.body) });
    return answers.get(request.url)!;
  });
  await cloud.listServers({ signal });
  const startedAt = performance.now();
  const { servers } = await cloud.listServers({ signal });
  console.log(`10,000 servers: ${((performance.now() - startedAt) / 10).toFixed(1)} ms a page of 1,000`);
  assert.equal(servers.length, 10_000);
});

Deno.test("many calls at once cost little beside their answers; the time is printed", async () => {
  const { cloud } = scriptedCloud(({ method }) => method === "DELETE" ? { status: 204 } : null);
  await cloud.deleteServer("first", { signal });
  const startedAt = performance.now();
  await Promise.all(numbered(2_000).map((id) => cloud.deleteServer(id, { signal })));
  const perCall = (performance.now() - startedAt) / 2_000;
  console.log(`2,000 deletions at rate 0: ${(perCall * 1_000).toFixed(0)} µs each`);
  assert.equal(cloud.stats.requests, 2_003);
});
