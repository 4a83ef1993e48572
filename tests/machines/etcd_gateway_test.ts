/** The client of etcd's JSON gateway with three real members. */
import { etcdContract } from "../contracts/etcd_contract.ts";
import { eventually } from "../eventually.ts";
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

testNeeding(etcdNeeds, "a client goes on where its etcd is restored from a snapshot", async () => {
  const { signal } = new AbortController();
  await using cluster = await EtcdCluster.start({ size: 1 });
  const snapshot = await cluster.snapshot();
  await using other = cluster.open();
  const key = "/nodepool/ci/key";
  for (let count = 0; count < 100; count++) {
    await other.transact({ compares: [], then: [{ put: key, value: `${count}` }] }, { signal });
  }
  await using etcd = cluster.open();
  await etcd.range({ key }, { signal });
  await cluster.restore(snapshot);
  await eventually(() =>
    etcd.range({ key }, { signal }).then(({ entries }) => entries.length === 0, () => false)
  );
});
