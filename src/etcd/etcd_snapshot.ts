/** An etcd as it was at one revision: readers see a consistent whole, and change nothing. */
import { type Etcd, EtcdError } from "./etcd.ts";

/** Disposing of it leaves the other open. */
export function etcdSnapshot(etcd: Etcd, revision: number): Etcd {
  const refuse = () =>
    Promise.reject(new EtcdError("refused", "only a daemon that leads the pool writes to its state"));
  return {
    range: (request, call) => etcd.range({ ...request, revision }, call),
    transact: refuse,
    grantLease: refuse,
    keepAlive: refuse,
    revokeLease: refuse,
    status: (call) => etcd.status(call),
    get clockAhead() {
      return etcd.clockAhead;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
