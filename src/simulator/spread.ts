import type { Random } from "../lib/random.ts";
import type { Spread } from "./settings.ts";

/**
 * One time out of a spread, in milliseconds: even within the jitter; else an exponential tail that starts at `min`
 * and is cut at `max`, as boot times of real clouds look; always `mean` where nothing is spread.
 */
export function sampleSpread(spread: Spread, random: Random): number {
  const { mean, jitter, min, max } = spread;
  if (jitter > 0) return Math.max(0, Math.round(mean + (2 * random.float() - 1) * jitter));
  if (min === null && max === null) return mean;
  const least = min ?? 0;
  const time = least - Math.log(1 - random.float()) * (mean - least);
  return Math.round(Math.min(time, max ?? Infinity));
}
