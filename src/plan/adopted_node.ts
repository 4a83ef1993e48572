/**
 * The records of what another daemon made on a copy of this state: a server is held, since who works on it is not known;
 * a floating IP that nobody uses goes the way of those whose servers are gone.
 */
import { nodenameOf } from "../domain/hostname.ts";
import type { Stranger } from "../domain/inventory.ts";
import type { NodeFloatingIp, NodeRecord } from "../domain/node.ts";
import type { FloatingIp, Server } from "../domain/server.ts";
import { markedImageName } from "../domain/server_marks.ts";
import { FROM_ANOTHER_RUN, staleHold } from "../domain/stale_hold.ts";
import { isRoutable } from "../domain/is_routable.ts";
import type { Instant } from "../domain/time.ts";

interface Adoption {
  /** A new one: the id that the server is marked with may be another node's here. */
  readonly id: number;
  readonly provider: string;
  readonly floatingIp: NodeFloatingIp | null;
  readonly now: Instant;
}

export function adoptedNode(
  { server, run }: Stranger,
  { id, provider, floatingIp, now }: Adoption,
): NodeRecord {
  const login = loginAddress(server);
  return {
    ...adoptedRecord(server.name, { id, provider, floatingIp, now }),
    image: markedImageName(server),
    zone: server.zone,
    state: { phase: "hold", serverId: server.id, lostAt: null },
    addresses: login === null ? null : { login, publicV4: null, publicV6: null, privateV4: null },
    hold: staleHold(FROM_ANOTHER_RUN),
    launchReason: run === null ? "adopted" : `adopted from run ${run}`,
    timings: { hold: now },
  };
}

export function adoptedFloatingIp(
  { id: floatingIpId, address }: FloatingIp,
  adoption: Omit<Adoption, "floatingIp">,
): NodeRecord {
  return {
    ...adoptedRecord(address, { ...adoption, floatingIp: { id: floatingIpId, address } }),
    deletedBy: "user",
    result: "unused",
  };
}

/** Of something whose server is gone; a server's own fields are put over it. */
function adoptedRecord(hostname: string, { id, provider, floatingIp, now }: Adoption): NodeRecord {
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
    nodename: nodenameOf(hostname),
    imageId: "",
    flavorId: "",
    flavorName: "",
    zone: null,
    state: { phase: "delete-address" },
    stateSince: now,
    phaseSince: now,
    waitingOn: null,
    retryAt: null,
    attempt: 0,
    addresses: null,
    floatingIp,
    hostKeys: [],
    comment: FROM_ANOTHER_RUN,
    deletedBy: null,
    job: null,
    jobEnd: null,
    requestId: null,
    hold: null,
    launchReason: "adopted",
    evidence: null,
    result: null,
    timings: { "delete-address": now },
  };
}

/** As far as the server itself tells: of its networks nothing is known here. */
export function loginAddress({ addresses, accessV4 }: Pick<Server, "addresses" | "accessV4">): string | null {
  const address = addresses.find(({ kind }) => kind === "floating") ??
    addresses.find(({ version, address }) => version === 4 && isRoutable(address)) ??
    addresses.find(({ version }) => version === 4) ??
    addresses[0];
  return accessV4 ?? address?.address ?? null;
}
