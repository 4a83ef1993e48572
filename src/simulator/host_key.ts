/**
 * Host keys of simulated servers: made from a text, so that a server shows the same key to the scripted
 * shell and to a real client, and the same one in every run with the same seed.
 */
import { createHash } from "node:crypto";
import { concatenated } from "../lib/concatenated.ts";
import { pemText } from "../lib/ssh_key/pem_block.ts";
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import type { SimulatedServer } from "./simulated_server.ts";

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
