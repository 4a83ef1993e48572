import assert from "node:assert/strict";
import fc from "fast-check";
import { nodenameOf } from "../../src/plan/new_node.ts";

Deno.test("nodenameOf() is the hostname up to its first dot", () => {
  assert.equal(nodenameOf("trusty-cloud-a-812.slave.example.org"), "trusty-cloud-a-812");
  assert.equal(nodenameOf("trusty-cloud-a-812"), "trusty-cloud-a-812");
  fc.assert(fc.property(fc.string(), (hostname) => {
    const nodename = nodenameOf(hostname);
    assert.ok(!nodename.includes("."));
    assert.ok(hostname === nodename || hostname.startsWith(`${nodename}.`));
  }));
});

Deno.test("nodenameOf() leaves out no part of a beginning that has dots", () => {
  assert.equal(
    nodenameOf("ubuntu-22.04-cloud-a-812.slave.example.org", "ubuntu-22.04-cloud-a-812"),
    "ubuntu-22.04-cloud-a-812",
  );
  assert.equal(
    nodenameOf("ubuntu-22.04-cloud-a-812", "ubuntu-22.04-cloud-a-812"),
    "ubuntu-22.04-cloud-a-812",
  );
});
