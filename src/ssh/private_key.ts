/** The private key of a login, looked at before anything is sent. */
import type { ParsedKey } from "ssh2";
import { placeOf } from "./login_failure.ts";
import { LoginError, type LoginTarget } from "./shell.ts";

type ParseKey = (data: string) => ParsedKey | ParsedKey[] | Error;

/** @throws LoginError `auth` where it is none that can be used; the message does not show it */
export function readPrivateKey(target: LoginTarget, parseKey: ParseKey): string {
  const parsed = parseKey(target.privateKey);
  const key = Array.isArray(parsed) ? parsed[0]! : parsed;
  const problem = key instanceof Error ? keyProblem(key) : key.isPrivateKey() ? null : "is a public key";
  if (problem === null) return target.privateKey;
  throw new LoginError("auth", `${placeOf(target)}: the private key ${problem}`);
}

function keyProblem({ message }: Error): string {
  return /passphrase|encrypted/i.test(message)
    ? "is encrypted; use one without a passphrase"
    : `cannot be read (${message}); use one in OpenSSH or PEM form`;
}
