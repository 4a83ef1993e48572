/** The client of etcd's JSON gateway with three real members. */
import { etcdContract } from "../contracts/etcd_contract.ts";
import { testNeeding } from "../needs.ts";
import { EtcdCluster, etcdNeeds } from "./etcd_cluster.ts";

testNeeding(etcdNeeds, "a real etcd does what every etcd must do", async (t) => {
  await using cluster = await EtcdCluster.start();
  for (const [index, { title, run }] of etcdContract.entries()) {
    await t.step({
      name: `a real etcd ${title}`,
      // The ways to the members stay open from one to the next.
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        await using etcd = cluster.open();
        await run({
          etcd,
          prefix: `/nodepool/case-${index}/`,
          compact: async (revision) => void await cluster.etcdctl(["compaction", String(revision)]),
          pass: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
        });
      },
    });
  }
});
