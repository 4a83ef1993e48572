/**
 * The text of a file that is to be a private key for logins: the key in a form that the SSH client reads, or what the
 * file is instead and the command that makes it usable. PEM of every kind (PKCS#8, PKCS#1, SEC1) and OpenSSH's form
 * are read, without a passphrase. Pure; a message never shows a key. The configuration's checks and the daemon call it.
 */
import { createPrivateKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { shellWord } from "../shell_quote.ts";
import { type OpensshKey, opensshKey, readOpensshKey } from "./openssh_key.ts";
import { findPrivateKey, type PemBlock, pemText } from "./pem_block.ts";
import { whatItIs } from "./what_it_is.ts";
import { wireNumber, WireReader, wireString } from "./wire_format.ts";
import { concatenated } from "../concatenated.ts";

interface LoginKey {
  /** As the SSH client reads it. */
  readonly key: string;
  /** `TYPE BASE64`, as `authorized_keys` and Nova's keypairs have it. */
  readonly publicKey: string;
}

/** Why the file is of no use, to follow on its name: `is encrypted …; run …`. */
interface UnusableKey {
  readonly problem: string;
}

/** OpenSSH takes no shorter RSA key. */
const LEAST_BITS = 1024;

/** @param path for the commands in messages */
export function readLoginKey(text: string, path: string): LoginKey | UnusableKey {
  const file = shellWord(path);
  const block = findPrivateKey(text);
  if (block === "cut") return unusable("is cut off: its last line, -----END …-----, is missing");
  if (block === "damaged" && !text.includes("\\n")) return damaged();
  if (block === "damaged") {
    return unusable(
      `has \\n where its lines should end; fix it with: printf '%b' "$(cat ${file})" > ${file}.new`,
    );
  }
  if (block === null) return unusable(whatItIs(text, file));
  if (block.label === "OPENSSH PRIVATE KEY") return readOpenssh(block, file);
  const secured = whyEncrypted(block);
  if (secured !== null) return encrypted(secured, file);
  if (block.label === "DSA PRIVATE KEY") return dsa(file);
  if (!/^(RSA |EC )?PRIVATE KEY$/.test(block.label)) return unusable(`is a ${block.label}, not an SSH key`);
  return readPem(block, file);
}

function readOpenssh(block: PemBlock, file: string): LoginKey | UnusableKey {
  const found = readOpensshKey(block.bytes);
  if (found === null) return damaged();
  const { cipher, kdf, type } = found;
  if (cipher !== "none") return encrypted(`OpenSSH, ${kdf}, ${cipher}`, file);
  if (type === "ssh-dss") return dsa(file);
  if (type.startsWith("sk-")) return unusable(`works only with its security key (${type}); ${makeOne(file)}`);
  const bytes = EC_BYTES[type];
  if (bytes !== undefined) return readOpensshEc(found, bytes);
  if (type === "ssh-rsa" || type === "ssh-ed25519") return usable(pemText(block), type, found.public);
  return unusable(`is a key of type ${type}, which is not supported; ${makeOne(file)}`);
}

/** How long the secret number of a curve is. */
const EC_BYTES: Readonly<Record<string, number>> = {
  "ecdsa-sha2-nistp256": 32,
  "ecdsa-sha2-nistp384": 48,
  "ecdsa-sha2-nistp521": 66,
};

function readOpensshEc(
  { type, public: publicPart, secret }: OpensshKey,
  length: number,
): LoginKey | UnusableKey {
  try {
    secret!.string();
    secret!.string();
    return inOpenssh(type, { public: publicPart, secret: wireString(ofLength(secret!.string(), length)) });
  } catch (error) {
    if (error instanceof RangeError) return damaged();
    throw error;
  }
}

/** The SSH client takes a secret number for what its curve has only at its full length. */
function ofLength(number: Uint8Array, length: number): Uint8Array {
  const digits = number.subarray(Math.max(0, number.length - length));
  return concatenated([new Uint8Array(length - digits.length), digits]);
}

function readPem(block: PemBlock, file: string): LoginKey | UnusableKey {
  const key = parsed(pemText(block));
  if (key === null) {
    const kind = kindOf(block.bytes);
    return kind === null
      ? damaged()
      : unusable(`is a key of type ${kind}, which SSH does not know; ${makeOne(file)}`);
  }
  const { asymmetricKeyType: type = "" } = key;
  switch (type) {
    case "rsa":
      return usable(String(key.export({ type: "pkcs1", format: "pem" })), "ssh-rsa", rsaPublic(jwk(key)));
    case "ec":
      return readEc(key, file);
    case "ed25519":
      return edKey(key);
    case "dsa":
      return dsa(file);
    default:
      return unusable(`is a key of type ${NAMES[type] ?? type}, which SSH does not know; ${makeOne(file)}`);
  }
}

const NAMES: Readonly<Record<string, string>> = { ed448: "Ed448", x448: "X448", x25519: "X25519" };
const CURVES: Readonly<Record<string, string>> = {
  "P-256": "nistp256",
  "P-384": "nistp384",
  "P-521": "nistp521",
};

/** Of an ed25519 key. */
export function edKey(key: KeyObject): LoginKey {
  const { x, d } = jwk(key);
  const type = "ssh-ed25519";
  const publicPart = concatenated([wireString(type), wireString(field(x))]);
  return inOpenssh(type, { public: publicPart, secret: wireString(concatenated([field(d), field(x)])) });
}

function inOpenssh(type: string, part: Parameters<typeof opensshKey>[0]): LoginKey {
  const key = pemText({ label: "OPENSSH PRIVATE KEY", bytes: opensshKey(part) });
  return { key, publicKey: `${type} ${part.public.toBase64()}` };
}

function readEc(key: KeyObject, file: string): LoginKey | UnusableKey {
  const name = key.asymmetricKeyDetails?.namedCurve ?? "unknown";
  const { crv = "", x, y, d } = ["prime256v1", "secp384r1", "secp521r1"].includes(name) ? jwk(key) : {};
  const curve = CURVES[crv];
  if (curve === undefined) {
    return unusable(
      `is a key on the curve ${name}; SSH knows nistp256, nistp384 and nistp521; ${makeOne(file)}`,
    );
  }
  const type = `ecdsa-sha2-${curve}`;
  const point = concatenated([Uint8Array.of(4), field(x), field(y)]);
  const publicPart = concatenated([wireString(type), wireString(curve), wireString(point)]);
  return inOpenssh(type, { public: publicPart, secret: wireString(ofLength(field(d), EC_BYTES[type]!)) });
}

function usable(key: string, type: string, publicPart: Uint8Array): LoginKey | UnusableKey {
  const bits = type === "ssh-rsa" ? rsaBits(publicPart) : null;
  if (bits !== null && bits < LEAST_BITS) {
    return unusable(`is an RSA key of ${bits} bits; SSH servers require at least ${LEAST_BITS}`);
  }
  return { key, publicKey: `${type} ${publicPart.toBase64()}` };
}

function rsaPublic({ e, n }: JsonWebKey): Uint8Array {
  return concatenated([wireString("ssh-rsa"), wireNumber(field(e)), wireNumber(field(n))]);
}

function rsaBits(publicPart: Uint8Array): number {
  const reader = new WireReader(publicPart);
  reader.string();
  reader.string();
  const modulus = reader.string();
  const start = modulus.findIndex((byte) => byte !== 0);
  return start < 0 ? 0 : (modulus.length - start) * 8 - Math.clz32(modulus[start]!) + 24;
}

function jwk(key: KeyObject): JsonWebKey {
  return key.export({ format: "jwk" });
}

function field(base64url = ""): Uint8Array {
  return Uint8Array.fromBase64(base64url, { alphabet: "base64url" });
}

function parsed(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem);
    // Some are only found out to be unknown when they are written.
    key.export({ type: "pkcs8", format: "der" });
    return key;
  } catch {
    return null;
  }
}

/** The encryption of a block; null: it is not encrypted. */
function whyEncrypted({ label, headers, bytes }: PemBlock): string | null {
  if (label === "ENCRYPTED PRIVATE KEY") {
    const kdf = KDFS.find(({ id }) => includes(bytes, id))?.name;
    return kdf === undefined ? "PKCS#8" : `PKCS#8, ${kdf}`;
  }
  if (!headers.get("Proc-Type")?.includes("ENCRYPTED")) return null;
  return `PEM, MD5, ${headers.get("DEK-Info")?.split(",")[0] ?? "an unknown cipher"}`;
}

const KDFS = [
  { name: "PBKDF2", id: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c] },
  { name: "scrypt", id: [0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b] },
];

/** Object identifiers of kinds that cannot even be read here; null: another kind. */
function kindOf(bytes: Uint8Array): string | null {
  return KINDS.find(({ id }) => includes(bytes, id))?.name ?? null;
}

const KINDS = [
  { name: "RSA-PSS", id: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a] },
  { name: "Ed448", id: [0x2b, 0x65, 0x71] },
  { name: "X448", id: [0x2b, 0x65, 0x6f] },
  { name: "DH", id: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01] },
  { name: "EC on another curve than nistp256, nistp384 and nistp521", id: [0x2a, 0x86, 0x48, 0xce, 0x3d] },
];

function includes(bytes: Uint8Array, part: readonly number[]): boolean {
  // An identifier stands near the beginning, before the key itself.
  return bytes.subarray(0, 80).some((_, at) => part.every((byte, index) => bytes[at + index] === byte));
}

function encrypted(how: string, file: string): UnusableKey {
  return unusable(`is encrypted (${how}); remove its passphrase with: ssh-keygen -p -N '' -f ${file}`);
}

function dsa(file: string): UnusableKey {
  return unusable(`is a DSA key, which SSH servers no longer accept; ${makeOne(file)}`);
}

function damaged(): UnusableKey {
  return unusable("is damaged; copy it again from its origin");
}

function makeOne(file: string): string {
  return `create another with: ssh-keygen -t ed25519 -N '' -f ${file}`;
}

function unusable(problem: string): UnusableKey {
  return { problem };
}
