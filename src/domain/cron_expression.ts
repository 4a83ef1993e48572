/**
 * Cron expressions as a configuration has them: five fields (minute, hour, day, month, day of the week) and, as 2016's
 * scheduler took them, a sixth for seconds, which stands last. Checked by the configuration, run by the cron tasks.
 */

/** The first and the last value of each field. */
const FIELDS = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 6], [0, 59]] as const;

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
  const [first, last] = FIELDS[index] ?? [0, 0];
  const stepped = item.match(/^(?:\*|(\d+)(?:-(\d+))?)\/(\d+)$/);
  if (!stepped) return item;
  const [start, end] = [Number(stepped[1] ?? first), Number(stepped[2] ?? last)];
  // A step beyond the end leaves the start alone.
  return Number(stepped[3]) > end - start ? String(start) : `${start}-${end}/${stepped[3]}`;
}
