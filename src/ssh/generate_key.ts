/** A fresh ed25519 key pair in OpenSSH's form, made off the event loop. */
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { edKey } from "../lib/ssh_key/read_login_key.ts";

/** `private` without a passphrase; `public` as `authorized_keys` and Nova's keypairs have it: `ssh-ed25519 BASE64`. */
export async function generateKey(): Promise<{ readonly private: string; readonly public: string }> {
  const { privateKey } = await promisify(generateKeyPair)("ed25519");
  const { key, publicKey } = edKey(privateKey);
  return { private: key, public: publicKey };
}
