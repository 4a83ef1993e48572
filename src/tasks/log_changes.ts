/** One log line for each change of a node's state, with all that somebody would search for. */
import { type NodeRecord, stateName } from "../domain/node.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Ledger, LedgerChange } from "../store/ledger.ts";

export function logChanges(ledger: Ledger): Disposable {
  const logger = loggerOf("node");
  return ledger.subscribe(({ nodes, requests }: LedgerChange) => {
    for (const { previous, next } of nodes) {
      const line = lineOf(previous, next);
      if (line !== null) logger[line.level](line.text, line.fields);
    }
    for (const { previous, next } of requests) {
      const request = next ?? previous;
      if (previous === null) logger.info("request {id}: {count} of {label} asked for", { ...request });
      else if (next !== null && previous.grantedAt === null && next.grantedAt !== null) {
        logger.info("request {id}: granted {nodes}", { ...next });
      }
    }
  });
}

function lineOf(previous: NodeRecord | null, next: NodeRecord | null) {
  const node = next ?? previous;
  if (node === null) return null;
  const fields = { node: node.id, provider: node.provider, label: node.label, hostname: node.hostname };
  if (next === null) {
    return {
      level: "info",
      text: "node {node}: gone ({result})",
      fields: { ...fields, result: node.result },
    } as const;
  }
  if (previous === null) {
    const text = "node {node}: to be launched as {label} on {provider}: {reason}";
    return { level: "info", text, fields: { ...fields, reason: node.launchReason } } as const;
  }
  if (previous.state.phase === next.state.phase) return null;
  const change = {
    ...fields,
    from: previous.state.phase,
    to: next.state.phase,
    server: "serverId" in next.state ? next.state.serverId : undefined,
    seconds: (next.phaseSince - previous.phaseSince) / 1000,
    reason: next.comment ?? undefined,
    ...(next.evidence === null ? {} : { error: next.evidence.error, requestId: next.evidence.requestId }),
  };
  const isStateChange = stateName(previous) !== stateName(next);
  const level = next.result === "failed" ? "warning" : isStateChange ? "info" : "debug";
  const why = next.comment === null || stateName(next) !== "delete" ? "" : ": {reason}";
  return { level, text: `node {node}: {from} -> {to} after {seconds} s${why}`, fields: change } as const;
}
