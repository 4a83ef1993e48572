import assert from "node:assert/strict";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import { imageProperties } from "../../src/domain/image_marks.ts";
import { refusalOf } from "../http/refusal_of.ts";
import {
  isLogin,
  NOVA_VERSIONS,
  type Reply,
  type Script,
  scriptedCloud,
  tokenReply,
} from "./scripted_cloud.ts";

const { signal } = new AbortController();
const ID = "5cefe05f-51cc-4433-81b9-df1b0de8f1bc";
const MARKS = imageProperties({ installation: "ci-1", provider: "alpha", imageId: 7, name: "debian-7" });

const SNAPSHOT = { serverId: "s1", name: "debian-7", properties: MARKS };

/** An image as Glance gives it, with the fields that the pool does not read as well. */
function rawImage(id: string, changes: Record<string, unknown> = {}) {
  return {
    ...MARKS,
    id,
    name: "debian-7",
    status: "active",
    created_at: "2030-01-01T00:00:00Z",
    updated_at: "2030-01-01T00:01:00Z",
    min_ram: 512,
    min_disk: 5,
    size: 1_000,
    virtual_size: null,
    disk_format: "qcow2",
    container_format: "bare",
    visibility: "private",
    protected: false,
    os_hidden: false,
    owner: "project-1",
    checksum: "5d41402abc4b2a76b9719d911017c592",
    os_hash_algo: "sha512",
    os_hash_value: "9b71d224",
    stores: "file",
    tags: [],
    self: `/v2/images/${id}`,
    file: `/v2/images/${id}/file`,
    schema: "/v2/schemas/image",
    ...changes,
  };
}

/** A Glance with these images, which gives at most so many at once. */
function glanceWith(images: readonly { id: string }[], { maxLimit = 1000 } = {}): Script {
  return ({ url, method }): Reply | null => {
    const { pathname, searchParams } = new URL(url);
    if (pathname !== "/v2/images" || method !== "GET") return null;
    const limit = Math.min(Number(searchParams.get("limit")), maxLimit);
    const start = images.findIndex(({ id }) => id === searchParams.get("marker")) + 1;
    const page = images.slice(start, start + limit);
    const more = start + limit < images.length ? { next: "/v2/images?marker=x" } : {};
    return { body: { images: page, first: "/v2/images", schema: "/v2/schemas/images", ...more } };
  };
}

Deno.test("an image has its size, owner, checksum and hash; without data it has none of the last", async () => {
  const least = { id: "odd", name: "debian-7" };
  const bare = { size: null, checksum: null, os_hash_algo: null, os_hash_value: null, owner: null };
  const { cloud } = scriptedCloud(
    glanceWith([rawImage("full"), rawImage("empty", { ...bare, status: "queued" }), least]),
  );
  const [full, empty, odd] = await cloud.findImages("debian-7", { signal });
  assert.deepEqual(full, {
    id: "full",
    name: "debian-7",
    status: "active",
    createdAt: Date.UTC(2030, 0, 1),
    minRamMib: 512,
    minDiskGib: 5,
    size: 1_000,
    owner: "project-1",
    checksum: "5d41402abc4b2a76b9719d911017c592",
    hash: { algorithm: "sha512", value: "9b71d224" },
    properties: MARKS,
  });
  assert.deepEqual(empty, {
    ...full,
    id: "empty",
    status: "queued",
    size: null,
    owner: null,
    checksum: null,
    hash: null,
  });
  assert.deepEqual(odd, {
    id: "odd",
    name: "debian-7",
    status: "unknown",
    createdAt: null,
    minRamMib: 0,
    minDiskGib: 0,
    size: null,
    owner: null,
    checksum: null,
    hash: null,
    properties: {},
  });
});

Deno.test("the installation's images are asked for by their mark, whatever their status, over all pages", async () => {
  const states = ["queued", "saving", "active", "killed", "deactivated"];
  const images = states.map((status) => rawImage(status, { status }));
  const { cloud, calls } = scriptedCloud(glanceWith(images, { maxLimit: 2 }));
  const own = await cloud.listOwnImages("ci-1", { signal });
  assert.deepEqual(own.map(({ status }) => status), states);
  assert.deepEqual(calls(), [
    "GET /v2/images?nodepool_installation=ci-1&limit=1000",
    "GET /v2/images?nodepool_installation=ci-1&limit=1000&marker=saving",
    "GET /v2/images?nodepool_installation=ci-1&limit=1000&marker=killed",
  ]);
});

Deno.test("a cloud that ignores the filter gives nobody else's images", async () => {
  const foreign = [
    rawImage("theirs", { nodepool_installation: "ci-2" }),
    rawImage("plain", { nodepool_installation: undefined }),
  ];
  const { cloud } = scriptedCloud(glanceWith([...foreign, rawImage("ours")]));
  assert.deepEqual((await cloud.listOwnImages("ci-1", { signal })).map(({ id }) => id), ["ours"]);
});

Deno.test("a listing of images that breaks off is no listing", async () => {
  const images = ["a", "b", "c"].map((id) => rawImage(id));
  const { cloud } = scriptedCloud((request, nth) =>
    request.url.includes("marker=b") ? { status: 500 } : glanceWith(images, { maxLimit: 2 })(request, nth)
  );
  assert.equal((await refusalOf(cloud.listOwnImages("ci-1", { signal }))).kind, "unavailable");
  assert.equal((await refusalOf(cloud.listProjectImages({ signal }))).kind, "unavailable");
});

for (const status of [400, 404]) {
  Deno.test(`a listing of images whose marker is gone begins again, told by ${status}`, async () => {
    let images = ["a", "b", "c"].map((id) => rawImage(id));
    const { cloud } = scriptedCloud((request, nth) => {
      const isGone = request.url.includes("marker=b") && images.length === 3;
      if (!isGone) return glanceWith(images, { maxLimit: 2 })(request, nth);
      images = images.filter(({ id }) => id !== "b");
      return { status };
    });
    assert.deepEqual((await cloud.listOwnImages("ci-1", { signal })).map(({ id }) => id), ["a", "c"]);
  });
}

Deno.test("the project's images are those whose owner it is", async () => {
  const images = [
    rawImage("own"),
    rawImage("public", { owner: "admins" }),
    rawImage("nobody's", { owner: null }),
  ];
  const { cloud, calls } = scriptedCloud(glanceWith(images));
  assert.deepEqual((await cloud.listProjectImages({ signal })).map(({ id }) => id), ["own"]);
  assert.deepEqual(calls(), ["GET /v2/images?owner=project-1&limit=1000"]);
});

Deno.test("a login that is for no project has no images, and says so", async () => {
  const { cloud, calls } = scriptedCloud((request) => {
    if (!isLogin(request)) return null;
    const { headers, body } = tokenReply(1);
    const { token } = body as { token: Record<string, unknown> };
    return { status: 201, headers, body: { token: { ...token, project: undefined } } };
  });
  const error = await refusalOf(cloud.listProjectImages({ signal }));
  assert.match(error.message, /^list the project's images on alpha: the login has no project/);
  assert.deepEqual(calls(), []);
});

Deno.test("an image is made private and bare, in its format, with properties that displace nothing", async () => {
  const { cloud, requests } = scriptedCloud(({ method, url }) =>
    method === "POST" && url === "http://glance:9292/v2/images"
      ? { status: 201, body: rawImage(ID, { status: "queued" }) }
      : null
  );
  const properties = {
    ...MARKS,
    hw_disk_bus: "virtio",
    visibility: "public",
    name: "other",
    disk_format: "raw",
  };
  const request = { name: "debian-7", diskFormat: "vhd", properties };
  assert.deepEqual(await cloud.createImage(request, { signal }), { id: ID });
  assert.deepEqual(JSON.parse(String(requests.at(-1)!.body)), {
    ...MARKS,
    hw_disk_bus: "virtio",
    name: "debian-7",
    disk_format: "vhd",
    container_format: "bare",
    visibility: "private",
  });
});

for (
  const [title, reply, effect] of [
    ["502", { status: 502 }, "unknown"],
    ["malformed JSON", { status: 201, body: '{"id": ' }, "unknown"],
    ["an answer without an id", { status: 201, body: { status: "queued" } }, "unknown"],
    ["a full quota", { status: 413, body: { message: "Image storage quota exceeded: 1" } }, "none"],
    ["429", { status: 429 }, "none"],
  ] as const
) {
  Deno.test(`an image or snapshot is asked for once, and after ${title} its effect is ${effect}`, async () => {
    const creations = [
      [
        "create image x",
        (cloud) => cloud.createImage({ name: "x", diskFormat: "raw", properties: {} }, { signal }),
      ],
      ["make image x of server s1", (cloud) => cloud.createSnapshot({ ...SNAPSHOT, name: "x" }, { signal })],
    ] satisfies [string, (cloud: WholeCloud) => Promise<unknown>][];
    for (const [action, create] of creations) {
      const { cloud, calls } = scriptedCloud(({ method, url }) =>
        method === "POST" && /\/(images|action)$/.test(url) ? reply : null
      );
      const error = await refusalOf(create(cloud));
      assert.equal(error.effect, effect);
      assert.ok(error.message.startsWith(`${action} on alpha: `), error.message);
      assert.equal(calls().length, 1);
    }
  });
}

Deno.test("an image that is gone already counts as deleted; one in use or protected is an error", async () => {
  const answer = (reply: Reply) => scriptedCloud(({ method }) => method === "DELETE" ? reply : null).cloud;
  assert.equal(await answer({ status: 204 }).deleteImage(ID, { signal }), "accepted");
  assert.equal(await answer({ status: 404 }).deleteImage(ID, { signal }), "gone");
  assert.equal(await answer({ status: 410 }).deleteImage(ID, { signal }), "gone");
  const inUse = { message: `Image ${ID} could not be deleted because it is in use<br /><br />\n\n\n` };
  const used = await refusalOf(answer({ status: 409, body: inUse }).deleteImage(ID, { signal }));
  assert.equal(used.kind, "conflict");
  assert.equal(
    used.message,
    `delete image ${ID} on alpha: Image ${ID} could not be deleted because it is in use (HTTP 409)`,
  );
  const kept = { message: `Image ${ID} is protected and cannot be deleted.` };
  assert.equal(
    (await refusalOf(answer({ status: 403, body: kept }).deleteImage(ID, { signal }))).kind,
    "unauthorized",
  );
});

Deno.test("an image is gone only where Glance itself says that it knows none", async () => {
  const look = (reply: Reply) =>
    scriptedCloud(({ url, method }) => url.endsWith(`/images/${ID}`) && method === "GET" ? reply : null)
      .cloud.getImage(ID, { signal });
  const headers = { "x-openstack-request-id": "req-1" };
  assert.equal(await look({ status: 404, headers, body: "<html>No image found</html>" }), "gone");
  for (
    const reply of [
      { status: 404, body: "<html>nginx</html>" },
      { status: 403, headers },
      { status: 503, headers },
      { headers, body: { id: "another" } },
    ]
  ) {
    await refusalOf(look(reply));
  }
  const shown = await look({ headers, body: { id: ID, status: "saving" } });
  assert.equal(shown === "gone" ? null : shown.status, "saving");
});

Deno.test("a deletion of an image is repeated after a 502, and finds nothing left", async () => {
  let attempts = 0;
  const { cloud, clock } = scriptedCloud(({ method }) =>
    method === "DELETE" ? { status: attempts++ === 0 ? 502 : 404 } : null
  );
  const deletion = cloud.deleteImage(ID, { signal });
  await clock.advance(5_000);
  assert.equal(await deletion, "gone");
});

Deno.test("a Nova from 2.45 on tells the snapshot's id in its answer", async () => {
  const { cloud, requests } = scriptedCloud(({ url }) =>
    url === "http://nova:8774/v2.1/servers/s1/action" ? { status: 202, body: { image_id: ID } } : null
  );
  assert.deepEqual(await cloud.createSnapshot(SNAPSHOT, { signal }), { id: ID });
  const { body, headers } = requests.at(-1)!;
  assert.deepEqual(JSON.parse(String(body)), { createImage: { name: "debian-7", metadata: MARKS } });
  assert.equal(headers["openstack-api-version"], "compute 2.45");
});

function oldNova(location: string | undefined): Script {
  return ({ url }) => {
    if (url === "http://nova:8774/") return { body: { versions: [{ id: "v2.1", version: "2.44" }] } };
    return url.endsWith("/action")
      ? { status: 202, ...(location !== undefined && { headers: { location } }) }
      : null;
  };
}

for (
  const location of [
    `http://glance:9292/v2/images/${ID}`,
    `http://127.0.0.1/image/v1/images/${ID}/`,
    `http://10.0.0.1:8774/v2.1/project/images/${ID}`,
  ]
) {
  Deno.test(`an older Nova tells the snapshot's id in its Location: ${location}`, async () => {
    const { cloud, requests } = scriptedCloud(oldNova(location));
    assert.deepEqual(await cloud.createSnapshot(SNAPSHOT, { signal }), { id: ID });
    assert.equal(requests.at(-1)!.headers["openstack-api-version"], undefined);
  });
}

for (
  const location of [
    undefined,
    "",
    "http://glance/v2/images/",
    `http://glance/v2/images/${ID}/../x`,
    "http://glance/v2/images/%2e%2e",
  ]
) {
  Deno.test(`a Location that tells no id is an error of unknown effect: ${location}`, async () => {
    const { cloud } = scriptedCloud(oldNova(location));
    const error = await refusalOf(cloud.createSnapshot(SNAPSHOT, { signal }));
    assert.deepEqual([error.kind, error.effect, error.status], ["badResponse", "unknown", 202]);
    assert.match(error.message, /Location/);
  });
}

Deno.test("a server that cannot be snapshotted now is a conflict, an unknown one is not found", async () => {
  const keys: Record<number, string> = { 404: "itemNotFound", 409: "conflictingRequest" };
  const answer = (status: number, message: string) =>
    scriptedCloud(({ url }) => {
      if (url === "http://nova:8774/") return { body: NOVA_VERSIONS };
      return url.endsWith("/action") ? { status, body: { [keys[status]!]: { message } } } : null;
    }).cloud.createSnapshot(SNAPSHOT, { signal });
  const busy = await refusalOf(
    answer(409, "Cannot 'createImage' instance s1 while it is in vm_state building"),
  );
  assert.deepEqual([busy.kind, busy.effect], ["conflict", "none"]);
  assert.equal((await refusalOf(answer(404, "Instance s1 could not be found."))).kind, "notFound");
});
