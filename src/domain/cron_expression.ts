/**
 * Cron expressions as a configuration has them: five fields (minute, hour, day, month, day of the week) and, as 2016's
 * scheduler took them, a sixth for seconds, which stands last. Checked by the configuration, run by the cron tasks.
 */

/** The values that a field may hold, from the first to the last. */
interface Field {
  readonly first: number;
  readonly last: number;
}

const FIELDS: readonly Field[] = [
  { first: 0, last: 59 },
  { first: 0, last: 23 },
  { first: 1, last: 31 },
  { first: 1, last: 12 },
  { first: 0, last: 6 },
  { first: 0, last: 59 },
];

const DAY = 2;

export function cronFields(expression: string): readonly string[] {
  return expression.trim().split(/\s+/);
}

/** In the form that the library reads: seconds first, `L` for the last day, and a start with a step as a range. */
export function cronPattern(expression: string): string {
  const fields = cronFields(expression).map((field, index) =>
    field.split(",").map((item) => plainItem(item, index)).join(",")
  );
  const [minute, hour, day, month, weekday, ...second] = fields;
  return [...second, minute, hour, day, month, weekday].join(" ");
}

function plainItem(item: string, index: number): string {
  if (index === DAY && item.toLowerCase() === "last") return "L";
  const { first, last } = FIELDS[index] ?? { first: 0, last: 0 };
  const stepped = item.match(/^(?:\*|(\d+)(?:-(\d+))?)\/(\d+)$/);
  if (!stepped) return item;
  const [start, end] = [Number(stepped[1] ?? first), Number(stepped[2] ?? last)];
  // A step beyond the end leaves the start alone.
  return Number(stepped[3]) > end - start ? String(start) : `${start}-${end}/${stepped[3]}`;
}
