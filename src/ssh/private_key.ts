/** The private key of a login, looked at before anything is sent. */
import { readLoginKey } from "../lib/ssh_key/read_login_key.ts";
import { loginPlace } from "./login_failure.ts";
import { LoginError, type LoginTarget } from "./shell.ts";

/** As the SSH client reads it. @throws LoginError `auth` where it cannot be used; the message does not show it */
export function readPrivateKey(target: LoginTarget): string {
  const read = readLoginKey(target.privateKey, "FILE");
  if ("key" in read) return read.key;
  throw new LoginError("auth", `${loginPlace(target)}: the private key ${read.problem}`);
}
