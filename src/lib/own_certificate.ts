/**
 * A certificate that a process makes for itself when it starts, and that only those trust who were given it. It always
 * has the same shape, so that its few parts are written here; it never expires, since it ends with the process.
 */
import { Buffer } from "node:buffer";
import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { pemText } from "./ssh_key/pem_block.ts";

interface OwnCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

/** Types of DER. */
const [INTEGER, BITS, BYTES, NAME, UTC_TIME, TIME, LIST, SET] = [2, 3, 4, 12, 23, 24, 0x30, 0x31] as const;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;

/** Object identifiers, as they are written. */
const ECDSA_WITH_SHA256 = Buffer.from("06082a8648ce3d040302", "hex");
const COMMON_NAME = Buffer.from("0603550403", "hex");
const SUBJECT_ALT_NAME = Buffer.from("0603551d11", "hex");

/** @param host the one name that it is for */
export function makeOwnCertificate(host: string): OwnCertificate {
  const { publicKey, privateKey: key } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const algorithm = der(LIST, ECDSA_WITH_SHA256);
  const name = der(LIST, der(SET, der(LIST, COMMON_NAME, der(NAME, Buffer.from(host)))));
  const hosts = der(LIST, SUBJECT_ALT_NAME, der(BYTES, der(LIST, der(DNS_NAME, Buffer.from(host)))));
  const body = der(
    LIST,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, serial()),
    algorithm,
    name,
    der(LIST, der(UTC_TIME, Buffer.from("200101000000Z")), der(TIME, Buffer.from("99991231235959Z"))),
    name,
    Buffer.from(publicKey),
    der(EXTENSIONS, der(LIST, hosts)),
  );
  const signature = sign("sha256", body, createPrivateKey(key));
  const bytes = der(LIST, body, algorithm, der(BITS, Buffer.from([0]), signature));
  return { certificate: pemText({ label: "CERTIFICATE", bytes }), key };
}

/** A positive number. */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = bytes[0]! & 0x7f | 0x40;
  return bytes;
}

function der(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([type, ...lengthBytes(content.length)]), content]);
}

/** Up to 65,535. */
function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
