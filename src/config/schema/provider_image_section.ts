/** `providers[].images[]`: what a provider boots servers from. */
import type { ProviderImageConfig } from "../../domain/config.ts";
import type * as v from "valibot";
import {
  described,
  flag,
  former,
  hidden,
  integer,
  maybe,
  nameText,
  optional,
  path,
  text,
  textMap,
} from "./fields.ts";
import { fieldsOf, section } from "./section.ts";

/**
 * Own metadata beyond this is ignored as a whole, as in 2016: Nova stores no longer keys and values, and more entries
 * would crowd out those that mark our servers.
 */
export const META_LIMITS = { entries: 5, length: 255 } as const;

export const providerImageSection = section({
  name: described(nameText(), "Name that labels refer to."),
  "min-ram": maybe(
    integer({ min: 0 }),
    "MiB: the smallest flavor with at least this much is taken. Needed unless flavor-name is given.",
  ),
  "base-image": maybe(text(), "Name or id of an image on the cloud."),
  "name-filter": maybe(text(), "What the flavor's name must contain."),
  setup: maybe(text("the name of a script"), "Prepares a server that is then snapshotted."),
  diskimage: maybe(nameText(), "A diskimage to upload, instead of base-image."),
  username: optional(text(), "jenkins", "User to log in as."),
  "user-home": optional(text(), "/home/jenkins", "That user's home directory on the node."),
  "private-key": optional(
    path("the path of a private key"),
    "/var/lib/jenkins/.ssh/id_rsa",
    "Path of the private key to log in with.",
  ),
  "config-drive": maybe(flag(), "Boot with a config drive; without it, the provider's value."),
  "key-name": maybe(text(), "An existing Nova keypair to boot with; without it, the provider's."),
  meta: described(textMap(), "Additional metadata: up to 5 entries of up to 255 characters."),
  "flavor-name": maybe(text(), "Exact name of the flavor, instead of min-ram and name-filter."),
  "connection-port": optional(integer({ min: 1, max: 65_535 }), 22, "Port of the SSH server."),
  userdata: maybe(hidden(), "User data that cloud-init reads."),
  "boot-from-volume": optional(flag(), false, "Boot from a new volume made from the image."),
  "volume-size": maybe(integer({ min: 1 }), "GiB of that volume."),
  pause: optional(flag(), false, "Keep existing images, but upload no new ones."),
  reset: former("a node is used once"),
  "check-script": maybe(
    text("the name of a script"),
    "A new image first boots one server, on which this must succeed.",
  ),
}, {
  anyOf: [{ required: ["min-ram"] }, { required: ["flavor-name"] }],
  if: { required: ["boot-from-volume"], properties: { "boot-from-volume": { const: true } } },
  then: { required: ["volume-size"] },
});

type ProviderImageSection = v.InferOutput<typeof providerImageSection>;

export function providerImageConfig(
  image: ProviderImageSection,
  { keypair, expand }: { keypair: string | null; expand: (path: string) => string },
): ProviderImageConfig {
  const fields = fieldsOf(providerImageSection, image);
  const ownSource = fields.diskimage === null ? {} : { baseImage: null, setup: null };
  return {
    ...fields,
    ...ownSource,
    minRamMib: fields.minRamMib ?? 0,
    privateKey: expand(fields.privateKey),
    keypair: fields.keypair ?? keypair,
    meta: usableMeta(fields.meta),
  };
}

function usableMeta(meta: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(meta);
  const isUsable = entries.length <= META_LIMITS.entries &&
    entries.flat().every((text) => text.length <= META_LIMITS.length);
  return isUsable ? meta : {};
}
