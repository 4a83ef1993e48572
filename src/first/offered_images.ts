/** The images that a first configuration can boot from, the one that is proposed first. Pure. */
import { INSTALLATION_KEY } from "../domain/server_marks.ts";
import type { CloudImage } from "../domain/server.ts";
import type { Choice } from "../domain/first_config.ts";
import { loginUser } from "./login_user.ts";

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
  return isSnapshot(image) ? 2 : loginUser(image) === null ? 1 : 0;
}

function isSnapshot({ properties }: CloudImage): boolean {
  return properties["image_type"] === "snapshot" || properties["base_image_ref"] !== undefined;
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
