/** All that a look at a provider tells, in the order of the table. Pure. */
import type { OnlineCheck } from "../domain/online_check.ts";
import { checkCertificates } from "./checks/check_certificates.ts";
import { checkClock } from "./checks/check_clock.ts";
import { checkFlavor } from "./checks/check_flavor.ts";
import { checkFloatingIps } from "./checks/check_floating_ips.ts";
import { checkImage } from "./checks/check_image.ts";
import { checkKeypair } from "./checks/check_keypair.ts";
import { checkLabel } from "./checks/check_label.ts";
import { checkListings } from "./checks/check_listings.ts";
import { checkLogin } from "./checks/check_login.ts";
import { checkNetworks } from "./checks/check_networks.ts";
import { checkPrivateKey } from "./checks/check_private_key.ts";
import { checkQuota } from "./checks/check_quota.ts";
import { checkRoles } from "./checks/check_roles.ts";
import { checkScripts } from "./checks/check_scripts.ts";
import { checkSecurityGroups } from "./checks/check_security_groups.ts";
import { checkZones } from "./checks/check_zones.ts";
import type { Finding } from "./finding.ts";
import type { Look } from "./look.ts";

/** The checks that concern every server of the provider. */
const OF_PROVIDERS: readonly ((look: Look) => Finding[])[] = [
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

const OF_IMAGES = [checkImage, checkFlavor, checkPrivateKey, checkScripts];

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
