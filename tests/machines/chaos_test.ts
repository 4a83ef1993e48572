/**
 * A few of the seeded runs of scripts/chaos: whatever is killed, stopped and cut in a busy pool on several machines, no
 * node is made twice, none is leaked, no grant is lost or given twice, and what is somebody else's stays.
 */
import assert from "node:assert/strict";
import { testNeeding } from "../needs.ts";
import { etcdNeeds } from "./etcd_cluster.ts";
import { runChaos } from "./chaos_run.ts";

for (const seed of [1, 2]) {
  testNeeding(
    etcdNeeds,
    `a busy pool survives what strikes its machines and its etcd: seed ${seed}`,
    async () => {
      const { violation, lines } = await runChaos({ seed });
      console.log(lines.join("\n"));
      assert.equal(violation, null);
    },
  );
}
