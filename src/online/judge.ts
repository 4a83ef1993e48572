/** All that a look at a provider tells, in the order of the table. Pure. */
import type { OnlineCheck } from "../domain/online_check.ts";
import {
  checkCertificates,
  checkClock,
  checkListings,
  checkLogin,
  checkQuota,
  checkRoles,
} from "./checks/account_checks.ts";
import { checkKeypair, checkSecurityGroups, checkZones } from "./checks/boot_checks.ts";
import { checkFlavor, checkImage, checkImageFiles } from "./checks/image_checks.ts";
import { checkLabel } from "./checks/check_label.ts";
import { checkFloatingIps, checkNetworks } from "./checks/network_checks.ts";
import type { Finding, Verdict } from "./finding.ts";
import type { Look } from "./look.ts";

/** The checks that concern every server of the provider. */
const OF_PROVIDERS: readonly ((look: Look) => Verdict)[] = [
  checkLogin,
  checkRoles,
  checkListings,
  checkCertificates,
  checkClock,
  checkQuota,
  checkNetworks,
  checkFloatingIps,
  checkZones,
  checkKeypair,
  checkSecurityGroups,
];

const OF_IMAGES = [checkImage, checkFlavor, checkImageFiles];

export function judge(look: Look): OnlineCheck[] {
  const shared = OF_PROVIDERS.flatMap((check) => check(look));
  const ofImages = new Map(
    look.images.map((image) => [image.name, OF_IMAGES.flatMap((check) => check(image, look))]),
  );
  const labels = look.labels.map((label) => {
    const keypair = look.images.find(({ name }) => name === label.image)?.keypair;
    const found = shared.filter(({ check, subject }) => check !== "keypair" || subject === keypair);
    return checkLabel(label, look, [...found, ...ofImages.get(label.image) ?? []].filter(isFailure));
  });
  const { provider: { name: provider } } = look;
  return [...shared, ...[...ofImages.values()].flat(), ...labels].map((finding) => ({
    provider,
    ...finding,
  }));
}

function isFailure({ result }: Finding): boolean {
  return result === "failure";
}
