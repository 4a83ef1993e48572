import assert from "node:assert/strict";
import { inheritedEnvironment } from "../../src/build/build_environment.ts";

Deno.test("builds get variables that are meant for them, and neither passwords nor the place of the configuration", () => {
  const meant = { NODEPOOL_MIRROR: "http://mirror", DIB_DEBUG_TRACE: "1", PATH: "/bin" };
  const own = { NODEPOOL_CONFIG: "/etc/nodepool/other.yaml", OS_PASSWORD: "secret" };
  assert.deepEqual(inheritedEnvironment({ ...meant, ...own }), meant);
});
