/**
 * Matches a whole text against a pattern in which `*` stands for anything and `?` for one character; a `!` in
 * front turns it round. Takes time in proportion to the text at worst for each part of the pattern, so that a long
 * command line may be held against any pattern.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  if (pattern.startsWith("!")) return !matchesPattern(pattern.slice(1), text);
  let inPattern = 0;
  let inText = 0;
  /** The last `*`, and how much of the text it stands for so far. */
  let star = -1;
  let starEnd = 0;
  while (inText < text.length) {
    const sign = pattern[inPattern];
    if (sign === "*") {
      star = inPattern++;
      starEnd = inText;
    } else if (sign === "?" || sign === text[inText]) {
      inPattern++;
      inText++;
    } else if (star !== -1) {
      inPattern = star + 1;
      inText = ++starEnd;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(inPattern));
}

/** Whether any of the patterns fits, of which there may be several with blanks between. */
export function matchesAnyPattern(patterns: string, text: string): boolean {
  return patterns.split(" ").some((pattern) => matchesPattern(pattern, text));
}
