/** The user that an image of a distribution lets in, as the distributions themselves publish their images. */
import type { CloudImage } from "../domain/server.ts";

const USERS: readonly (readonly [RegExp, string])[] = [
  [/cirros/, "cirros"],
  [/ubuntu/, "ubuntu"],
  [/debian/, "debian"],
  [/fedora(?!.*coreos)/, "fedora"],
  [/rocky/, "rocky"],
  [/alma/, "almalinux"],
  [/centos.*\b[678]\b/, "centos"],
  [/centos|rhel|red ?hat/, "cloud-user"],
  [/suse|\bsles\b/, "opensuse"],
  [/\barch(?:linux)?\b/, "arch"],
  [/alpine/, "alpine"],
  [/freebsd/, "freebsd"],
  [/gentoo/, "gentoo"],
  [/amazon|amzn/, "ec2-user"],
  [/coreos|flatcar/, "core"],
];

/** null: not known. What the image itself says wins. */
export function loginUser({ name, properties }: Pick<CloudImage, "name" | "properties">): string | null {
  const told = properties["os_admin_user"];
  if (told) return told;
  if (properties["os_type"] === "windows") return null;
  const words = [name, [properties["os_distro"], properties["os_version"]].join(" ")];
  const texts = words.map((text) => text.toLowerCase().replaceAll(/[_-]/g, " "));
  for (const text of texts) {
    const found = USERS.find(([pattern]) => pattern.test(text));
    if (found !== undefined) return found[1];
  }
  return null;
}
