/** A private key of this machine, as far as it can be used to log in with. */
import ssh2 from "ssh2";
import { errorChain } from "../lib/error_chain.ts";
import type { KeyLook } from "./look.ts";

export async function readKey(
  path: string,
  { readFile }: { readFile: (path: string) => Promise<string> },
): Promise<KeyLook> {
  try {
    const parsed = ssh2.utils.parseKey(await readFile(path));
    const key = Array.isArray(parsed) ? parsed[0]! : parsed;
    if (key instanceof Error) throw key;
    return { problem: null, publicKey: key.getPublicSSH().toString("base64") };
  } catch (error) {
    return { problem: `${path}: ${errorChain(error)}`, publicKey: null };
  }
}
