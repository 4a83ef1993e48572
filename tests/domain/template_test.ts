import assert from "node:assert/strict";
import fc from "fast-check";
import { fillTemplate, isTemplate, templateFields } from "../../src/domain/template.ts";

const fields = { "label.name": "trusty", "provider.name": "cloud-a", node_id: 812, "provider.pool": null };
const names = new Set(Object.keys(fields));

Deno.test("fillTemplate() fills every field, wherever and however often it stands", () => {
  assert.equal(fillTemplate("{label.name}-{provider.name}-{node_id}", fields), "trusty-cloud-a-812");
  assert.equal(fillTemplate("n{node_id}.{label.name}.n{node_id}", fields), "n812.trusty.n812");
  assert.equal(fillTemplate("{provider.pool}", fields), "None");
});

Deno.test("fillTemplate() follows format specifications and conversions", () => {
  assert.equal(fillTemplate("{node_id:0>10}", fields), "0000000812");
  assert.equal(fillTemplate("{node_id!s:<5}|", fields), "812  |");
  assert.equal(fillTemplate("{label.name:.3}-{node_id:x}", fields), "tru-32c");
});

Deno.test("fillTemplate() takes doubled braces for braces", () => {
  assert.equal(fillTemplate("{{{node_id}}}-{{node_id}}", fields), "{812}-{node_id}");
});

Deno.test("fillTemplate() leaves what it does not know as it is", () => {
  for (const template of ["{slot}-1", "{}", "}{", "{", "{a:{b}}", "plain", ""]) {
    assert.equal(fillTemplate(template, fields), template);
  }
});

Deno.test("fillTemplate() shows a value plainly that its specification does not fit", () => {
  assert.equal(fillTemplate("{label.name:05d}-{provider.pool:d}", fields), "trusty-None");
});

Deno.test("fillTemplate() does not fill what a field brought in", () => {
  assert.equal(fillTemplate("{label.name}", { "label.name": "{node_id}", node_id: 812 }), "{node_id}");
});

Deno.test("fillTemplate() returns text without braces as it is", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const plain = text.replace(/[{}]/g, "");
    assert.equal(fillTemplate(plain, fields), plain);
    assert.equal(fillTemplate(text.replace(/[{}]/g, "$&$&"), fields), text);
  }));
});

Deno.test("isTemplate() takes known fields with specifications that can be followed", () => {
  for (
    const template of ["plain", "{node_id}", "{node_id:0>10}", "{label.name:>8.3}", "{{x}}", "{node_id!s:>9}"]
  ) {
    assert.ok(isTemplate(template, names), template);
  }
  const wrong =
    "{x} {label} {node_id:q} {node_id {} {0} {node_id!r} {node_id:{label.name}} {node_id!s:d} } {label.name[0]}";
  for (const template of wrong.split(" ")) assert.ok(!isTemplate(template, names), template);
});

Deno.test("templateFields() names the fields", () => {
  assert.deepEqual(templateFields("{label.name:.3}-{{x}}-{node_id!s:0>5}"), ["label.name", "node_id"]);
});
