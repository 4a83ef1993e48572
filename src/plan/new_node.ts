/** The record of a node that has just been decided on; its server has not been asked for. */
import type { LabelConfig } from "../domain/config.ts";
import { nodenameOf } from "../domain/hostname.ts";
import { nameFields } from "../domain/name_fields.ts";
import type { NodeRecord } from "../domain/node.ts";
import { fillTemplate } from "../domain/template.ts";
import { type Instant, SECOND } from "../domain/time.ts";
import type { ImageLaunch } from "./images/plan_image_launches.ts";
import type { LaunchOffer } from "./offers.ts";
import type { Launch } from "./plan_launches.ts";
import type { SubnodeLaunch } from "./plan_subnodes.ts";

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
    ...fieldsOf(launch, decided.now),
    node_id: decided.id,
  });
  return record(launch, {
    ...decided,
    role: "node",
    providerImageId: null,
    parentId: null,
    subnodeCount: launch.label.subnodes,
    label: launch.label.name,
    target: launch.target,
    hostname,
    launchReason: launch.reason,
  });
}

/** A further server that goes with a node, beside it. */
export function newSubnode(
  { parent, ...launch }: SubnodeLaunch,
  { hostnameTemplate, id, now }: Pick<Decided, "id" | "now"> & { hostnameTemplate: string },
): NodeRecord {
  const hostname = fillTemplate(hostnameTemplate, {
    ...fieldsOf(launch, now),
    node_id: parent.id,
    subnode_id: id,
  });
  return record(launch, {
    id,
    now,
    zone: parent.zone,
    role: "subnode",
    providerImageId: null,
    parentId: parent.id,
    subnodeCount: 0,
    label: parent.label,
    target: parent.target,
    hostname,
    launchReason: `goes with node ${parent.id}`,
  });
}

function fieldsOf(launch: LaunchOffer & { readonly label: LabelConfig }, now: Instant) {
  return nameFields({ ...launch, timestamp: Math.floor(now / SECOND) });
}

/** A server that is needed to make or to prove an image. */
export function newImageNode({ forImage, role, ...launch }: ImageLaunch, decided: Decided): NodeRecord {
  return record(launch, {
    ...decided,
    role,
    providerImageId: forImage.id,
    parentId: null,
    subnodeCount: 0,
    label: "",
    target: "",
    hostname: forImage.hostname,
    launchReason: `${role === "builder" ? "makes" : "checks"} image ${forImage.id}`,
  });
}

function record(
  launch: LaunchOffer,
  { now, hostname, ...fields }:
    & Decided
    & Pick<
      NodeRecord,
      | "role"
      | "providerImageId"
      | "parentId"
      | "subnodeCount"
      | "label"
      | "target"
      | "hostname"
      | "launchReason"
    >,
): NodeRecord {
  const { id, zone, launchReason, ...named } = fields;
  return {
    revision: 0,
    id,
    ...named,
    provider: launch.provider.name,
    image: launch.image.name,
    manager: null,
    assignedAt: null,
    hostname,
    nodename: nodenameOf(hostname),
    imageId: launch.imageId,
    ...(launch.imageVersion === undefined ? {} : { imageVersion: launch.imageVersion }),
    flavorId: launch.flavor.id,
    flavorName: launch.flavor.name,
    zone,
    state: { phase: "create", sentAt: null, lostAt: null },
    stateSince: now,
    phaseSince: now,
    waitingOn: {
      reason: "provider",
      message: `waiting for its turn with ${launch.provider.name}`,
      since: now,
    },
    retryAt: null,
    attempt: 0,
    addresses: null,
    floatingIp: null,
    hostKeys: [],
    comment: null,
    deletedBy: null,
    job: null,
    jobEnd: null,
    requestId: null,
    hold: null,
    launchReason,
    evidence: null,
    result: null,
    timings: { create: now },
  };
}
