/**
 * The categories of the log: `nodepool` and one of these, some with a name behind it (`nodepool.image.build.noble`).
 */

/** The category of lines that somebody asked for, all of which are written. */
export const UNLIMITED = "stack_dump";

export const LOG_CATEGORIES = [
  "check",
  "clock",
  "cloud",
  "control",
  "daemon",
  "deletion",
  "gearman",
  "http",
  "image",
  "job",
  "node",
  "pool",
  "provider",
  "ssh",
  UNLIMITED,
  "state",
  "statsd",
  "target",
  "zmq",
] as const;

export type LogCategory = typeof LOG_CATEGORIES[number];

/** Whether anything is logged under that name, or below it. */
export function isLogCategory(name: string): boolean {
  const [root, category] = name.split(".");
  return root === "nodepool" &&
    (category === undefined || (LOG_CATEGORIES as readonly string[]).includes(category));
}
