/** The digests of a standby's configuration, as its file changes. */
import assert from "node:assert/strict";
import { digestConfig } from "../../src/config/digest_config.ts";
import { watchedDigests } from "../../src/daemon/member_config.ts";
import { sampleReport } from "../views/sample_pool.ts";

const first = { config: sampleReport().config!, warnings: [], notices: [], holdsSecrets: false, stamp: "1" };
const second = { ...first, config: { ...first.config, labels: [] }, stamp: "2" };

Deno.test("a standby's digests follow its file; one that cannot be used leaves it the last good one", async () => {
  let [stamp, readings] = ["1", 0];
  const digests = watchedDigests({
    first,
    newest: second,
    stamp: () => Promise.resolve(stamp),
    read() {
      readings++;
      return stamp === "3" ? Promise.reject(new Error("no YAML")) : Promise.resolve(second);
    },
  });
  assert.deepEqual(await digests(), digestConfig(first.config));
  assert.equal(readings, 0);
  stamp = "2";
  assert.deepEqual(await digests(), digestConfig(second.config));
  await digests();
  assert.equal(readings, 1);
  stamp = "3";
  assert.deepEqual(await digests(), digestConfig(second.config));
});
