import assert from "node:assert/strict";
import fc from "fast-check";
import { codePoint } from "../code_point.ts";
import { metricName } from "../../src/metrics/statsd_metrics.ts";

for (
  const [parts, name] of [
    [["nodes", "ready"], "nodepool.nodes.ready"],
    [["provider", "rax-ord", "max_servers"], "nodepool.provider.rax-ord.max_servers"],
    [["launch", "provider", "a", "az.1", "ready"], "nodepool.launch.provider.a.az_1.ready"],
    [["target", "ci.example.org:8080"], "nodepool.target.ci_example_org_8080"],
    [["job", "gate", "stable/kilo"], "nodepool.job.gate.stable-kilo"],
    [["label", "c++ & co|@#"], "nodepool.label.c_____co___"],
    [["label", "größe\n"], "nodepool.label.gr__e_"],
    [["label", "\u{1f980}"], "nodepool.label._"],
    [["label", ""], "nodepool.label._"],
    [["job", "x".repeat(500)], `nodepool.job.${"x".repeat(120)}`],
  ] as const
) {
  Deno.test(`metricName() of ${JSON.stringify(parts).slice(0, 60)}`, () => {
    assert.equal(metricName(...parts), name);
  });
}

Deno.test("metricName() has as many levels as parts and nothing that the protocol uses, whatever the parts", () => {
  const part = fc.string({ unit: codePoint });
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
    const name = metricName(...parts);
    assert.match(name, /^[A-Za-z0-9_.-]+$/);
    assert.equal(name.split(".").filter((level) => level !== "").length, parts.length + 1);
  }));
});
