/** Values on the command line, read and checked for commander's arguments and options. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import {
  type AskedWindow,
  type Instant,
  type Milliseconds,
  parseDuration,
  parseMoment,
  whyEmpty,
} from "../domain/time.ts";
import { UsageError } from "./cli_error.ts";
import type { CliIo } from "./cli_io.ts";

export function idArgument(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new InvalidArgumentError("An id is a whole number; the lists show them.");
  }
  return Number(text);
}

/** One or more ids; the same one twice counts once. */
export function idsArgument(text: string, previous: readonly number[] | undefined): readonly number[] {
  return [...new Set([...(previous ?? []), idArgument(text)])];
}

export function countArgument(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new InvalidArgumentError("Expected a whole number from 1 to 999999.");
  }
  return Number(text);
}

export function durationArgument(text: string): Milliseconds {
  const duration = parseDuration(text);
  if (duration) return duration;
  throw new InvalidArgumentError(
    "Expected a time such as 90s, 10m, 2h or 1d, above 0 and no more than 100 years (36500d).",
  );
}

/** @returns what reads a point in time, by the machine's clock */
export function instantArgument({ clock }: Pick<CliIo, "clock">): (text: string) => Instant {
  return (text) => {
    const instant = parseMoment(text, clock.wall());
    if (instant !== null) return instant;
    throw new InvalidArgumentError("Expected how long ago (2h, 1d) or a time such as 2026-01-31T18:00.");
  };
}

/** Of `--since` and `--until`. @throws UsageError where nothing can lie in it */
export function checkWindow(window: AskedWindow, { clock }: Pick<CliIo, "clock">): void {
  const problem = whyEmpty(window, { now: clock.wall(), mark: "--" });
  if (problem !== null) throw new UsageError(problem);
}

/** `127.0.0.1:5000`, `[::1]:5000`, `5000` on loopback. */
export function listenArgument(text: string): { readonly hostname: string; readonly port: number } {
  const match = text.match(/^(?:(?:\[([^\]]+)\]|([^:\s]+)):)?(\d{1,5})$/);
  if (match === null) throw new InvalidArgumentError("Expected ADDRESS:PORT, such as 127.0.0.1:5000.");
  return { hostname: match[1] ?? match[2] ?? "127.0.0.1", port: portArgument(match[3]!) };
}

/** 0: any free one. */
export function portArgument(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError("A port is a number up to 65535.");
  }
  return Number(text);
}

/** Of servers that answer already. */
export function sshPortArgument(text: string): number {
  const port = portArgument(text);
  if (port > 0) return port;
  throw new InvalidArgumentError("A port is a number from 1 to 65535.");
}
