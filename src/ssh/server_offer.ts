/**
 * Our algorithms, those that a server offers, read from the first packet that it sends, and what follows where none of
 * them is one of ours. Pure; the connection feeds it what comes.
 */
import { Buffer } from "node:buffer";
import type { CipherAlgorithm, KexAlgorithm } from "ssh2";
import { HOST_KEY_ALGORITHMS } from "./host_key.ts";

/** The key exchanges and ciphers that logins offer, best first. */
export const KEX: KexAlgorithm[] = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group-exchange-sha256",
  "diffie-hellman-group14-sha256",
  "diffie-hellman-group15-sha512",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group17-sha512",
  "diffie-hellman-group18-sha512",
];

/** Those with SHA-1, which are not offered. */
const WEAK_KEX: ReadonlySet<string> = new Set([
  "diffie-hellman-group-exchange-sha1",
  "diffie-hellman-group14-sha1",
  "diffie-hellman-group1-sha1",
]);

/** GCM first: it leaves no state behind in Deno. */
export const CIPHERS: CipherAlgorithm[] = [
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
  "aes128-ctr",
  "aes192-ctr",
  "aes256-ctr",
  "chacha20-poly1305@openssh.com",
];

export interface ServerOffer {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  readonly cipher: readonly string[];
}

/** No server's first packet is longer. */
const LIMIT = 64 * 1024;
/** Bytes of what came in the place of a version. */
const SHOWN = 200;
const KEXINIT = 20;
/** Message number and cookie. */
const LISTS_AT = 17;

export class OfferReader {
  #bytes: Buffer | null = Buffer.alloc(0);
  #greeting: Buffer | null = Buffer.alloc(0);
  /** null: not there yet, or nothing that could be read. */
  offer: ServerOffer | null = null;

  /** The beginning of what came while the server's version has not, on one line; null: that has. */
  get greeting(): string | null {
    return this.#greeting?.toString("utf8").replace(/[\s\p{C}]+/gu, " ").trim() ?? null;
  }

  add(chunk: Uint8Array): void {
    if (this.#bytes === null) return;
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#greeting = versionEnd(this.#bytes) === null ? this.#bytes.subarray(0, SHOWN) : null;
    const packet = firstPacket(this.#bytes);
    if (packet !== null) this.offer = offerIn(packet);
    if (packet !== null || this.#bytes.length > LIMIT) this.#bytes = null;
  }
}

/** The payload of the packet behind the version line; null: not all of it is there. */
function firstPacket(bytes: Buffer): Buffer | null {
  const start = versionEnd(bytes);
  if (start === null || bytes.length < start + 5) return null;
  const end = start + 4 + bytes.readUInt32BE(start);
  if (bytes.length < end) return null;
  return bytes.subarray(start + 5, end - bytes[start + 4]!);
}

/** Lines before the version are allowed. */
function versionEnd(bytes: Buffer): number | null {
  let line = 0;
  for (let end = bytes.indexOf("\n"); end >= 0; end = bytes.indexOf("\n", line)) {
    if (bytes.toString("latin1", line, line + 4) === "SSH-") return end + 1;
    line = end + 1;
  }
  return null;
}

function offerIn(payload: Buffer): ServerOffer | null {
  if (payload[0] !== KEXINIT) return null;
  let at = LISTS_AT;
  const list = () => {
    if (at + 4 > payload.length) return [];
    const end = at + 4 + payload.readUInt32BE(at);
    const names = payload.toString("latin1", at + 4, end).split(",").filter((name) => name !== "");
    at = end;
    return names;
  };
  return { kex: list(), hostKey: list(), cipher: list() };
}

/** Why the handshake cannot succeed, and what to do; null: not because of the algorithms. */
export function offerProblem({ kex, hostKey, cipher }: ServerOffer): string | null {
  if (!haveCommon(kex, KEX)) return kexProblem(kex.filter((name) => !isMarker(name)));
  if (!haveCommon(hostKey, HOST_KEY_ALGORITHMS)) {
    return `it offers no host key of a known type (${listed(hostKey)}); ` +
      "give it an ed25519, ECDSA or RSA host key";
  }
  if (!haveCommon(cipher, CIPHERS)) {
    return `it offers no known cipher (${listed(cipher)}); ` +
      `add aes256-gcm@openssh.com or aes256-ctr to Ciphers ${IN_CONFIG}`;
  }
  return null;
}

function kexProblem(kex: readonly string[]): string {
  const add = `add curve25519-sha256 or ecdh-sha2-nistp256 to KexAlgorithms ${IN_CONFIG}`;
  if (kex.every((name) => WEAK_KEX.has(name))) {
    const offered = `it offers only key exchange with SHA-1 (${listed(kex)})`;
    return `${offered}, which is no longer safe; update it, or ${add}`;
  }
  if (kex.every((name) => /mlkem|sntrup/.test(name))) {
    const offered = `it offers only post-quantum key exchange (${listed(kex)})`;
    return `${offered}, which nodepool does not support; ${add} as well`;
  }
  return `it offers no known key exchange (${listed(kex)}); ${add}`;
}

const IN_CONFIG = "in the image's sshd_config";

function haveCommon(theirs: readonly string[], ours: readonly string[]): boolean {
  return theirs.some((name) => ours.includes(name));
}

/** Names that stand in the list of key exchanges and mean something else. */
function isMarker(name: string): boolean {
  return name.startsWith("ext-info-") || name.startsWith("kex-strict-");
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
