/**
 * The allocation of servers that only one provider can launch: a node's missing subnodes, and the servers that
 * images wait for.
 */
import { isObstacle, type Obstacle } from "../domain/obstacle.ts";
import type { QuotaUse } from "../domain/server.ts";
import { planAllocation } from "./allocation.ts";
import type { LabelAsk, ProviderRoom } from "./allocation_types.ts";
import type { LaunchOffer } from "./offers.ts";
import { costOf } from "./provider_room.ts";

export interface SoleWish {
  /** Of what it is for. */
  readonly id: number;
  readonly provider: string;
  /** Servers that are missing. */
  readonly missing: number;
  readonly cap: QuotaUse | null;
  readonly offer: LaunchOffer | Obstacle;
}

/** @returns how many of each are launched now, and why not all are; by id */
export function allocateSole(wishes: readonly SoleWish[], providers: readonly ProviderRoom[]) {
  const labels = wishes.map(({ id, provider, missing: demand, cap, offer }): LabelAsk => {
    const offers = [isObstacle(offer) ? { provider, refusal: offer } : { provider, cost: costOf(offer) }];
    return { name: String(id), demand, spare: 0, size: 1, cap, served: 0, offers, targets: [] };
  });
  const { grants, refusals } = planAllocation({ labels, providers });
  return {
    granted: new Map(grants.map(({ label, count }) => [Number(label), count])),
    refusals: new Map(
      refusals.map(({ label, reasons }) => [Number(label), reasons.map(({ obstacle }) => obstacle)]),
    ),
  };
}
