/** Private keys in OpenSSH's own container, `openssh-key-v1`: what one holds, and a key put into one. */
import { uint32, WireReader, wireString } from "./wire_format.ts";
import { concatenated } from "../concatenated.ts";

const MAGIC = new TextEncoder().encode("openssh-key-v1\0");

export interface OpensshKey {
  /** `none`: it is not encrypted. */
  readonly cipher: string;
  readonly kdf: string;
  /** `ssh-ed25519`, … */
  readonly type: string;
  /** The public part, as `authorized_keys` has it in base64. */
  readonly public: Uint8Array;
  /** The fields of the secret part after its type; null: they are encrypted. */
  readonly secret: WireReader | null;
}

/** null: it is damaged, or cut off. */
export function readOpensshKey(bytes: Uint8Array): OpensshKey | null {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) return null;
  try {
    const outer = new WireReader(bytes.subarray(MAGIC.length));
    const [cipher, kdf] = [outer.text(), outer.text()];
    outer.string();
    const count = outer.uint32();
    const publicPart = outer.string();
    const type = new WireReader(publicPart).text();
    const secret = cipher === "none" ? new WireReader(outer.string()) : null;
    const isWhole = secret === null || (secret.uint32() === secret.uint32() && secret.text() === type);
    return count === 1 && isWhole ? { cipher, kdf, type, public: publicPart, secret } : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * A key without a passphrase.
 * @param part the public part, and what follows on it in the secret one
 */
export function opensshKey(part: { readonly public: Uint8Array; readonly secret: Uint8Array }): Uint8Array {
  // The same number twice proves the right passphrase; this key needs no proof.
  const check = concatenated([uint32(0), uint32(0)]);
  const secret = concatenated([check, part.public, part.secret, wireString("")]);
  const padding = Uint8Array.from({ length: (8 - secret.length % 8) % 8 }, (_, index) => index + 1);
  return concatenated([
    MAGIC,
    wireString("none"),
    wireString("none"),
    wireString(""),
    uint32(1),
    wireString(part.public),
    wireString(concatenated([secret, padding])),
  ]);
}
