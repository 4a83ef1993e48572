/**
 * Host keys of simulated servers: made from a text, so that a server shows the same key to the scripted
 * shell and to a real client, and the same one in every run with the same seed.
 */
import { Buffer } from "node:buffer";
import { createECDH, createHash, createPrivateKey, createPublicKey } from "node:crypto";
import type { SimulatedServer } from "./simulated_server.ts";

interface HostKey {
  /** In OpenSSH's own form or in PEM, as ssh2 reads it. */
  readonly privateKey: string;
  /** `TYPE BASE64`. */
  readonly publicKey: string;
}

export type HostKeyType = "ssh-ed25519" | "ecdsa-sha2-nistp256";

/** The key that the server shows at present. */
export function hostKeyOf(
  server: Pick<SimulatedServer, "id" | "hostKeyEpoch">,
  type: HostKeyType = TYPE,
): HostKey {
  const seed = createHash("sha256").update(`host key ${server.hostKeyEpoch} of ${server.id}`).digest();
  if (type !== TYPE) return ecdsaKey(seed);
  const publicPart = publicPartOf(seed);
  const blob = Buffer.concat([field(TYPE), field(publicPart)]);
  return {
    privateKey: openSshForm(blob, Buffer.concat([seed, publicPart])),
    publicKey: `${TYPE} ${blob.toString("base64")}`,
  };
}

const TYPE = "ssh-ed25519";

function ecdsaKey(seed: Uint8Array): HostKey {
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(seed);
  const point = pair.getPublicKey();
  const [d, x, y] = [seed, point.subarray(1, 33), point.subarray(33)].map((part) =>
    Buffer.from(part).toString("base64url")
  );
  const key = createPrivateKey({ key: { kty: "EC", crv: "P-256", d, x, y }, format: "jwk" });
  const blob = Buffer.concat([field("ecdsa-sha2-nistp256"), field("nistp256"), field(point)]);
  return {
    privateKey: key.export({ type: "sec1", format: "pem" }) as string,
    publicKey: `ecdsa-sha2-nistp256 ${blob.toString("base64")}`,
  };
}

/** DER of a PKCS #8 ed25519 key up to its 32 bytes. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

function publicPartOf(seed: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  const { x } = createPublicKey(key).export({ format: "jwk" });
  return Buffer.from(x!, "base64url");
}

/** The unencrypted `openssh-key-v1` form of OpenSSH's PROTOCOL.key. */
function openSshForm(publicBlob: Uint8Array, privatePart: Uint8Array): string {
  const check = Buffer.alloc(8, 1);
  const secret = Buffer.concat([check, publicBlob, field(privatePart), field("")]);
  const padding = Buffer.from(
    Array.from({ length: (BLOCK - secret.length % BLOCK) % BLOCK }, (_, index) => index + 1),
  );
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    Buffer.from([0, 0, 0, 1]),
    field(publicBlob),
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g)!.join("\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** The private part is padded to this even without a cipher. */
const BLOCK = 8;

/** A length of four bytes, then the data. */
function field(data: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(data as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
