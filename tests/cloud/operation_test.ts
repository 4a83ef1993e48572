import assert from "node:assert/strict";
import { operationOf } from "../../src/cloud/openstack/operation.ts";

const cases: readonly (readonly [string, string, string])[] = [
  ["GET", "http://10.0.0.1/compute/v2.1/servers/detail?limit=1000", "GET.compute.servers.detail"],
  ["POST", "http://10.0.0.1:8774/v2.1/servers", "POST.servers"],
  ["DELETE", "http://10.0.0.1:8774/v2.1/servers/0dd80362-90aa-4c2c-bbf1-26c8f1f5ba7b", "DELETE.servers"],
  [
    "POST",
    "http://10.0.0.1:8774/v2.1/servers/0dd80362-90aa-4c2c-bbf1-26c8f1f5ba7b/action",
    "POST.servers.action",
  ],
  ["GET", "http://10.0.0.1:8774/v2.1/os-keypairs/nodepool-5d0b0f0e-12", "GET.os-keypairs"],
  ["PUT", "http://10.0.0.1:9292/v2/images/0dd80362-90aa-4c2c-bbf1-26c8f1f5ba7b/file", "PUT.images.file"],
  ["GET", "http://10.0.0.1:5000/v3", "GET"],
];
for (const [method, url, operation] of cases) {
  Deno.test(`operationOf() names ${method} of ${new URL(url).pathname} ${operation}`, () => {
    assert.equal(operationOf({ method, url }), operation);
  });
}
