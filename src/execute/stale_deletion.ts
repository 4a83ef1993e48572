/**
 * Whether a deletion is still what was decided: between a plan and its request the record may have been kept by
 * somebody, or another attempt may have asked already. Pure; `deletions.ts` asks right before each request.
 */
import type { LivingRecords } from "../domain/claims.ts";
import { isAsDecided } from "../domain/is_as_decided.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { DeletionOrder } from "./deletions.ts";

/** null: it holds. */
export function whyStale(
  { kind, id, of }: DeletionOrder,
  { nodeIndex, images }: LivingRecords,
): string | null {
  switch (of.type) {
    case "leak":
      return null;
    case "node": {
      const current = nodeIndex.byId.get(of.node.id);
      return current !== undefined && isAsDecided(of.node, current) && isDueForNode({ kind, id }, current)
        ? null
        : `node ${of.node.id} has changed since this was decided`;
    }
    case "image": {
      const current = images.get(of.image.id);
      return current !== undefined && isAsDecided(of.image, current) && isDueForImage({ kind, id }, current)
        ? null
        : `image ${of.image.id} has changed since this was decided`;
    }
  }
}

type Thing = Pick<DeletionOrder, "kind" | "id">;

function isDueForNode({ kind, id }: Thing, { state, floatingIp }: NodeRecord): boolean {
  if (kind === "server") return state.phase === "delete-server" && state.serverId === id;
  return kind === "floating-ip" && state.phase === "delete-address" && floatingIp?.id === id;
}

function isDueForImage({ kind, id }: Thing, { state, keypair }: ProviderImage): boolean {
  if (kind === "image") return state.phase === "delete" && state.externalId === id;
  return kind === "keypair" && keypair?.name === id;
}
