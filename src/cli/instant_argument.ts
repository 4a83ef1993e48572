/** Points in time on the command line. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { type Instant, parseMoment } from "../domain/time.ts";
import type { CliIo } from "./cli_io.ts";

/** For commander's options. @returns what reads one, by the machine's clock */
export function instantArgument({ clock }: Pick<CliIo, "clock">): (text: string) => Instant {
  return (text) => {
    const instant = parseMoment(text, clock.wall());
    if (instant !== null) return instant;
    throw new InvalidArgumentError("Expected how long ago (2h, 1d) or a time such as 2026-01-31T18:00.");
  };
}
