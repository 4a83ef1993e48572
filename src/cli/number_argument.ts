/** Whole numbers on the command line. */
import { InvalidArgumentError } from "@commander-js/extra-typings";

/** The id of a node or an image. */
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

/** How many: at least one. */
export function countArgument(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new InvalidArgumentError("Expected a whole number from 1 to 999999.");
  }
  return Number(text);
}
