import assert from "node:assert/strict";
import { numberFrom, plainScalar } from "../../src/config/yaml_scalar.ts";

Deno.test("plainScalar() reads booleans and nothing as PyYAML does", () => {
  assert.deepEqual(["yes", "On", "TRUE"].map(plainScalar), [true, true, true]);
  assert.deepEqual(["no", "Off", "false"].map(plainScalar), [false, false, false]);
  assert.deepEqual(["y", "n", "tRue"].map(plainScalar), ["y", "n", "tRue"]);
  assert.deepEqual(["", "~", "null", "Null"].map(plainScalar), [null, null, null, null]);
});

Deno.test("plainScalar() makes a number only of what prints as it was written", () => {
  assert.deepEqual(["7", "-1", "0.5", "22.04"].map(plainScalar), [7, -1, 0.5, 22.04]);
  const kept = ["12.10", "010", "0x10", "1_000", "1e3", "2016-01-01", "12:30", ".5"];
  assert.deepEqual(kept.map(plainScalar), kept);
});

Deno.test("numberFrom() knows YAML 1.1's forms of numbers", () => {
  assert.deepEqual(["010", "0x10", "0b101", "1_000", "1:30", "-5", "12.10", ".5", "1e3"].map(numberFrom), [
    ...[8, 16, 5, 1000, 90, -5, 12.1, 0.5, 1000],
  ]);
  assert.deepEqual(["", "x", "1.2.3", "5m", "0o7", "--1"].map(numberFrom), [
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});
