/** Who logs in to a server, and with which key: the image's user; on a builder whoever the base image lets in. */
import type { ProviderImageConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { Milliseconds } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { LoginError, type LoginFailure } from "../ssh/shell.ts";

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

/** After these, another user of the server may do better. */
const NOT_THIS_USER: ReadonlySet<LoginFailure> = new Set(["auth", "account", "command", "timeout"]);

/**
 * Tries one user after the other until a login works. Each gets an equal part of what time is left, so that one whose
 * login hangs leaves enough for the others.
 * @throws LoginError: the one of the user whom the server let in, else the last
 */
export async function asFirstUser<Result>(
  { usernames }: Pick<Credentials, "usernames">,
  { timeout, clock }: { timeout: Milliseconds; clock: Clock },
  attempt: (username: string, timeout: Milliseconds) => Promise<Result>,
): Promise<Result> {
  const deadline = clock.now() + timeout;
  const failures: LoginError[] = [];
  for (const [at, username] of usernames.entries()) {
    try {
      return await attempt(username, (deadline - clock.now()) / (usernames.length - at));
    } catch (error) {
      if (!(error instanceof LoginError) || !NOT_THIS_USER.has(error.failure)) throw error;
      failures.push(error);
    }
  }
  throw failures.find(({ failure }) => failure === "account") ?? failures.at(-1)!;
}
