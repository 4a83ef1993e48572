/** Who runs the process according to the system's account database, whatever the environment claims. */
import { userInfo } from "node:os";

/** The user's home directory: HOME, or where that is not set the account's. */
export function systemHome(): string {
  return Deno.env.get("HOME") || (systemAccount()?.homedir ?? "/");
}

/** null: no account has the process's user id, as may be so in a container. */
export function systemAccount(): { readonly username: string; readonly homedir: string } | null {
  try {
    return userInfo();
  } catch {
    return null;
  }
}
