/** How pairs of names are keyed in memory: a label on a provider, as launch pauses have them, and what image orders are for. */

/** No name of a provider, label or image contains it, so that no two pairs share a key. */
const SEPARATOR = "\n";

export function pauseKey(provider: string, label: string): string {
  return provider + SEPARATOR + label;
}

/** The pair that a pause's key stands for. */
export function pausePair(key: string): { provider: string; label: string } {
  const [provider, label] = partsOf(key);
  return { provider, label };
}

/** @param provider null: the order of a diskimage */
export function orderKey(provider: string | null, image: string): string {
  return (provider ?? "") + SEPARATOR + image;
}

/** The pair that an order's key stands for. */
export function orderPair(key: string): { provider: string | null; image: string } {
  const [provider, image] = partsOf(key);
  return { provider: provider === "" ? null : provider, image };
}

function partsOf(key: string): [string, string] {
  const at = key.indexOf(SEPARATOR);
  return [key.slice(0, at), key.slice(at + SEPARATOR.length)];
}
