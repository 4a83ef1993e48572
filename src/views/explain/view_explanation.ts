/** Finds what a name means, and explains it. */
import { describeGone } from "../../domain/describe_gone.ts";
import { findGoneNode } from "../../domain/find_named_node.ts";
import type { History } from "../../domain/history.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { viewHead } from "../view_head.ts";
import { explainImage } from "./explain_image.ts";
import { explainLabel, explainRequest } from "./explain_label.ts";
import { explainNode } from "./explain_node.ts";
import { explainProvider } from "./explain_provider.ts";
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
  const { kinds, own } = partsOf(name);
  const found = kinds.flatMap((kind) => {
    const explanation = explainers[kind](report, own);
    return explanation === null ? [] : [{ kind, explanation }];
  });
  const [first, ...others] = found;
  if (first === undefined) return null;
  return {
    ...viewHead(report),
    subject: { kind: first.kind, name: own },
    ...first.explanation,
    also: others.map((other) => `${other.kind}:${name}`),
  };
}

/** The kinds of things that may be meant, and how they are called. */
function partsOf(name: string): { readonly kinds: readonly SubjectKind[]; readonly own: string } {
  const [, kind, own = name] = name.match(/^(label|provider|image|node|request):(.+)$/) ?? [];
  return {
    kinds: kind === undefined ? Object.keys(explainers) as SubjectKind[] : [kind as SubjectKind],
    own,
  };
}

/** The reason why there is no explanation, with its HTTP status: the node is gone, or nothing has that name. */
export async function whyNotExplained(
  name: string,
  { history, report }: { history: History; report: PoolReport },
): Promise<{ readonly status: 404 | 410; readonly message: string }> {
  const { kinds, own } = partsOf(name);
  const gone = kinds.includes("node") ? await findGoneNode(history, own) : null;
  return gone === null
    ? { status: 404, message: `there is no ${kinds.join(", ").replace(/, (\w+)$/, " or $1")} ${own}` }
    : { status: 410, message: `${describeGone(gone, report)}; see: nodepool history ${gone.node.id}` };
}
