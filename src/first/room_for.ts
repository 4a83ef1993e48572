/** How many servers of a flavor the project's quota leaves room for, and which limit it is that ends it. Pure. */
import type { Flavor, QuotaUse } from "../domain/server.ts";
import type { CloudOffer } from "./survey.ts";

interface Room {
  /** Infinity: no limit is told. */
  readonly servers: number;
  /** `instances 10/10`. */
  readonly tightest: string;
}

export function roomFor(
  { ramMib, vcpus }: Flavor,
  { quota, networkQuota, withFloatingIps }: Pick<CloudOffer, "quota" | "networkQuota"> & {
    withFloatingIps: boolean;
  },
): Room {
  const rooms = [
    roomIn("instances", quota?.instances, 1),
    roomIn("cores", quota?.cores, vcpus),
    roomIn("RAM MiB", quota?.ramMib, ramMib),
    roomIn("ports", networkQuota?.ports, 1),
    roomIn("floating IPs", networkQuota?.floatingIps, withFloatingIps ? 1 : 0),
  ];
  return rooms.toSorted((a, b) => a.servers - b.servers)[0]!;
}

function roomIn(name: string, use: QuotaUse | null | undefined, each: number): Room {
  if (!use || each === 0 || use.limit === Infinity) return { servers: Infinity, tightest: "" };
  const servers = Math.max(0, Math.floor((use.limit - use.used) / each));
  return { servers, tightest: `${name} ${use.used}/${use.limit}` };
}
