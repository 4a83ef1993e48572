/**
 * The work that a line of the log belongs to: whatever is logged below an attempt, down to the requests to a cloud, has
 * the attempt's facts (`node`, `provider`, …) as its own, so that one id finds all lines of a launch. What a line says
 * itself stands first. `startLogging` puts it into each record.
 */
import type { LogRecord } from "@logtape/logtape";
import { inFlight } from "./in_flight.ts";

export function withContext(record: LogRecord): LogRecord {
  const about = inFlight.about;
  if (about === null) return record;
  return { ...record, properties: { ...about, ...record.properties } };
}

/** Ids that people search for, in words, where the sentence does not name them: ` (node 12, req-…)`; else empty. */
export function idsBehind(text: string, { node, requestId }: Readonly<Record<string, unknown>>): string {
  const ids = [
    ...(node === undefined || new RegExp(`\\bnode ${node}\\b`).test(text) ? [] : [`node ${node}`]),
    ...(typeof requestId !== "string" || text.includes(requestId) ? [] : [requestId]),
  ];
  return ids.length === 0 ? "" : ` (${ids.join(", ")})`;
}
