/**
 * Whether a provider still leads to where the pool's servers are. Credentials of another project or region show lists
 * without them and know none of them by its id: nothing may be concluded from that. Once somebody has deleted all that
 * the pool has on the provider, the new place becomes its home. `ProviderWatch` asks before it takes in a listing.
 */
import { describePlace, isElsewhere, type Place } from "../domain/home.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Expected } from "./list_expected.ts";

interface ConfirmHomeDeps {
  readonly provider: string;
  readonly ledger: Pick<Ledger, "homes" | "saveHome">;
  /** The things that records name on the provider. */
  readonly expected: () => readonly Expected[];
}

/** @throws ElsewhereError */
export async function confirmHome(
  place: Place | null,
  { provider, ledger, expected }: ConfirmHomeDeps,
): Promise<void> {
  if (place === null) return;
  const home = ledger.homes.get(provider);
  if (home !== undefined && home.project === place.project && home.region === place.region) return;
  const isBound = home !== undefined && isElsewhere(home, place) &&
    expected().some(({ isGivenUp }) => !isGivenUp);
  if (isBound) throw new ElsewhereError(home, place);
  await ledger.saveHome({ provider, ...place });
}

export class ElsewhereError extends Error {
  override readonly name = "ElsewhereError";
  constructor(home: Place, place: Place) {
    super(
      `its credentials lead to ${describePlace(place)}, but the pool's servers are in ${
        describePlace(home)
      }: ` +
        "correct clouds.yaml, or add the new place as another provider; to give up those servers, " +
        "delete their nodes and images",
    );
  }
}
