/**
 * The phases in which an image has a server: a snapshot's, which is launched, prepared and saved, and the one on
 * which a fresh image is checked. `planImages` launches them where there is room.
 */
import { type NodeRecord, stateName } from "../../../domain/node.ts";
import type { ProviderImage } from "../../../domain/provider_image.ts";
import { act, change, wait } from "../../follow_ladder.ts";
import type { ImageSituation, ImageStep, ImageWorld } from "../image_step.ts";
import { failedImage, planLost, underWay, whyNotNow } from "./upload.ts";

/** Whether a builder or checker still has work: its image is in a phase that needs its server. */
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

/** A snapshot that needs a keypair of its own to log in to its server with. */
export function planKeypair({ image, world, seen }: ImageSituation<"keypair">): ImageStep {
  const action = { type: "create-keypair", image } as const;
  return underWay(action, world) ?? whyNotNow({ image, world, seen }) ?? act(action);
}

/** A snapshot whose server is being launched. */
export function planServer({ state: { nodeId }, world }: ImageSituation<"server">): ImageStep {
  if (nodeId === null) return { do: "leave" };
  const node = world.nodes.get(nodeId);
  if (node?.state.phase === "prepare") return change({ type: "server-ready", serverId: node.state.serverId });
  return whyServerIsLost(nodeId, world) ?? waitForServer(nodeId, node);
}

/** Its server is up: the setup script runs on it, again where a former process had begun. */
export function planSetup({ image, state: { nodeId }, world, seen }: ImageSituation<"setup">): ImageStep {
  const lost = whyServerIsLost(nodeId, world);
  if (lost !== null) return lost;
  if (world.isRunning("run-setup", image.id)) return wait("setup", "the setup script is running");
  return whyNotNow({ image, world, seen }) ?? act({ type: "run-setup", image, nodeId });
}

/** A cloud that refuses so often will not make it. */
const ATTEMPTS = 5;

/** The server is prepared: its image is asked for, once. */
export function planSnapshot({ image, state, world, seen }: ImageSituation<"snapshot">): ImageStep {
  const { nodeId } = state;
  const action = { type: "create-snapshot", image, nodeId } as const;
  const going = underWay(action, world);
  if (going !== null) return going;
  if (state.sentAt !== null) return planLost({ image, state, world, seen }, state.lostAt);
  const lost = whyServerIsLost(nodeId, world);
  if (lost !== null) return lost;
  if (image.attempt >= ATTEMPTS && image.retryAt !== null) {
    const error = `the snapshot was refused ${image.attempt} times: ${image.evidence?.error ?? ""}`;
    return failedImage(error, { kind: "snapshot", at: world.now });
  }
  return whyNotNow({ image, world, seen }) ?? act(action);
}

/** A fresh image that is to prove itself: a server is booted from it, on which the check-script must succeed. */
export function planCheck(
  { image, state: { nodeId }, world, use, seen }: ImageSituation<"check">,
): ImageStep {
  if ((use?.checkScript ?? null) === null) return change({ type: "passed" });
  if (nodeId === null) return { do: "leave" };
  const lost = whyServerIsLost(nodeId, world);
  if (lost !== null) return lost;
  if (world.isRunning("run-check", image.id)) return wait("check", "the check-script is running");
  const node = world.nodes.get(nodeId);
  if (node?.state.phase !== "prepare") return waitForServer(nodeId, node);
  return whyNotNow({ image, world, seen }) ?? act({ type: "run-check", image, nodeId });
}

function waitForServer(nodeId: number, node: NodeRecord | undefined): ImageStep {
  return wait("server", `node ${nodeId}: ${node?.waitingOn?.message ?? "it is being launched"}`);
}

/** The step of an image whose server has ended before its time; null: the server is there. */
function whyServerIsLost(nodeId: number, { nodes, now }: ImageWorld): ImageStep | null {
  const node = nodes.get(nodeId);
  if (node !== undefined && stateName(node) !== "delete") return null;
  const error = node?.evidence?.error ?? node?.comment ?? `its server, node ${nodeId}, is gone`;
  return failedImage(error, { kind: "server", ...node?.evidence, at: now });
}
