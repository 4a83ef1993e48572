/** The secrets file that is read where nobody names one, if it exists. */
import { denoEnvironment } from "./deno_environment.ts";

const DEFAULT_SECURE_PATH = "/etc/nodepool/secure.conf";

/** null: it does not exist. */
export async function defaultSecurePath(): Promise<string | null> {
  return (await denoEnvironment.stat(DEFAULT_SECURE_PATH))?.isFile ? DEFAULT_SECURE_PATH : null;
}
