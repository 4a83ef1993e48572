/** Lengths of time on the command line. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { type Milliseconds, parseDuration } from "../domain/time.ts";

/** For commander's options. */
export function durationArgument(text: string): Milliseconds {
  const duration = parseDuration(text);
  if (duration) return duration;
  throw new InvalidArgumentError(
    "Expected a time such as 90s, 10m, 2h or 1d, and no more than 100 years (36500d).",
  );
}
