/**
 * The pool as planning sees it while no daemon runs: its records alone. No cloud has been seen, so what providers have is
 * taken to be as the configuration names it. The operation `plan` without a daemon plans on it.
 */
import type { Moment } from "../domain/time.ts";
import type { ConfigChange } from "../plan/forecast/plan_effects.ts";
import type { Ledger } from "../store/ledger.ts";
import { orderKey } from "../domain/pair_key.ts";

export function unwatchedPool(ledger: Ledger, moment: Moment): Pick<ConfigChange, "pool" | "images"> {
  const shared = {
    ...moment,
    nodes: ledger.nodeIndex,
    order: (provider: string | null, image: string) => ledger.orders.get(orderKey(provider, image)) ?? null,
    seen: new Map(),
  };
  return {
    pool: {
      ...shared,
      requests: ledger.requests.values(),
      pauses: [],
      images: ledger.images,
      reserved: new Map(),
      targets: new Map(),
      demand: new Map(),
      turns: new Map(),
      // The daemon that starts next is another run.
      firstIdOfRun: ledger.nextId("node"),
      creating: new Set(),
      launching: true,
      granting: true,
    },
    images: {
      ...shared,
      dibImages: ledger.dibImages.values(),
      images: ledger.images.values(),
      isRunning: () => false,
      making: { uploads: true, snapshots: true },
      accepting: true,
    },
  };
}
