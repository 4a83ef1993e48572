/** The flavors on which a cloud boots an image, the one that is proposed first. Pure. */
import type { CloudImage, Flavor, QuotaUse } from "../domain/server.ts";
import { chooseFlavor } from "../plan/choose_flavor.ts";
import type { Choice } from "../domain/first_config.ts";
import type { CloudOffer } from "./survey.ts";

/** Images of distributions rarely say what they need to run. */
const COMFORTABLE = { ramMib: 1024, diskGib: 5 };

/** From the smallest on which a distribution runs well; those that are smaller come last. */
export function offeredFlavors(flavors: readonly Flavor[], image: CloudImage): Choice<Flavor>[] {
  const fitting = flavors.filter((flavor) => boots(flavor, image));
  const isSmall = (flavor: Flavor) => Number(!/cirros/i.test(image.name) && !isComfortable(flavor));
  return fitting.toSorted((a, b) =>
    Number(a.diskGib === 0) - Number(b.diskGib === 0) || isSmall(a) - isSmall(b) || a.ramMib - b.ramMib ||
    a.vcpus - b.vcpus || a.diskGib - b.diskGib || (a.name < b.name ? -1 : 1)
  ).map((flavor) => ({ label: describe(flavor), names: [flavor.name, flavor.id], value: flavor }));
}

/** By the daemon's own choice; a flavor without a disk boots from a volume that is large enough. */
function boots(flavor: Flavor, image: CloudImage): boolean {
  const wanted = {
    flavorName: flavor.id,
    nameFilter: null,
    minRamMib: 0,
    bootFromVolume: false,
    volumeSize: null,
  };
  return chooseFlavor(wanted, [flavor], image) !== null;
}

function isComfortable({ ramMib, diskGib }: Flavor): boolean {
  return ramMib >= COMFORTABLE.ramMib && (diskGib === 0 || diskGib >= COMFORTABLE.diskGib);
}

function describe({ name, ramMib, vcpus, diskGib }: Flavor): string {
  const disk = diskGib === 0 ? "no disk: boots from a volume" : `${diskGib} GiB of disk`;
  return `${name} (${ramMib} MiB, ${vcpus} ${vcpus === 1 ? "CPU" : "CPUs"}, ${disk})`;
}

/** How many servers of a flavor the project's quota leaves room for, and which limit it is that ends it. */
export function roomFor(
  { ramMib, vcpus }: Flavor,
  { quota, networkQuota, withFloatingIps }: Pick<CloudOffer, "quota" | "networkQuota"> & {
    withFloatingIps: boolean;
  },
) {
  const rooms = [
    roomIn("instances", quota?.instances, 1),
    roomIn("cores", quota?.cores, vcpus),
    roomIn("RAM MiB", quota?.ramMib, ramMib),
    roomIn("ports", networkQuota?.ports, 1),
    roomIn("floating IPs", networkQuota?.floatingIps, withFloatingIps ? 1 : 0),
  ];
  return rooms.toSorted((a, b) => a.servers - b.servers)[0]!;
}

/** `servers` Infinity: no limit is told; `tightest`: `instances 10/10`. */
function roomIn(name: string, use: QuotaUse | null | undefined, each: number) {
  if (!use || each === 0 || use.limit === Infinity) return { servers: Infinity, tightest: "" };
  const servers = Math.max(0, Math.floor((use.limit - use.used) / each));
  return { servers, tightest: `${name} ${use.used}/${use.limit}` };
}
