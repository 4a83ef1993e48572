import assert from "node:assert/strict";
import { formatValue, plainText } from "../../src/domain/format_spec.ts";

Deno.test("formatValue() formats as Python does", () => {
  const table = [
    ["trusty", ">10", "    trusty"],
    ["trusty", ".3", "tru"],
    ["trusty", "*^9", "*trusty**"],
    ["trusty", "_<8s", "trusty__"],
    [812, "0>10", "0000000812"],
    [812, "010d", "0000000812"],
    [812, "+d", "+812"],
    [812, " d", " 812"],
    [812, "^9", "   812   "],
    [812, "x", "32c"],
    [812, "#X", "0X32C"],
    [812, "b", "1100101100"],
    [812, "e", "8.120000e+02"],
    [1234567, ",", "1,234,567"],
    [1234567.891, ",.2f", "1,234,567.89"],
    [0.1, "%", "10.000000%"],
    [-5, "=+5", "-   5"],
    [-5, "05d", "-0005"],
    [0.001, "", "0.001"],
    [812, "é>6d", "ééé812"],
  ] as const;
  for (const [value, spec, text] of table) assert.equal(formatValue(value, spec), text, `${value} ${spec}`);
});

Deno.test("formatValue() refuses what does not fit the value, as Python does", () => {
  const table = [["a", "d"], ["a", "+"], ["a", ","], ["a", "=5"], [1, "s"], [1, ".2d"], [1.5, "d"], [1, "q"]];
  for (const [value, spec] of table) {
    assert.equal(formatValue(value!, String(spec)), null, `${value} ${spec}`);
  }
});

Deno.test("plainText() shows what is no text in Python's words", () => {
  assert.deepEqual([null, true, false, 1.5, "x"].map(plainText), ["None", "True", "False", "1.5", "x"]);
});
