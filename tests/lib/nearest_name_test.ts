import assert from "node:assert/strict";
import { nearestName } from "../../src/lib/nearest_name.ts";

const keys = ["min-ready", "max-servers", "image", "providers", "name"];

Deno.test("nearestName() finds what was probably meant", () => {
  for (
    const [typed, meant] of [
      ["min-redy", "min-ready"],
      ["min_ready", "min-ready"],
      ["Providers", "providers"],
      ["iamge", "image"],
      ["max-server", "max-servers"],
      ["nmae", "name"],
    ] as const
  ) assert.equal(nearestName(typed, keys), meant);
});

Deno.test("nearestName() finds nothing where nothing is near", () => {
  assert.equal(nearestName("frobnicate", keys), null);
  assert.equal(nearestName("foo", ["log", "job"]), null);
  assert.equal(nearestName("", keys), null);
  assert.equal(nearestName("x", []), null);
});
