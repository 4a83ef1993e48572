/** The record of a node that has just been decided on; its server has not been asked for. */
import type { LabelConfig } from "../domain/config.ts";
import { nameFields } from "../domain/name_fields.ts";
import type { NodeRecord } from "../domain/node.ts";
import { fillTemplate, templateFields } from "../domain/template.ts";
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

interface Named {
  readonly hostname: string;
  /** Left out: it ends at the first dot. */
  readonly nodename?: string;
}

/** A node that is to be handed out. */
export function newNode(
  launch: Launch,
  { hostnameTemplate, ...decided }: Decided & { hostnameTemplate: string },
): NodeRecord {
  const fields = { ...fieldsOf(launch, decided.now), node_id: decided.id };
  return {
    ...newRecord(launch, { ...decided, ...namesFrom(hostnameTemplate, fields, "node_id") }),
    subnodeCount: launch.label.subnodes,
    label: launch.label.name,
    target: launch.target,
    launchReason: launch.reason,
  };
}

/** A further server that goes with a node, beside it. */
export function newSubnode(
  { parent, ...launch }: SubnodeLaunch,
  { hostnameTemplate, id, now }: Pick<Decided, "id" | "now"> & { hostnameTemplate: string },
): NodeRecord {
  const fields = { ...fieldsOf(launch, now), node_id: parent.id, subnode_id: id };
  const { zone, label, target } = parent;
  return {
    ...newRecord(launch, { id, now, zone, ...namesFrom(hostnameTemplate, fields, "subnode_id") }),
    role: "subnode",
    parentId: parent.id,
    label,
    target,
    launchReason: `goes with node ${parent.id}`,
  };
}

/** Nodes may share a hostname but no nodename, by which targets know them: it has the id in any case. */
function namesFrom(template: string, fields: Parameters<typeof fillTemplate>[1], idField: string) {
  const hostname = fillTemplate(template, fields);
  if (!templateFields(template).includes(idField)) {
    return { hostname, nodename: `${nodenameOf(hostname)}-${fields[idField]}` };
  }
  return { hostname, nodename: nodenameOf(hostname, fillTemplate(template, fields, { upTo: idField })) };
}

/**
 * A node's name in lists and on its target: the hostname up to its first dot after `start`, its beginning up to the id.
 * Names of labels may have dots, and all their nodes would share what is before the first one.
 */
export function nodenameOf(hostname: string, start = ""): string {
  const dot = hostname.indexOf(".", start.length);
  return dot < 0 ? hostname : hostname.slice(0, dot);
}

function fieldsOf(launch: LaunchOffer & { readonly label: LabelConfig }, now: Instant) {
  return nameFields({ ...launch, timestamp: Math.floor(now / SECOND) });
}

/** A server that is needed to make or to prove an image. */
export function newImageNode({ forImage, role, ...launch }: ImageLaunch, decided: Decided): NodeRecord {
  return {
    ...newRecord(launch, { ...decided, hostname: forImage.hostname }),
    role,
    providerImageId: forImage.id,
    launchReason: `${role === "builder" ? "makes" : "checks"} image ${forImage.id}`,
  };
}

function newRecord(
  { provider: { name: provider }, image, imageId, imageVersion, flavor }: LaunchOffer,
  { id, zone, now, ...names }: Decided & Named,
): NodeRecord {
  return {
    ...untouchedNode({ id, provider, now, ...names }),
    image: image.name,
    imageId,
    ...(imageVersion === undefined ? {} : { imageVersion }),
    flavorId: flavor.id,
    flavorName: flavor.name,
    zone,
    state: { phase: "create", sentAt: null, lostAt: null },
    waitingOn: { reason: "provider", message: `waiting for its turn with ${provider}`, since: now },
    timings: { create: now },
  };
}

/** A node of which nothing is known but its provider and its name, and for which nothing has been done. */
export function untouchedNode(
  { id, provider, now, hostname, nodename = nodenameOf(hostname) }:
    & Pick<NodeRecord, "id" | "provider">
    & Named
    & { now: Instant },
): Omit<NodeRecord, "state" | "timings"> {
  return {
    revision: 0,
    id,
    role: "node",
    providerImageId: null,
    parentId: null,
    subnodeCount: 0,
    provider,
    label: "",
    image: "",
    target: "",
    manager: null,
    assignedAt: null,
    hostname,
    nodename,
    imageId: "",
    flavorId: "",
    flavorName: "",
    zone: null,
    stateSince: now,
    phaseSince: now,
    waitingOn: null,
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
    launchReason: "",
    evidence: null,
    result: null,
  };
}
