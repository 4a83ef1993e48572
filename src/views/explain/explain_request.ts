/** Why a request waits. */
import type { PoolReport } from "../../domain/pool_report.ts";
import type { Explanation } from "./explanation.ts";
import { explainLabel } from "./explain_label.ts";
import { nextOf, requestText, toldObstacles } from "./told_parts.ts";

export function explainRequest(report: PoolReport, name: string): Explanation | null {
  const request = report.requests.find(({ id }) => String(id) === name);
  if (request === undefined) return null;
  const { id, label } = request;
  const refusals = report.waits.get(id) ?? [];
  const ofLabel = explainLabel(report, label);
  const before =
    report.requests.filter((other) => other.label === label && other.grantedAt === null && other.id < id)
      .length;
  return {
    summary: `request ${id}: ${request.grantedAt === null ? "waits" : "has its nodes"}: ` +
      `${requestText(request, report)}, label ${label}`,
    obstacles: toldObstacles(refusals, { report, label }),
    facts: [
      { name: "turn", value: before === 0 ? "the next of its label" : `${before} before it` },
      ...(request.nodes.length === 0 ? [] : [{ name: "nodes", value: request.nodes.join(", ") }]),
      ...(ofLabel?.facts ?? []),
    ],
    next: nextOf(refusals, { report, requests: [request] }),
    errors: ofLabel?.errors ?? [],
  };
}
