/** The images that a first configuration can boot from, the one that is proposed first. Pure. */
import { INSTALLATION_KEY } from "../domain/server_marks.ts";
import type { CloudImage } from "../domain/server.ts";
import type { Choice } from "../domain/first_config.ts";

/** Those whose user is known, the newest first; then the rest. What a pool or a person has made of a server comes last. */
export function offeredImages(images: readonly CloudImage[]): Choice<CloudImage>[] {
  const usable = images.filter(({ status, properties }) =>
    status === "active" && !(INSTALLATION_KEY in properties)
  );
  const newest = [...Map.groupBy(usable, ({ name, id }) => name || id).values()].map((namesakes) =>
    namesakes.toSorted((a, b) => age(a) - age(b))[0]!
  );
  return newest.toSorted((a, b) => rank(a) - rank(b) || age(a) - age(b) || compareVersions(b.name, a.name))
    .map(
      (image) => ({ label: describe(image), names: [image.name, image.id].filter(Boolean), value: image }),
    );
}

function rank(image: CloudImage): number {
  const { image_type: type, base_image_ref: base } = image.properties;
  return type === "snapshot" || base !== undefined ? 2 : loginUser(image) === null ? 1 : 0;
}

/** Larger where it is older. */
function age({ createdAt }: CloudImage): number {
  return -(createdAt ?? 0);
}

const compareVersions = new Intl.Collator("en", { numeric: true }).compare;

function describe(image: CloudImage): string {
  const user = loginUser(image);
  return `${image.name || image.id}${user === null ? "" : ` (user ${user})`}`;
}

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

/** The user that an image of a distribution lets in, as the distributions publish them; null: not known. What the image itself says wins. */
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
