/**
 * Whether a provider still leads to where the pool's servers are. Credentials of another project or region show lists
 * without them and know none of them by its id: nothing may be concluded from that. Once somebody has deleted all that
 * the pool has on the provider, the new place becomes its home. `ProviderWatch` asks before it takes in a listing.
 */
import { describePlace, isElsewhere, type Place } from "../domain/home.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Expected } from "./list_expected.ts";

interface HomeDeps {
  readonly provider: string;
  readonly ledger: Pick<Ledger, "homes" | "saveHome">;
  /** The things that records name on the provider. */
  readonly expected: () => readonly Expected[];
}

/** For people: where the provider leads to instead; null: it leads to the pool's servers, or there are none yet. */
export async function whyElsewhere(
  place: Place | null,
  { provider, ledger, expected }: HomeDeps,
): Promise<string | null> {
  if (place === null) return null;
  const home = ledger.homes.get(provider);
  if (home !== undefined && home.project === place.project && home.region === place.region) return null;
  const isBound = home !== undefined && isElsewhere(home, place) &&
    expected().some(({ isGivenUp }) => !isGivenUp);
  if (isBound) {
    return `its credentials lead to ${describePlace(place)}, but the pool's servers are in ` +
      `${
        describePlace(home)
      }: correct clouds.yaml, or add the new place as another provider; to give up those ` +
      "servers, delete their nodes and images";
  }
  await ledger.saveHome({ provider, ...place });
  return null;
}
