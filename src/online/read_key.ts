/** A private key of this machine, as far as it can be used to log in with. */
import { errorChain } from "../lib/error_chain.ts";
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import type { KeyLook } from "./look.ts";

export async function readKey(
  path: string,
  { readFile }: { readFile: (path: string) => Promise<string> },
): Promise<KeyLook> {
  try {
    const read = readLoginKey(await readFile(path), path);
    if ("problem" in read) return { problem: `${path} ${read.problem}`, publicKey: null };
    return { problem: null, publicKey: read.publicKey.split(" ")[1]! };
  } catch (error) {
    return { problem: `${path}: ${errorChain(error)}`, publicKey: null };
  }
}
