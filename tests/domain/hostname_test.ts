import assert from "node:assert/strict";
import fc from "fast-check";
import { fillTemplate, hostnameFields, nodenameOf } from "../../src/domain/hostname.ts";

const fields = { "label.name": "trusty", "provider.name": "cloud-a", "node_id": "812" };

Deno.test("fillTemplate() fills every field that a hostname may use, wherever and however often it stands", () => {
  assert.deepEqual(Object.keys(fields), [...hostnameFields]);
  assert.equal(fillTemplate("{label.name}-{provider.name}-{node_id}", fields), "trusty-cloud-a-812");
  assert.equal(
    fillTemplate("n{node_id}.{label.name}.n{node_id}.example.org", fields),
    "n812.trusty.n812.example.org",
  );
});

Deno.test("fillTemplate() leaves what it does not know as it is", () => {
  for (const template of ["{slot}-1", "{}", "{{", "}{", "plain", ""]) {
    assert.equal(fillTemplate(template, fields), template);
  }
});

Deno.test("fillTemplate() does not fill what a field brought in", () => {
  assert.equal(fillTemplate("{label.name}", { "label.name": "{node_id}", node_id: "812" }), "{node_id}");
});

Deno.test("nodenameOf() is the hostname up to its first dot", () => {
  assert.equal(nodenameOf("trusty-cloud-a-812.slave.example.org"), "trusty-cloud-a-812");
  assert.equal(nodenameOf("trusty-cloud-a-812"), "trusty-cloud-a-812");
  fc.assert(fc.property(fc.string(), (hostname) => {
    const nodename = nodenameOf(hostname);
    assert.ok(!nodename.includes("."));
    assert.ok(hostname === nodename || hostname.startsWith(`${nodename}.`));
  }));
});
