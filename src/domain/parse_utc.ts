import { LAST_INSTANT } from "./time.ts";

/** Times that name no zone: ISO 8601, and the form of C's asctime that HTTP knows (`Sun Nov  6 08:49:37 1994`). */
const ZONELESS = /^(\d{4}-\d\d-\d\d[T ][\d:.]+|[a-z]{3} [a-z]{3} [ \d]\d [\d:]+ \d{4})$/i;

/**
 * A time in ISO 8601 or of an HTTP header, in UTC where it names no zone; null for anything else, or a time before 1970
 * or after 9999.
 */
export function parseUtc(text: string | null | undefined): number | null {
  const instant = Date.parse(ZONELESS.test(text ?? "") ? `${text}Z` : text ?? "");
  return instant >= 0 && instant <= LAST_INSTANT ? instant : null;
}
