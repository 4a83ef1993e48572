/**
 * The meaning of a plain (unquoted) YAML scalar: YAML 1.1 as Python's PyYAML reads it, which the files of 2016 and
 * clouds.yaml were written for. `yes` is true, `010` is 8, `1_000` is 1000, and `12.10` must not become 12.1.
 */

const NOTHING = /^(?:~|null|Null|NULL|)$/;
const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER = /^[-+]?(?:0b[0-1_]+|0[0-7_]*|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT = /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;

const PLAIN_NUMBER = /^[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/** For the JSON Schema: of all that `numberFrom` reads, a pattern that needs `^` and `$` around it. */
export const NUMBER_PATTERN = [INTEGER, FLOAT, PLAIN_NUMBER]
  .map(({ source }) => `(?:${source.slice(1, -1)})`)
  .join("|");

/** Null, a boolean, a number where its text is that number's usual form, or the text itself. */
export function plainScalar(source: string): null | boolean | number | string {
  if (NOTHING.test(source)) return null;
  if (TRUE.test(source)) return true;
  if (FALSE.test(source)) return false;
  const number = numberFrom(source);
  return number !== null && String(number) === source ? number : source;
}

/** The number that a text stands for, in any of the forms that YAML 1.1 knows; null: none. */
export function numberFrom(source: string): number | null {
  if (INTEGER.test(source)) return integerFrom(source);
  if (FLOAT.test(source)) return Number(source.replaceAll("_", ""));
  return PLAIN_NUMBER.test(source) ? Number(source) : null;
}

function integerFrom(source: string): number {
  const text = source.replaceAll("_", "");
  const negative = text.startsWith("-");
  const digits = text.replace(/^[-+]/, "");
  const size = digits.includes(":")
    ? digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0)
    : Number(digits.replace(/^0(?=[0-7]+$)/, "0o"));
  return negative ? -size : size;
}
