/**
 * Matches a whole text against a pattern in which `*` stands for anything and `?` for one character; a `!` in
 * front turns it round.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  if (pattern.startsWith("!")) return !matchesPattern(pattern.slice(1), text);
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
    expression = new RegExp(`^${escaped}$`, "s");
    compiled.set(pattern, expression);
  }
  return expression.test(text);
}

const compiled = new Map<string, RegExp>();
