/** Why there are as many nodes of a label as there are, and why a request for them waits. */
import { type NodeRecord, stateName } from "../../domain/node.ts";
import type { Refusal } from "../../domain/obstacle.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { causeText, viewObstacle } from "../obstacle_view.ts";
import type { Explanation } from "./explanation.ts";
import {
  countsText,
  errorsOfNodes,
  errorsOfPauses,
  isOpen,
  newestErrors,
  nextOf,
  nodeFacts,
  refusalsOfLabel,
  requestFacts,
  requestText,
  roomText,
  toldObstacles,
} from "./told_parts.ts";

/** null: neither is it configured, nor are nodes of it left. */
export function explainLabel(report: PoolReport, name: string): Explanation | null {
  const label = report.config?.labels.find((one) => one.name === name);
  const nodes = report.nodes.filter((node) => node.label === name && node.role === "node");
  const requests = report.requests.filter((request) => request.label === name);
  if (label === undefined && nodes.length === 0 && requests.length === 0) return null;
  const refusals = refusalsOfLabel(report, name);
  const jobs = report.demand.get(name) ?? 0;
  const waiting = requests.filter(({ grantedAt }) => grantedAt === null);
  const asked = waiting.reduce((sum, { count }) => sum + count, jobs);
  const missing = missingOf(nodes, asked + Math.max(0, label?.minReady ?? 0), report);
  const verdict = missing > 0
    ? `${missing} ${missing === 1 ? "node is" : "nodes are"} missing`
    // Though nothing can be launched for it, or need be.
    : waiting.length > 0
    ? "a request waits"
    : "nothing is missing";
  const isShut = missing === 0 && waiting.length === 0 && !isOpen(report, name);
  return {
    summary: `label ${name}: ${verdict}; ${countsText(nodes)}` +
      (isShut ? "; one more is not possible now" : ""),
    obstacles: toldObstacles(refusals, { report, label: name }),
    facts: [
      {
        name: "wanted",
        value: label === undefined ? "nothing: it is not configured" : minReadyText(label.minReady),
      },
      ...(jobs === 0 ? [] : [{ name: "jobs", value: `${jobs} in Gearman's queue` }]),
      ...requestFacts(requests, report),
      { name: "nodes", value: countsText(nodes) },
      ...nodeFacts(nodes, report),
      ...(label?.providers ?? []).map((provider) => ({
        name: `provider ${provider}`,
        value: `${givesText(refusals, { provider, report, name })}; ${roomText(provider, report)}`,
      })),
    ],
    next: nextOf(refusals, { report, requests }),
    errors: newestErrors([
      ...errorsOfPauses(report.pauses.filter(({ label }) => label === name), report),
      ...errorsOfNodes(nodes, report),
    ]),
  };
}

/**
 * Counted, whatever the last planning said: it may have planned no launches at all, or one at a time. Nodes of a provider
 * that is not configured are handed out to nobody.
 */
function missingOf(nodes: readonly NodeRecord[], wanted: number, { config }: PoolReport): number {
  const known = config?.providers.map(({ name }) => name);
  const onTheWay = nodes.filter((node) =>
    ["building", "test", "ready"].includes(stateName(node)) && known?.includes(node.provider) !== false
  );
  return Math.max(0, wanted - onTheWay.length);
}

function minReadyText(minReady: number): string {
  return minReady < 0 ? "nothing: min-ready is -1" : `min-ready ${minReady}`;
}

function givesText(
  refusals: readonly Refusal[],
  { provider, report, name }: { provider: string; report: PoolReport; name: string },
): string {
  const own = refusals.filter((refusal) => refusal.provider === provider || refusal.provider === null);
  if (own.length === 0) return "launches nodes";
  return own.map((refusal) =>
    causeText({ ...viewObstacle(refusal, { report, label: name }), provider: null })
  ).join("; ");
}

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
