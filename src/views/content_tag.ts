/**
 * Names what a view says apart from the passing of time: while it stays the same, a client that has the view has
 * lost nothing but newer ages. The status endpoint's weak ETags are made of it.
 */
import process from "node:process";
import type { PoolReport } from "../domain/pool_report.ts";
import type { ViewFilter } from "./view_filter.ts";
import { type PoolViewName, viewPool } from "./view_pool.ts";

/** A short text; as good as certainly another one for other contents. */
export function contentTag(
  report: PoolReport,
  { name, filter }: { name: PoolViewName; filter: ViewFilter },
): string {
  if (name === "node-list") return nodeRevisions(report);
  // At the beginning of time everything is 0 seconds old.
  return hash(JSON.stringify(viewPool({ ...report, now: 0 }, { name, filter })));
}

/**
 * A record says what it said as long as it has the same revision, but for its defects. Another node's change counts too:
 * no harm.
 */
function nodeRevisions({ installation, nodes, wallOffset, defects }: PoolReport): string {
  const numbers = new Float64Array(2 * nodes.length);
  for (const [index, { id, revision }] of nodes.entries()) {
    numbers[2 * index] = id;
    numbers[2 * index + 1] = revision;
  }
  return hash(numbers, `${installation.id} ${wallOffset} ${JSON.stringify(defects)}`);
}

function hash(content: string | Float64Array, salt = ""): string {
  // Loaded when it is needed: a list in the terminal does without.
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(salt).update(content).digest("base64url").slice(0, 22);
}
