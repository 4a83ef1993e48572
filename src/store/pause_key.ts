/** How launch pauses are keyed in memory: one for each pair of provider and label. */

/** No name of a provider or label contains it, so that no two pairs share a key. */
const SEPARATOR = "\n";

export function pauseKey(provider: string, label: string): string {
  return provider + SEPARATOR + label;
}

/** The pair that a key stands for. */
export function pausePair(key: string): { provider: string; label: string } {
  const at = key.indexOf(SEPARATOR);
  return { provider: key.slice(0, at), label: key.slice(at + SEPARATOR.length) };
}
