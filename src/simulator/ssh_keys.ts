/**
 * SSH keys of simulated clouds: public ones as lines, `TYPE BASE64 COMMENT`; and the servers' own, made from a text, so
 * that a server shows the same key to the scripted shell and to a real client, and the same one in every run with the
 * same seed.
 */
import { createHash } from "node:crypto";
import { concatenated } from "../lib/concatenated.ts";
import { pemText } from "../lib/ssh_key/pem_block.ts";
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import type { SimulatedServer } from "./simulated_server.ts";
import { Buffer } from "node:buffer";

export type HostKeyType = keyof typeof PKCS8_HEADS;

/** The DER of a PKCS #8 key of each type up to its 32 secret bytes. */
const PKCS8_HEADS = {
  "ssh-ed25519": "302e020100300506032b657004220420",
  "ecdsa-sha2-nistp256": "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420",
};

/** The key that the server shows at present: `key` as ssh2 reads it, `publicKey` as `TYPE BASE64`. */
export function hostKeyOf(
  server: Pick<SimulatedServer, "id" | "hostKeyEpoch">,
  type: HostKeyType = "ssh-ed25519",
): { readonly key: string; readonly publicKey: string } {
  const seed = createHash("sha256").update(`host key ${server.hostKeyEpoch} of ${server.id}`).digest();
  const bytes = concatenated([Uint8Array.fromHex(PKCS8_HEADS[type]), seed]);
  const read = readLoginKey(pemText({ label: "PRIVATE KEY", bytes }), "");
  if ("problem" in read) throw new Error(`the host key of ${server.id} ${read.problem}`);
  return read;
}

/** `TYPE BASE64` of such a line; null for any other line. */
export function publicKeyOf(line: string): string | null {
  const [type, data] = line.trim().split(/\s+/);
  if (type === undefined || data === undefined || !/^[A-Za-z0-9+/]+=*$/.test(data)) return null;
  const blob = Buffer.from(data, "base64");
  if (blob.length < 4 + type.length || blob.readUInt32BE(0) !== type.length) return null;
  return blob.subarray(4, 4 + type.length).toString("latin1") === type ? `${type} ${data}` : null;
}

/** MD5 with colons, as Nova shows it. */
export function fingerprintOf(line: string): string {
  const data = Buffer.from(publicKeyOf(line)?.split(" ")[1] ?? "", "base64");
  return createHash("md5").update(data).digest("hex").match(/../g)!.join(":");
}
