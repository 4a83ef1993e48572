/** Whether a builder or checker still has work: its image is in a phase that needs its server. Pure. */
import type { NodeRecord } from "../../domain/node.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";

export function needsServer(
  { id, role, providerImageId }: Pick<NodeRecord, "id" | "role" | "providerImageId">,
  images: ReadonlyMap<number, ProviderImage>,
): boolean {
  const state = images.get(providerImageId ?? -1)?.state;
  switch (state?.phase) {
    case "server":
    case "setup":
    case "snapshot":
    case "check":
      return state.nodeId === id;
    case "saving":
      return role === "builder";
    default:
      return false;
  }
}
