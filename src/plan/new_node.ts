/** The record of a node that has just been decided on; its server has not been asked for. */
import { fillTemplate, nodenameOf } from "../domain/hostname.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { Instant } from "../domain/time.ts";
import type { ImageLaunch } from "./images/plan_image_launches.ts";
import type { LaunchOffer } from "./offers.ts";
import type { Launch } from "./plan_launches.ts";

interface Decided {
  readonly id: number;
  readonly zone: string | null;
  readonly now: Instant;
}

/** A node that is to be handed out. */
export function newNode(
  launch: Launch,
  { hostnameTemplate, ...decided }: Decided & { hostnameTemplate: string },
): NodeRecord {
  const hostname = fillTemplate(hostnameTemplate, {
    "label.name": launch.label.name,
    "provider.name": launch.provider.name,
    "node_id": String(decided.id),
  });
  return record(launch, {
    ...decided,
    role: "node",
    providerImageId: null,
    label: launch.label.name,
    target: launch.target,
    hostname,
    launchReason: launch.reason,
  });
}

/** A server that is needed to make or to prove an image. */
export function newImageNode({ forImage, role, ...launch }: ImageLaunch, decided: Decided): NodeRecord {
  return record(launch, {
    ...decided,
    role,
    providerImageId: forImage.id,
    label: "",
    target: "",
    hostname: forImage.hostname,
    launchReason: `${role === "builder" ? "makes" : "proves"} image ${forImage.id}`,
  });
}

function record(
  launch: LaunchOffer,
  { now, hostname, ...fields }:
    & Decided
    & Pick<NodeRecord, "role" | "providerImageId" | "label" | "target" | "hostname" | "launchReason">,
): NodeRecord {
  const { id, zone, launchReason, ...named } = fields;
  return {
    revision: 0,
    id,
    ...named,
    provider: launch.provider.name,
    image: launch.image.name,
    manager: null,
    hostname,
    nodename: nodenameOf(hostname),
    imageId: launch.imageId,
    flavorId: launch.flavor.id,
    flavorName: launch.flavor.name,
    zone,
    state: { phase: "create", sentAt: null, lostAt: null },
    stateSince: now,
    phaseSince: now,
    waitingOn: { reason: "provider", message: `its turn to be asked of ${launch.provider.name}`, since: now },
    retryAt: null,
    attempt: 0,
    addresses: null,
    floatingIp: null,
    hostKeys: [],
    comment: null,
    job: null,
    requestId: null,
    hold: null,
    launchReason,
    evidence: null,
    result: null,
    timings: { create: now },
  };
}
