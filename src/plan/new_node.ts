/** The record of a node that has just been decided on; its server has not been asked for. */
import { fillTemplate, nodenameOf } from "../domain/hostname.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { Instant } from "../domain/time.ts";
import type { Launch } from "./plan_launches.ts";

export function newNode(
  launch: Launch,
  { id, hostnameTemplate, zone, now }: {
    id: number;
    hostnameTemplate: string;
    zone: string | null;
    now: Instant;
  },
): NodeRecord {
  const hostname = fillTemplate(hostnameTemplate, {
    "label.name": launch.label.name,
    "provider.name": launch.provider.name,
    "node_id": String(id),
  });
  return {
    revision: 0,
    id,
    provider: launch.provider.name,
    label: launch.label.name,
    image: launch.image.name,
    target: launch.target,
    manager: null,
    hostname,
    nodename: nodenameOf(hostname),
    imageId: launch.cloudImage.id,
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
    launchReason: launch.reason,
    evidence: null,
    result: null,
    timings: { create: now },
  };
}
