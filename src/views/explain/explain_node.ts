/** Why a node is in its state. Takes anything that identifies a node: see `find_named_node.ts`. */
import type { Refusal } from "../../domain/obstacle.ts";
import { stepOf } from "../../domain/record_obstacles.ts";
import { type NodeRecord, stateName } from "../../domain/node.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { spacedDuration } from "../../domain/time.ts";
import { findNamedNode } from "../../domain/find_named_node.ts";
import type { Explanation } from "./explanation.ts";
import { errorsOfNodes, newestErrors, nextOf, standstillOf, stepText, toldObstacles } from "./told_parts.ts";

export function explainNode(report: PoolReport, name: string): Explanation | null {
  const node = findNamedNode(report.nodes, name);
  if (node === null) return null;
  const step = stepOf(node, report.now);
  const refusals: Refusal[] = step === null ? [] : [{ provider: node.provider, obstacle: step }];
  if (step?.kind !== "server-gone" && stateName(node) === "hold" && node.hold?.mayBeInUse) {
    refusals.push({ provider: null, obstacle: { kind: "may-be-in-use", nodeId: node.id } });
  }
  const state = stateName(node);
  const ends = node.hold?.until ?? null;
  return {
    summary: `node ${node.id} (${node.label || node.role} on ${node.provider}): ${state} for ${
      spacedDuration(report.now - node.stateSince)
    }${["building", "delete"].includes(state) ? `, in ${stepText(node, report)}` : ""}`,
    obstacles: toldObstacles([...standstillOf(report), ...refusals], { report, label: node.label || null }),
    facts: factsOf(node),
    next: nextOf(refusals, {
      report,
      more: ends === null ? [] : [{ instant: ends, what: "its hold ends" }],
    }),
    errors: newestErrors(errorsOfNodes([node], report)),
  };
}

function factsOf(node: NodeRecord): Explanation["facts"] {
  const { hold, requestId, job, launchReason, comment, addresses, hostname } = node;
  const facts: [string, string | null][] = [
    ["launched", launchReason],
    ["who has it", [requestId && `request ${requestId}`, job && `job ${job}`].filter(Boolean).join(", ")],
    ["held", hold && [hold.owner, hold.reason].filter(Boolean).join(": ")],
    ["comment", comment],
    ["attempts", node.attempt === 0 ? null : String(node.attempt)],
    ["flavor", node.flavorName],
    ["image", `${node.image} (${node.imageId})`],
    ["hostname", hostname],
    ["address", addresses?.login ?? null],
  ];
  return facts.flatMap(([name, value]) => value ? [{ name, value }] : []);
}
