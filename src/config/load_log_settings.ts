/**
 * The file that `daemon --logconfig` names: levels of single categories, and what it sets instead of the
 * configuration's `log`. YAML with `level`, `format`, `file` and `levels` (category: level).
 */
import * as v from "valibot";
import type { LoggingOptions } from "../lib/logging.ts";
import { ConfigError, type Problem } from "./config_error.ts";

const level = v.picklist(["debug", "info", "warning", "error"]);
const schema = v.strictObject({
  level: v.optional(level),
  format: v.optional(v.picklist(["text", "json"])),
  file: v.optional(v.string()),
  levels: v.optional(v.record(v.pipe(v.string(), v.startsWith("nodepool")), level)),
});

/** @throws ConfigError */
export async function loadLogSettings(path: string): Promise<Partial<LoggingOptions>> {
  const { parse } = await import("yaml");
  const parsed = v.safeParse(schema, await readWith(path, (text) => parse(text) ?? {}));
  if (parsed.success) return parsed.output;
  throw new ConfigError(
    parsed.issues.map((issue) => problem(path, v.getDotPath(issue) ?? "", issue.message)),
  );
}

async function readWith(path: string, parse: (text: string) => unknown): Promise<unknown> {
  try {
    return parse(await Deno.readTextFile(path));
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new ConfigError([problem(path, "", `cannot read the logging configuration: ${why}`)], {
      cause: error,
    });
  }
}

function problem(file: string, path: string, message: string): Problem {
  return { file, line: null, column: null, path, message, found: null, expected: null, suggestion: null };
}
