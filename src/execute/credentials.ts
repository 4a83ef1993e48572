/**
 * Who logs in to a server, and with which key: the image's user; on a builder, the user that the base image lets in.
 * Private keys are read from their files.
 */
import { seeManual } from "../domain/see_manual.ts";
import { SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import { LoginError } from "../ssh/shell.ts";
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

const KEPT_FOR = 10 * SECOND;

/** Each is kept for a moment: a wave of logins reads its file once. */
export class PrivateKeys {
  readonly #kept = new Map<string, { readonly readAt: number; readonly key: Promise<string> }>();
  readonly #clock: Clock;
  readonly #readFile: (path: string) => Promise<string>;

  constructor({ clock, readFile }: { clock: Clock; readFile: (path: string) => Promise<string> }) {
    this.#clock = clock;
    this.#readFile = readFile;
  }

  /** As the SSH client reads it. @throws LoginError of kind `auth` where the file is no key that can be used */
  async read(path: string): Promise<string> {
    const kept = this.#kept.get(path);
    if (kept !== undefined && this.#clock.now() - kept.readAt < KEPT_FOR) return await kept.key;
    const key = this.#read(path);
    this.#kept.set(path, { readAt: this.#clock.now(), key });
    try {
      return await key;
    } catch (error) {
      // A correction must be noticed at once.
      if (this.#kept.get(path)?.key === key) this.#kept.delete(path);
      throw error;
    }
  }

  async #read(path: string): Promise<string> {
    const text = await this.#readFile(path).catch((cause) => {
      const message = `cannot read the private key ${path}; check the image's private-key`;
      throw new LoginError("auth", `${message} (${seeManual("login")})`, { cause });
    });
    const read = readLoginKey(text, path);
    if ("key" in read) return read.key;
    throw new LoginError("auth", `the private key ${path} ${read.problem}; ${seeManual("login")}`);
  }
}
