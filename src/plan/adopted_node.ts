/**
 * The records of what another daemon made on a copy of this state. A server is held, since nobody knows who works on
 * it; an unused floating IP is cleaned up like those of servers that are gone.
 */
import type { Stranger } from "../domain/inventory.ts";
import type { NodeFloatingIp, NodeRecord } from "../domain/node.ts";
import type { FloatingIp, Server } from "../domain/server.ts";
import { markedImageName } from "../domain/server_marks.ts";
import { FROM_ANOTHER_RUN, staleHold } from "../domain/stale_hold.ts";
import { isRoutable } from "../domain/is_routable.ts";
import type { Instant } from "../domain/time.ts";
import { untouchedNode } from "./new_node.ts";

interface Adoption {
  /** A new one: the id that the server is marked with may be another node's here. */
  readonly id: number;
  readonly provider: string;
  readonly floatingIp: NodeFloatingIp | null;
  readonly now: Instant;
}

export function adoptedNode(
  { server, run }: Stranger,
  { floatingIp, ...adoption }: Adoption,
): NodeRecord {
  const login = loginAddress(server);
  return {
    ...untouchedNode({ ...adoption, hostname: server.name }),
    image: markedImageName(server),
    zone: server.zone,
    state: { phase: "hold", serverId: server.id, lostAt: null },
    addresses: login === null ? null : { login, publicV4: null, publicV6: null, privateV4: null },
    floatingIp,
    comment: FROM_ANOTHER_RUN,
    hold: staleHold(FROM_ANOTHER_RUN),
    launchReason: run === null ? "adopted" : `adopted from run ${run}`,
    timings: { hold: adoption.now },
  };
}

export function adoptedFloatingIp(
  { id, address }: FloatingIp,
  adoption: Omit<Adoption, "floatingIp">,
): NodeRecord {
  return {
    ...untouchedNode({ ...adoption, hostname: address }),
    state: { phase: "delete-address" },
    floatingIp: { id, address },
    comment: FROM_ANOTHER_RUN,
    deletedBy: "user",
    launchReason: "adopted",
    result: "unused",
    timings: { "delete-address": adoption.now },
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
