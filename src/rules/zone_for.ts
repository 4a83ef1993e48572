import type { Random } from "../lib/random.ts";
import type { LaunchOffer } from "../plan/offers.ts";

/** One of the provider's zones; null: the cloud chooses. */
export function zoneFor({ provider }: LaunchOffer, random: Random): string | null {
  const zones = provider.availabilityZones;
  return zones.length === 0 ? null : random.pick(zones);
}
