import assert from "node:assert/strict";
import { MINUTE } from "../../src/domain/time.ts";
import { CloudError } from "../../src/domain/cloud_error.ts";
import { refusalOf } from "../http/refusal_of.ts";
import { type Reply, type Script, scriptedCloud } from "./scripted_cloud.ts";

const { signal } = new AbortController();

/** Answers by the address's path; each may look at the query. */
function paths(replies: Record<string, Reply | ((query: URLSearchParams) => Reply)>): Script {
  return ({ url }) => {
    const { pathname, searchParams } = new URL(url);
    const reply = replies[pathname];
    return typeof reply === "function" ? reply(searchParams) : reply ?? null;
  };
}

Deno.test("flavors have sizes in the pool's units; Infinity stands for no limit in quotas", async () => {
  const { cloud } = scriptedCloud(paths({
    "/v2.1/flavors/detail": {
      body: { flavors: [{ id: "f", name: "m1.small", ram: 2048, vcpus: 2, disk: 20, swap: "", extra: {} }] },
    },
    "/v2.1/limits": {
      body: {
        limits: {
          rate: [],
          absolute: { maxTotalInstances: 10, totalInstancesUsed: 3, maxTotalCores: -1, totalCoresUsed: 6 },
        },
      },
    },
  }));
  assert.deepEqual(await cloud.listFlavors({ signal }), [
    { id: "f", name: "m1.small", ramMib: 2048, vcpus: 2, diskGib: 20 },
  ]);
  const { takenAt: _, ...quota } = await cloud.getQuota({ signal });
  assert.deepEqual(quota, {
    instances: { limit: 10, used: 3 },
    cores: { limit: Infinity, used: 6 },
    ramMib: { limit: Infinity, used: 0 },
    untold: [],
  });
});

Deno.test("a flavor whose size cannot be read is still one that can be named; its size is not known", async () => {
  const { cloud } = scriptedCloud(paths({
    "/v2.1/flavors/detail": {
      body: { flavors: [{ id: 7, name: "m1", ram: "lots", vcpus: null }, { id: "g", name: "m2", disk: 20 }] },
    },
  }));
  assert.deepEqual(await cloud.listFlavors({ signal }), [
    { id: "7", name: "m1", ramMib: 0, vcpus: 0, diskGib: 0 },
    { id: "g", name: "m2", ramMib: 0, vcpus: 0, diskGib: 20 },
  ]);
});

Deno.test("items whose ids are numbers are listed over all pages", async () => {
  const all = Array.from({ length: 1_500 }, (_, id) => ({ id, name: `f${id}`, ram: 1, vcpus: 1 }));
  const { cloud } = scriptedCloud(paths({
    "/v2.1/flavors/detail": (query) => {
      const start = Number(query.get("marker") ?? -1) + 1;
      return { body: { flavors: all.slice(start, start + 1_000) } };
    },
  }));
  assert.equal((await cloud.listFlavors({ signal })).length, 1_500);
});

Deno.test("zones that are not available are left out", async () => {
  const { cloud } = scriptedCloud(paths({
    "/v2.1/os-availability-zone": {
      body: {
        availabilityZoneInfo: [
          { zoneName: "az1", zoneState: { available: true }, hosts: null },
          { zoneName: "az2", zoneState: { available: false }, hosts: null },
        ],
      },
    },
  }));
  assert.deepEqual(await cloud.listZones({ signal }), ["az1"]);
});

Deno.test("network quotas come with their use where the cloud tells it", async () => {
  const { cloud, calls } = scriptedCloud(paths({
    "/v2.0/quotas/project-1/details": {
      body: {
        quota: { floatingip: { limit: 5, used: 2, reserved: 0 }, port: { limit: -1, used: 7, reserved: 0 } },
      },
    },
  }));
  const { floatingIps, ports } = await cloud.getNetworkQuota({ signal });
  assert.deepEqual(floatingIps, { limit: 5, used: 2 });
  assert.deepEqual(ports, { limit: Infinity, used: 7 });
  assert.equal(calls().length, 1);
});

Deno.test("network quotas without their use are counted, where there is a limit", async () => {
  const { cloud, calls } = scriptedCloud(paths({
    "/v2.0/quotas/project-1": { body: { quota: { floatingip: 5, port: -1 } } },
    "/v2.0/floatingips": { body: { floatingips: [{ id: "a" }, { id: "b" }] } },
  }));
  const { floatingIps, ports } = await cloud.getNetworkQuota({ signal });
  assert.deepEqual(floatingIps, { limit: 5, used: 2 });
  assert.deepEqual(ports, { limit: Infinity, used: 0 });
  assert.ok(!calls().some((call) => call.includes("/ports")), "nothing is counted without a limit");
});

Deno.test("ports are those of servers, of this project, with few fields, over all pages", async () => {
  const port = (id: string, device_owner: string) => ({
    id,
    device_owner,
    device_id: `server-of-${id}`,
    network_id: "net",
    status: "ACTIVE",
    fixed_ips: [{ subnet_id: "s", ip_address: "10.0.0.1" }],
  });
  const { cloud, calls } = scriptedCloud(
    paths({
      "/v2.0/ports": (query) =>
        query.get("marker") === null
          ? {
            body: {
              ports: [port("a", "compute:az1"), port("b", "network:dhcp")],
              ports_links: [{ rel: "next" }],
            },
          }
          : { body: { ports: [port("c", "compute:nova")] } },
    }),
    { pageSize: 2 },
  );
  assert.deepEqual(
    await cloud.listPorts({ signal }),
    ["a", "c"].map((id) => ({
      id,
      serverId: `server-of-${id}`,
      networkId: "net",
      addresses: ["10.0.0.1"],
      status: "ACTIVE",
    })),
  );
  assert.match(calls()[0]!, /^GET \/v2\.0\/ports\?project_id=project-1&fields=id&.*&limit=2$/);
  assert.match(calls()[1]!, /&marker=b$/);
});

Deno.test("networks and security groups of other projects are left out, shared and external ones kept", async () => {
  const { cloud } = scriptedCloud(paths({
    "/v2.0/networks": {
      body: {
        networks: [
          { id: "own", name: "own", project_id: "project-1", shared: false, "router:external": false },
          { id: "shared", name: "shared", project_id: "other", shared: true },
          { id: "public", name: "public", project_id: "other", shared: false, "router:external": true },
          { id: "foreign", name: "own", project_id: "other", shared: false, "router:external": false },
        ],
      },
    },
    "/v2.0/security-groups": {
      body: {
        security_groups: [
          { id: "1", name: "default", project_id: "project-1" },
          { id: "2", name: "default", project_id: "other", shared: false },
          { id: "3", name: "ssh", project_id: "other", shared: true },
        ],
      },
    },
  }));
  assert.deepEqual(await cloud.listNetworks({ signal }), [
    { id: "own", name: "own", external: false },
    { id: "shared", name: "shared", external: false },
    { id: "public", name: "public", external: true },
  ]);
  assert.deepEqual(await cloud.listSecurityGroups({ signal }), [
    { id: "1", name: "default" },
    { id: "3", name: "ssh" },
  ]);
});

Deno.test("a floating IP is taken and attached in one request", async () => {
  const { cloud, requests } = scriptedCloud(({ url, method }) =>
    method === "POST" && url.endsWith("/floatingips")
      ? {
        status: 201,
        body: {
          floatingip: {
            id: "fip",
            floating_ip_address: "192.0.2.9",
            fixed_ip_address: "10.0.0.7",
            port_id: "port",
            status: "DOWN",
            description: "node 7",
          },
        },
      }
      : null
  );
  const request = { networkId: "net", portId: "port", description: "node 7" };
  assert.deepEqual(await cloud.createFloatingIp(request, { signal }), {
    id: "fip",
    address: "192.0.2.9",
    portId: "port",
    status: "DOWN",
    description: "node 7",
  });
  assert.deepEqual(JSON.parse(String(requests.at(-1)!.body)), {
    floatingip: { floating_network_id: "net", port_id: "port", description: "node 7" },
  });
});

Deno.test("what is gone already is deleted: floating IPs, keypairs", async () => {
  const missing = { status: 404, body: { itemNotFound: { code: 404, message: "Keypair a key not found" } } };
  const { cloud, calls } = scriptedCloud(({ method, url }) =>
    method !== "DELETE" ? null : url.includes("keypairs") ? missing : NO_FLOATING_IP
  );
  assert.equal(await cloud.deleteFloatingIp("f", { signal }), "gone");
  assert.equal(await cloud.deleteKeypair("a key", { signal }), "gone");
  assert.deepEqual(calls(), [
    "DELETE /v2.0/floatingips/f",
    "DELETE /v2.1/os-keypairs/a%20key",
  ]);
});

Deno.test("a floating IP is gone only where Neutron itself says that it knows none, a keypair where Nova does", async () => {
  const cloudWith = (reply: Reply) =>
    scriptedCloud(({ url }) => /floatingips|keypairs/.test(url) ? reply : null).cloud;
  for (const reply of [NO_FLOATING_IP, { status: 404, headers: { "x-openstack-request-id": "req-1" } }]) {
    assert.equal(await cloudWith(reply).getFloatingIp("f", { signal }), null);
  }
  const gateway = cloudWith({ status: 404, body: "<html>404 Not Found</html>" });
  for (
    const asked of [
      gateway.getFloatingIp("f", { signal }),
      gateway.deleteFloatingIp("f", { signal }),
      gateway.deleteKeypair("k", { signal }),
    ]
  ) {
    assert.equal((await refusalOf(asked)).kind, "unavailable");
  }
});

const NO_FLOATING_IP = {
  status: 404,
  body: {
    NeutronError: { type: "FloatingIPNotFound", message: "Floating IP f could not be found", detail: "" },
  },
};

Deno.test("an image is found by name, the newest first, with the properties that somebody set", async () => {
  const image = (id: string, created_at: string) => ({
    id,
    name: "debian 12 & more",
    status: "active",
    created_at,
    min_ram: 512,
    disk_format: "raw",
    owner: "project-1",
    size: 1,
    tags: [],
    hw_disk_bus: "virtio",
  });
  const { cloud, calls } = scriptedCloud(paths({
    "/v2/images": (query) => ({
      body: query.get("name") === "debian 12 & more"
        ? { images: [image("old", "2029-01-01T00:00:00Z"), image("new", "2030-01-01T00:00:00Z")] }
        : { images: [] },
    }),
  }));
  const [newest, oldest] = await cloud.findImages("debian 12 & more", { signal });
  assert.deepEqual(newest, {
    id: "new",
    name: "debian 12 & more",
    status: "active",
    createdAt: Date.UTC(2030, 0, 1),
    minRamMib: 512,
    minDiskGib: 0,
    size: 1,
    owner: "project-1",
    checksum: null,
    hash: null,
    properties: { hw_disk_bus: "virtio" },
  });
  assert.equal(oldest?.id, "old");
  assert.deepEqual(await cloud.findImages("unknown", { signal }), []);
  assert.equal(calls().length, 2);
});

Deno.test("a name that looks like an id is looked for as an id first, then as a name", async () => {
  const id = "5cefe05f-51cc-4433-81b9-df1b0de8f1bc";
  const { cloud, calls } = scriptedCloud(
    paths({
      [`/v2/images/${id}`]: { status: 404, headers: { "x-openstack-request-id": "req-1" } },
      "/v2/images": { body: { images: [{ id: "other", name: id }] } },
    }),
  );
  assert.equal((await cloud.findImages(id, { signal }))[0]?.id, "other");
  assert.deepEqual(calls(), [`GET /v2/images/${id}`, `GET /v2/images?name=${id}&limit=1000`]);
});

Deno.test("a refusal by Neutron keeps its words and its kind", async () => {
  const { cloud } = scriptedCloud(({ method, url }) =>
    method === "POST" && url.startsWith("http://neutron")
      ? {
        status: 409,
        body: { NeutronError: { type: "OverQuota", message: "Quota exceeded for resources: ['x']." } },
      }
      : null
  );
  const request = { networkId: "net", portId: "port", description: "" };
  const error = await refusalOf(cloud.createFloatingIp(request, { signal }));
  assert.equal(error.kind, "quota");
  assert.match(
    error.message,
    /^create a floating IP for port port on alpha: Quota exceeded for resources: \['x'\]\./,
  );
});

for (
  const [title, status, body] of [
    ["forbidden by a policy", 403, {
      forbidden: { code: 403, message: "Policy doesn't allow os_compute_api:limits" },
    }],
    ["not there", 404, { itemNotFound: { code: 404, message: "The resource could not be found." } }],
    ["not implemented", 501, "<html><body>Not Implemented</body></html>"],
    ["broken", 500, { computeFault: { code: 500, message: "Unexpected API Error." } }],
    ["no limits at all", 200, { limits: null }],
  ] as const
) {
  Deno.test(`limits that are ${title} leave no quota known, and that is said`, async () => {
    const reply = { status, body };
    const { cloud } = scriptedCloud(paths({
      "/v2.1/limits": reply,
      "/v2.0/quotas/project-1": reply,
      "/v2.0/quotas/project-1/details": reply,
    }));
    const { takenAt: _, untold, ...quota } = await cloud.getQuota({ signal });
    assert.deepEqual(quota, { instances: null, cores: null, ramMib: null });
    assert.match(untold.join("\n"), /^read the compute limits on alpha: /);
    const { takenAt: __, untold: more, ...network } = await cloud.getNetworkQuota({ signal });
    assert.deepEqual(network, { floatingIps: null, ports: null });
    assert.match(more.join("\n"), /^read the network quotas on alpha: /);
  });
}

Deno.test("limits that are told as text, or in part, are read as far as they go", async () => {
  const absolute = {
    maxTotalInstances: "10",
    totalInstancesUsed: 3,
    maxTotalCores: null,
    maxTotalRAMSize: "much",
  };
  const { cloud } = scriptedCloud(paths({
    "/v2.1/limits": { body: { limits: { absolute } } },
    "/v2.0/quotas/project-1/details": {
      body: { quota: { floatingip: { limit: "x" }, port: { limit: "7", used: 1 } } },
    },
  }));
  const { instances, cores, ramMib } = await cloud.getQuota({ signal });
  const { floatingIps, ports } = await cloud.getNetworkQuota({ signal });
  assert.deepEqual([instances, cores, ramMib], [
    { limit: 10, used: 3 },
    { limit: Infinity, used: 0 },
    { limit: Infinity, used: 0 },
  ]);
  assert.deepEqual([floatingIps, ports], [null, { limit: 7, used: 1 }]);
});

Deno.test("a login that is refused, or a cloud that does not answer, is no quota that is not told", async () => {
  for (
    const reply of [{ status: 401 }, { status: 429 }, new CloudError("unavailable", "connection refused")]
  ) {
    const { cloud, clock } = scriptedCloud(({ url }) => url.endsWith("/limits") ? reply : null);
    const refusal = refusalOf(cloud.getQuota({ signal }));
    await clock.advance(MINUTE);
    await refusal;
  }
});
