import assert from "node:assert/strict";
import { describePlace, isElsewhere } from "../../src/domain/home.ts";

const home = { project: "one", region: "RegionOne" };

Deno.test("another project or another region is elsewhere, a region that is not told is not", () => {
  assert.equal(isElsewhere(home, home), false);
  assert.equal(isElsewhere(home, { ...home, project: "two" }), true);
  assert.equal(isElsewhere(home, { ...home, region: "RegionTwo" }), true);
  assert.equal(isElsewhere(home, { ...home, region: null }), false);
  assert.equal(isElsewhere({ ...home, region: null }, home), false);
});

Deno.test("describePlace() names the region where it is known", () => {
  assert.equal(describePlace(home), "project one, region RegionOne");
  assert.equal(describePlace({ ...home, region: null }), "project one");
});
