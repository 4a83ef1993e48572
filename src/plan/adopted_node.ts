/** The record of a server that another daemon made on a copy of this state: held, since who works on it is not known. */
import { nodenameOf } from "../domain/hostname.ts";
import type { Stranger } from "../domain/inventory.ts";
import type { NodeFloatingIp, NodeRecord } from "../domain/node.ts";
import type { Server } from "../domain/server.ts";
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
    revision: 0,
    id,
    role: "node",
    providerImageId: null,
    parentId: null,
    subnodeCount: 0,
    provider,
    label: "",
    image: markedImageName(server),
    target: "",
    manager: null,
    assignedAt: null,
    hostname: server.name,
    nodename: nodenameOf(server.name),
    imageId: "",
    flavorId: "",
    flavorName: "",
    zone: server.zone,
    state: { phase: "hold", serverId: server.id, lostAt: null },
    stateSince: now,
    phaseSince: now,
    waitingOn: null,
    retryAt: null,
    attempt: 0,
    addresses: login === null ? null : { login, publicV4: null, publicV6: null, privateV4: null },
    floatingIp,
    hostKeys: [],
    comment: FROM_ANOTHER_RUN,
    deletedBy: null,
    job: null,
    jobEnd: null,
    requestId: null,
    hold: staleHold(FROM_ANOTHER_RUN),
    launchReason: run === null ? "adopted" : `adopted from run ${run}`,
    evidence: null,
    result: null,
    timings: { hold: now },
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
