/** Finds what a name means, and explains it. */
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
