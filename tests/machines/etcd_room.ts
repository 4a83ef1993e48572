/** An etcd that runs out of room, has some made as the manual says, or forgets its past, under a pool that uses it. */
import assert from "node:assert/strict";
import { type Etcd, EtcdError } from "../../src/etcd/etcd.ts";
import type { EtcdCluster } from "./etcd_cluster.ts";

interface Room {
  readonly cluster: EtcdCluster;
  readonly etcd: Etcd;
}

/** Somebody else's, in the same etcd. */
const FILLER = "/nodepool/filler/";
const PIECE = "x".repeat(500_000);

const { signal } = new AbortController();

/** Has somebody else write until nothing more can be written. */
export async function fill({ etcd }: Room): Promise<void> {
  for (let number = 0;; number++) {
    try {
      await etcd.transact({ compares: [], then: [{ put: `${FILLER}${number}`, value: PIECE }] }, { signal });
    } catch (error) {
      if (error instanceof EtcdError && error.kind === "full") return;
      throw error;
    }
  }
}

export async function makeRoom({ cluster, etcd }: Room): Promise<void> {
  await cluster.etcdctl(["del", "--prefix", FILLER]);
  await compact({ cluster, etcd });
  await cluster.etcdctl(["defrag"]);
  await cluster.etcdctl(["alarm", "disarm"]);
}

/** Has it forget all but the present. */
export async function compact({ cluster, etcd }: Room): Promise<void> {
  const { revision } = await etcd.range({ key: FILLER }, { signal });
  const said = await cluster.etcdctl(["compact", String(revision)]).catch(({ message }: Error) => message);
  // etcdctl asks again where it hears nothing: then its first request may have done it.
  assert.match(said, /compacted revision|revision has been compacted/);
}
