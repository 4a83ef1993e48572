/** The console of a node's server, and the output of its scripts, as far as they are known: `nodepool logs` shows it. */
import * as v from "valibot";
import type { NodeDetailsView } from "./node_details.ts";
import { viewSchema } from "./view_head.ts";
import { number, string, stringOrNull } from "./view_schema.ts";

export const nodeLogViewSchema = viewSchema({
  node: v.object({
    id: number,
    hostname: string,
    provider: string,
    /** `gone` where it has left the pool, `ended` says since when. */
    state: string,
    phase: string,
    comment: stringOrNull,
    result: stringOrNull,
    ended: stringOrNull,
  }),
  console: v.object({
    /** null: nothing is known of it; `problem` says why. */
    text: stringOrNull,
    /** When the cloud showed it; null: what was kept when the node failed. */
    read: stringOrNull,
    problem: stringOrNull,
  }),
  /** null: none ran, or nothing of it was kept. */
  script: v.nullable(v.object({
    text: string,
    /** Whether it runs at this moment. */
    running: v.boolean(),
  })),
});
export type NodeLogView = v.InferOutput<typeof nodeLogViewSchema>;

export function viewNodeLog(
  { node, ...head }: NodeDetailsView,
  texts: Pick<NodeLogView, "console" | "script">,
): NodeLogView {
  const { id, hostname, provider, state, phase, comment, result, ended } = node;
  return { ...head, node: { id, hostname, provider, state, phase, comment, result, ended }, ...texts };
}
