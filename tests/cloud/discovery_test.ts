import assert from "node:assert/strict";
import { discoverRoot } from "../../src/cloud/openstack/discovery.ts";
import type { ServiceType } from "../../src/cloud/openstack/catalog.ts";
import { NOVA_VERSIONS, toResponse } from "./scripted_cloud.ts";

const link = (href: string) => [{ rel: "self", href }];

async function root(service: ServiceType, endpoint: string, document: unknown) {
  const answer = document === null ? null : toResponse({ body: document });
  return await discoverRoot(service, endpoint, () => Promise.resolve(answer));
}

Deno.test("only Nova's version document is asked for where the endpoint names its version", async () => {
  const documentUrl = async (service: ServiceType, endpoint: string) => {
    let asked: string | null = null;
    await discoverRoot(service, endpoint, (url) => {
      asked = url;
      return Promise.resolve(null);
    });
    return asked;
  };
  assert.equal(await documentUrl("network", "http://neutron:9696/v2.0/"), null);
  assert.equal(await documentUrl("image", "http://glance:9292/v2"), null);
  assert.equal(await documentUrl("compute", "http://nova:8774/v2.1"), "http://nova:8774/");
  assert.equal(await documentUrl("compute", "http://nova/compute/v2/4711"), "http://nova/compute/");
  assert.equal(await documentUrl("image", "http://glance:9292/v1"), "http://glance:9292/");
  assert.equal(await documentUrl("network", "http://neutron:9696"), "http://neutron:9696/");
  assert.equal(await documentUrl("image", "https://cloud/image"), "https://cloud/image/");
});

const CASES: readonly [string, ServiceType, string, unknown, string][] = [
  ["a versioned Nova", "compute", "http://nova:8774/v2.1", NOVA_VERSIONS, "http://nova:8774/v2.1"],
  [
    "an old endpoint of a new Nova",
    "compute",
    "http://nova:8774/v2/4711",
    NOVA_VERSIONS,
    "http://nova:8774/v2.1/4711",
  ],
  [
    "a Nova of before v2.1",
    "compute",
    "http://nova:8774/v2/4711",
    { versions: [] },
    "http://nova:8774/v2/4711",
  ],
  ["a Nova that hides its versions", "compute", "http://nova/v2.1/4711", null, "http://nova/v2.1/4711"],
  [
    "a Nova behind a proxy on https",
    "compute",
    "https://cloud/compute/v2.1",
    NOVA_VERSIONS,
    "https://cloud/compute/v2.1",
  ],
  [
    "a Nova whose own idea of its path is not the proxy's",
    "compute",
    "https://nova.example.com/v2.1/4711",
    { versions: [{ id: "v2.1", version: "2.90", links: link("http://10.0.0.1/compute/v2.1/") }] },
    "https://nova.example.com/v2.1/4711",
  ],
  ["an unversioned Nova", "compute", "http://nova:8774/", NOVA_VERSIONS, "http://nova:8774/v2.1"],
  [
    "Neutron",
    "network",
    "http://neutron:9696",
    { versions: [{ id: "v2.0", status: "CURRENT", links: link("http://neutron:9696/v2.0/") }] },
    "http://neutron:9696/v2.0",
  ],
  [
    "the v2 of a Glance that the catalog lists with its v1",
    "image",
    "https://cloud/image/v1",
    { versions: [{ id: "v2.3", status: "CURRENT", links: link("http://10.0.0.1:9292/v2/") }] },
    "https://cloud/image/v2",
  ],
  [
    "the v2 of a Glance that is listed with its v1 and tells no versions",
    "image",
    "http://glance/v1",
    null,
    "http://glance/v2",
  ],
  ["a Neutron without a document", "network", "http://neutron:9696/", null, "http://neutron:9696/v2.0"],
  [
    "Glance",
    "image",
    "https://cloud/image",
    {
      versions: [
        { id: "v1.0", status: "SUPPORTED", links: link("http://10.0.0.1:9292/v1/") },
        { id: "v2.15", status: "CURRENT", links: link("http://10.0.0.1:9292/v2/") },
        { id: "v2.0", status: "SUPPORTED", links: link("http://10.0.0.1:9292/v2/") },
      ],
    },
    "https://cloud/image/v2",
  ],
  ["a document that is not one", "image", "http://glance:9292", { hello: "world" }, "http://glance:9292/v2"],
  [
    "a single version",
    "compute",
    "http://nova:8774",
    { version: { id: "v2.1", status: "CURRENT", version: "2.60", links: link("http://nova:8774/v2.1/") } },
    "http://nova:8774/v2.1",
  ],
];

for (const [title, service, endpoint, document, expected] of CASES) {
  Deno.test(`discoverRoot() finds ${title}`, async () => {
    assert.equal((await root(service, endpoint, document)).url, expected);
  });
}

Deno.test("a microversion is read as a number; there is none where the service tells none, or another major one", async () => {
  const microversion = async (version: unknown) => {
    const document = { versions: [{ id: "v2.1", version }] };
    return (await root("compute", "http://nova:8774/v2.1", document)).microversion;
  };
  assert.deepEqual(await Promise.all(["2.9", "2.37", "2.90"].map(microversion)), [9, 37, 90]);
  assert.deepEqual(await Promise.all(["3.1", "", null, "2"].map(microversion)), [0, 0, 0, 0]);
  assert.equal((await root("compute", "http://nova/v2/1", null)).microversion, 0);
});
