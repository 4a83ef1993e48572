/** A state in an etcd, for tests: the keys of a pool, and a leader that leads as long as nobody takes the key away. */
import type { Etcd } from "../../src/etcd/etcd.ts";
import { type Leadership, NotLeadingError } from "../../src/lead/leadership.ts";
import { poolKeys } from "../../src/lead/pool_keys.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { openEtcdStore } from "../../src/store/etcd/etcd_store.ts";
import type { Store } from "../../src/store/store.ts";
import { VirtualClock } from "../virtual_clock.ts";

export const address = "etcd:http://etcd.invalid:2379/ci";
export const keys = poolKeys("ci");

const call = { signal: new AbortController().signal };

/** Puts itself in the place of whoever leads. */
export async function takeLead(etcd: Etcd, host = "alpha", { leader } = keys): Promise<Leadership> {
  const control = { url: "https://alpha.invalid", certificate: "", token: "" };
  const record = { id: host, host, pid: 7, version: "test", since: 1, control, status: null };
  await etcd.transact({ compares: [], then: [{ delete: leader }] }, call);
  const { revision } = await etcd.transact(
    { compares: [], then: [{ put: leader, value: JSON.stringify(record) }] },
    call,
  );
  return stubLeadership(revision);
}

function stubLeadership(token: number): Leadership {
  const lost = Promise.withResolvers<NotLeadingError>();
  let loss: NotLeadingError | null = null;
  return {
    token,
    get isSure() {
      return loss === null;
    },
    untilSure: () => Promise.resolve(),
    lose(why) {
      loss ??= new NotLeadingError(why);
      lost.resolve(loss);
    },
    get isLost() {
      return loss !== null;
    },
    lost: lost.promise,
  };
}

/** One for all: two processes have no nonce in common. */
const random = seededRandom(1);

type Options = Partial<Parameters<typeof openEtcdStore>[1]>;

/** As the leader, unless the options say otherwise. */
export async function openAsLeader(etcd: Etcd, options: Options = {}): Promise<Store> {
  return await openEtcdStore(etcd, {
    address,
    keys,
    leadership: options.leadership === undefined ? await takeLead(etcd, "alpha", options.keys) : null,
    clock: new VirtualClock(),
    random,
    witness: null,
    ...options,
  });
}
