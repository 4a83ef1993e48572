/**
 * Whether a deletion is still what was decided: between a plan and its request the record may have been kept by
 * somebody, or another attempt may have asked already. Pure; `deletions.ts` asks right before each request.
 */
import type { LivingRecords } from "../domain/claims.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { DeletionOrder } from "./deletions.ts";

/** null: it holds. */
export function whyStale({ kind, id, of }: DeletionOrder, { nodes, images }: LivingRecords): string | null {
  switch (of.type) {
    case "leak":
      return null;
    case "node": {
      const current = nodes.get(of.node.id);
      return current !== undefined && isDueForNode({ kind, id }, of.node, current)
        ? null
        : `node ${of.node.id} has changed since this was decided`;
    }
    case "image": {
      const current = images.get(of.image.id);
      return current !== undefined && isDueForImage({ kind, id }, of.image, current)
        ? null
        : `image ${of.image.id} has changed since this was decided`;
    }
  }
}

type Thing = Pick<DeletionOrder, "kind" | "id">;

function isDueForNode({ kind, id }: Thing, decided: NodeRecord, { state, floatingIp, attempt }: NodeRecord) {
  if (attempt !== decided.attempt) return false;
  if (kind === "server") {
    return state.phase === "delete-server" && decided.state.phase === "delete-server" &&
      state.serverId === id && state.acceptedAt === decided.state.acceptedAt;
  }
  return kind === "floating-ip" && state.phase === "delete-address" && floatingIp?.id === id;
}

function isDueForImage(
  { kind, id }: Thing,
  decided: ProviderImage,
  { state, keypair, attempt }: ProviderImage,
) {
  if (attempt !== decided.attempt) return false;
  if (kind === "image") {
    return state.phase === "delete" && decided.state.phase === "delete" &&
      state.externalId === id && state.acceptedAt === decided.state.acceptedAt;
  }
  return kind === "keypair" && keypair?.name === id;
}
