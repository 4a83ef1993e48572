/**
 * Who logs in to a server, and with which key: the image's user; on a builder, the user that the base image lets in.
 */
import type { ProviderImageConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { ProviderImage } from "../domain/provider_image.ts";

export interface Credentials {
  /** Tried in this order. */
  readonly usernames: readonly string[];
  /** @throws LoginError of kind `auth` where it cannot be read */
  readPrivateKey(): Promise<string>;
}

/** Root, else the users that the distributions' cloud images come with. */
const BASE_IMAGE_USERS = ["root", "ubuntu", "fedora", "cloud-user", "centos", "debian"];

export function credentialsFor(
  node: Pick<NodeRecord, "role" | "providerImageId">,
  { image, images, readKey }: {
    image: ProviderImageConfig;
    images: ReadonlyMap<number, ProviderImage>;
    readKey: (path: string) => Promise<string>;
  },
): Credentials {
  const readPrivateKey = () => readKey(image.privateKey);
  if (node.role !== "builder") return { usernames: [image.username], readPrivateKey };
  const keypair = images.get(node.providerImageId ?? -1)?.keypair ?? null;
  return {
    usernames: BASE_IMAGE_USERS,
    readPrivateKey: keypair === null ? readPrivateKey : () => Promise.resolve(keypair.privateKey),
  };
}
