/** How pairs of names are keyed in memory: label and provider, as in launch pauses; image and provider, for orders. */

/** No name of a provider, label or image contains it, so that no two pairs share a key. */
const SEPARATOR = "\n";

export function pauseKey(provider: string, label: string): string {
  return provider + SEPARATOR + label;
}

/** @param provider null: the order of a diskimage */
export function orderKey(provider: string | null, image: string): string {
  return (provider ?? "") + SEPARATOR + image;
}
