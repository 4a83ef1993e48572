/** How long to wait after failures in a row: doubling from `base` up to `max`. Pure; the caller stores the result. */

/**
 * @param failures how many there have been in a row; 0 gives 0
 * @param base milliseconds after the first failure
 * @param max milliseconds that no wait exceeds
 * @param jitter takes up to half off, by chance, so that those who failed together do not come back together
 * @returns whole milliseconds
 */
export function backoff(
  { failures, base, max, jitter }: {
    failures: number;
    base: number;
    max: number;
    jitter?: { float(): number };
  },
): number {
  if (failures <= 0) return 0;
  const full = Math.min(max, base * 2 ** (failures - 1));
  return Math.round(jitter === undefined ? full : full * (1 - jitter.float() / 2));
}
