import assert from "node:assert/strict";
import { purposeOf } from "../../src/cloud/openstack/operation.ts";

const ID = "0dd80362-90aa-4c2c-bbf1-26c8f1f5ba7b";

const cases: readonly (readonly ["GET" | "POST" | "PUT" | "DELETE" | "PATCH", string, string, string?])[] = [
  ["GET", "http://10.0.0.1/compute/v2.1/servers/detail?limit=1000", "ServerList"],
  ["GET", `https://cloud/servers/images/v2.1/${ID}/servers/detail`, "ServerList"],
  ["GET", `http://10.0.0.1:8774/v2.1/servers/${ID}`, "ServerGet"],
  ["POST", "http://10.0.0.1:8774/v2.1/servers", "ServerCreate", '{"server":{}}'],
  ["DELETE", `http://10.0.0.1:8774/v2.1/servers/${ID}`, "ServerDelete"],
  [
    "POST",
    `http://10.0.0.1:8774/v2.1/servers/${ID}/action`,
    "ImageSnapshotCreate",
    '{"createImage":{"name":"a"}}',
  ],
  [
    "POST",
    `http://10.0.0.1:8774/v2.1/servers/${ID}/action`,
    "ServerConsoleGet",
    '{"os-getConsoleOutput":{}}',
  ],
  ["GET", "http://10.0.0.1:8774/v2.1/flavors/detail", "FlavorList"],
  ["POST", "http://10.0.0.1:8774/v2.1/os-keypairs", "KeypairCreate", "{}"],
  ["DELETE", "http://10.0.0.1:8774/v2.1/os-keypairs/nodepool-5d0b0f0e-12", "KeypairDelete"],
  ["GET", "http://10.0.0.1:9292/v2/images?limit=1", "ImageList"],
  ["GET", `http://10.0.0.1:9292/v2/images/${ID}`, "ImageGet"],
  ["POST", "http://10.0.0.1:9292/v2/images", "ImageCreate", "{}"],
  ["PUT", `http://10.0.0.1:9292/v2/images/${ID}/file`, "ImageUpload"],
  ["GET", "http://10.0.0.1:9696/network/v2.0/networks?fields=id", "NetworkList"],
  ["GET", "http://10.0.0.1:9696/v2.0/ports", "PortList"],
  ["GET", "http://10.0.0.1:9696/v2.0/floatingips", "NeutronFloatingIPList"],
  ["POST", "http://10.0.0.1:9696/v2.0/floatingips", "NeutronFloatingIPCreate", "{}"],
  ["PUT", `http://10.0.0.1:9696/v2.0/floatingips/${ID}`, "NeutronFloatingIPUpdate", "{}"],
  ["DELETE", `http://10.0.0.1:9696/v2.0/floatingips/${ID}`, "NeutronFloatingIPDelete"],
  ["GET", `http://10.0.0.1:9696/v2.0/quotas/${ID}/details`, "QuotaGet"],
  ["POST", "http://10.0.0.1:5000/v3/auth/tokens", "TokenCreate", "{}"],
  ["GET", "http://10.0.0.1:5000/v3", "VersionGet"],
];
for (const [method, url, operation, body] of cases) {
  Deno.test(`purposeOf() names ${method} of ${new URL(url).pathname} ${operation} (${body ?? "no body"})`, () => {
    assert.equal(purposeOf({ method, url, body }).operation, operation);
  });
}

Deno.test("purposeOf() names the service that a request is for, wherever that lies", () => {
  const serviceOf = (url: string) => purposeOf({ method: "GET", url }).service;
  assert.deepEqual(
    ["compute/v2.1/servers/detail", "v2/images", "network/v2.0/floatingips", "v3/auth/tokens", "v3"].map((
      path,
    ) => serviceOf(`https://cloud/${path}`)),
    ["compute", "image", "network", "identity", "discovery"],
  );
});
