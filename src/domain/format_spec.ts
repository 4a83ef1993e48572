/**
 * Python's format specifications, as far as names need them: `[[fill]align][sign][#][0][width][,][.precision][type]`.
 * Used by templates.
 */

/** The values that a field of a template may have. */
export type FieldValue = string | number | boolean | null;

const SPEC =
  /^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?(?<width>\d{1,3})?(?<comma>,)?(?:\.(?<precision>\d{1,2}))?(?<type>[a-zA-Z%])?$/su;

type Spec = Partial<Record<string, string>>;

/**
 * A value in the form that the specification asks for; null: it is not a specification, or does not fit such a value.
 */
export function formatValue(value: FieldValue, specification: string): string | null {
  const spec: Spec | undefined = SPEC.exec(specification)?.groups;
  if (spec === undefined) return null;
  const parts = typeof value === "number" ? numberParts(value, spec) : textParts(plainText(value), spec);
  return parts === null ? null : pad(parts, { spec, isNumber: typeof value === "number" });
}

/** As Python shows it where nothing else is said. */
export function plainText(value: FieldValue): string {
  if (value === null) return "None";
  return typeof value === "boolean" ? (value ? "True" : "False") : String(value);
}

interface Parts {
  readonly sign: string;
  readonly body: string;
}

function textParts(
  text: string,
  { align, sign, alternate, zero, comma, precision, type }: Spec,
): Parts | null {
  const isForNumbers = align === "=" || (sign ?? alternate ?? zero ?? comma) !== undefined;
  if (isForNumbers || (type ?? "s") !== "s") return null;
  const characters = [...text];
  return { sign: "", body: characters.slice(0, Number(precision ?? characters.length)).join("") };
}

const BASES: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16, X: 16 };

function numberParts(value: number, spec: Spec): Parts | null {
  const body = magnitude(Math.abs(value), spec);
  if (body === null) return null;
  return { sign: value < 0 ? "-" : (spec.sign ?? "-").replace("-", ""), body };
}

function magnitude(value: number, { alternate, comma, precision, type = "" }: Spec): string | null {
  const digits = Number(precision ?? 6);
  if (type.toLowerCase() === "f") return grouped(value.toFixed(digits), comma);
  if (type === "%") return `${(value * 100).toFixed(digits)}%`;
  if (type.toLowerCase() === "e") return exponential(value, { digits, isUpper: type === "E" });
  if (precision !== undefined || (type !== "" && !Number.isInteger(value))) return null;
  if (type === "" || type === "d") return grouped(String(value), comma);
  const base = BASES[type];
  if (base === undefined) return null;
  const text = `${alternate === undefined ? "" : `0${type}`}${value.toString(base)}`;
  return type === "X" ? text.toUpperCase() : text;
}

/** Python's exponents have two digits at least. */
function exponential(value: number, { digits, isUpper }: { digits: number; isUpper: boolean }): string {
  const text = value.toExponential(digits).replace(/([+-])(\d)$/, "$10$2");
  return isUpper ? text.toUpperCase() : text;
}

function grouped(text: string, comma: string | undefined): string {
  return comma === undefined ? text : text.replace(/\B(?<!\..*)(?=(?:\d{3})+(?!\d))/g, ",");
}

function pad({ sign, body }: Parts, { spec, isNumber }: { spec: Spec; isNumber: boolean }): string {
  const missing = Math.max(0, Number(spec.width ?? 0) - [...sign, ...body].length);
  const align = spec.align ?? (spec.zero !== undefined ? "=" : isNumber ? ">" : "<");
  const fill = (count: number) => (spec.fill ?? spec.zero ?? " ").repeat(count);
  const left = Math.floor(missing / 2);
  if (align === "=") return sign + fill(missing) + body;
  if (align === "^") return fill(left) + sign + body + fill(missing - left);
  return align === ">" ? fill(missing) + sign + body : sign + body + fill(missing);
}
