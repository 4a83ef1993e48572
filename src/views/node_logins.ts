/** The nodes that somebody wants to log in to, by id or by job, with what that takes. `nodepool ssh` asks for it. */
import * as v from "valibot";
import { stateName } from "../domain/node.ts";
import { occupantOf } from "../domain/occupant.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { nodeDetailsSchema, viewNodeDetails } from "./node_details.ts";
import { viewHead, viewSchema } from "./view_head.ts";
import { rows, string, stringOrNull } from "./view_schema.ts";

const nodeLoginSchema = v.object({
  node: nodeDetailsSchema,
  /** The path of the private key; null: the configuration no longer has its image, or the key is made for it. */
  private_key: stringOrNull,
  /** Who works on it, of a subnode on its node; null: nobody. */
  occupant: v.nullable(v.object({ name: stringOrNull, description: string })),
});
export type NodeLogin = v.InferOutput<typeof nodeLoginSchema>;

export const nodeLoginsViewSchema = viewSchema({ nodes: rows(nodeLoginSchema) });

/** The node with that id or that hostname, else those that have or had the job and stay. */
export function viewNodeLogins(
  report: PoolReport,
  wanted: string,
): v.InferOutput<typeof nodeLoginsViewSchema> {
  const byName = report.nodes.filter(({ id, hostname, nodename }) =>
    String(id) === wanted || hostname === wanted || nodename === wanted
  );
  const nodes = byName.length > 0
    ? byName
    : report.nodes.filter((node) =>
      node.role === "node" && node.job === wanted && stateName(node) !== "delete"
    );
  return {
    ...viewHead(report),
    nodes: nodes.map((node) => {
      const owner = report.nodes.find(({ id }) => id === node.parentId) ?? node;
      const details = viewNodeDetails(report, node.id)!.node;
      const image = report.config?.providers.find(({ name }) => name === node.provider)
        ?.images.find(({ name }) => name === node.image);
      return {
        // A subnode waits as ready while its node is worked on.
        node: { ...details, state: stateName(owner) },
        private_key: node.role === "builder" ? null : image?.privateKey ?? null,
        occupant: occupantOf(owner),
      };
    }),
  };
}
