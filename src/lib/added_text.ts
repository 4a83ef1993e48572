/**
 * Finds what a log has more than when it was read last, where only its end is kept: its beginning may have gone meanwhile.
 * For consoles of servers and the output of scripts.
 */

/** All of `after` where nothing of it was there before, as after a reboot. */
export function addedText(before: string, after: string): string {
  if (after.startsWith(before)) return after.slice(before.length);
  return after.slice(overlap(before, after));
}

/** The length of the longest end of the first that the second begins with, in time that grows with their lengths. */
function overlap(first: string, second: string): number {
  const borders = bordersOf(second);
  let matched = 0;
  for (let at = 0; at < first.length; at++) {
    while (matched > 0 && (matched === second.length || first[at] !== second[matched])) {
      matched = borders[matched - 1]!;
    }
    if (first[at] === second[matched]) matched++;
  }
  return matched;
}

/** For each beginning of the text: the length of the longest shorter one that is also its end. */
function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) length = borders[length - 1]!;
    if (text[at] === text[length]) length++;
    borders[at] = length;
  }
  return borders;
}
