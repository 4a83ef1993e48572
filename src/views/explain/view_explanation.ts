/** Finds what a name means, and explains it. */
import { describeGone } from "../../domain/describe_gone.ts";
import { findGoneNode } from "../../domain/find_named_node.ts";
import type { History } from "../../domain/history.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { viewHead } from "../view_head.ts";
import { explainImage } from "./explain_image.ts";
import { explainLabel } from "./explain_label.ts";
import { explainNode } from "./explain_node.ts";
import { explainProvider } from "./explain_provider.ts";
import { explainRequest } from "./explain_request.ts";
import type { Explanation, ExplanationView, SubjectKind } from "./explanation.ts";

/** In the order in which a name is looked up. */
const explainers: Readonly<Record<SubjectKind, (report: PoolReport, name: string) => Explanation | null>> = {
  label: explainLabel,
  provider: explainProvider,
  image: explainImage,
  node: explainNode,
  request: explainRequest,
};

/** @param name of any of them, or `KIND:NAME`; null: there is no such thing */
export function viewExplanation(report: PoolReport, name: string): ExplanationView | null {
  const [, kind, rest] = name.match(/^(label|provider|image|node|request):(.+)$/) ?? [];
  const kinds = kind === undefined ? Object.keys(explainers) as SubjectKind[] : [kind as SubjectKind];
  const found = kinds.flatMap((kind) => {
    const explanation = explainers[kind](report, rest ?? name);
    return explanation === null ? [] : [{ kind, explanation }];
  });
  const [first, ...others] = found;
  if (first === undefined) return null;
  return {
    ...viewHead(report),
    subject: { kind: first.kind, name: rest ?? name },
    ...first.explanation,
    also: others.map((other) => `${other.kind}:${name}`),
  };
}

/** The reason why there is no explanation, with its HTTP status: the node is gone, or nothing has that name. */
export async function whyNotExplained(
  name: string,
  { history, report }: { history: History; report: PoolReport },
): Promise<{ readonly status: 404 | 410; readonly message: string }> {
  const gone = await findGoneNode(history, name.replace(/^node:/, ""));
  return gone === null
    ? { status: 404, message: `there is no label, provider, image, node or request ${name}` }
    : { status: 410, message: `${describeGone(gone, report)}; see: nodepool history ${gone.node.id}` };
}
