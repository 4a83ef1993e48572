/**
 * The part of the daemon's environment that a build gets: variables that programs need, and those meant for builds.
 * Elements are other people's scripts; they must not see a cloud's password (`OS_PASSWORD`). Whatever else
 * an element needs is set by the image's `env-vars`. Called for each command that is started.
 */

const NAMES: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TMPDIR",
  "TMP_DIR",
  "XDG_CACHE_HOME",
  "ELEMENTS_PATH",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
]);

/** In either case: programs do not agree. */
const PROXIES = /^(http|https|ftp|all|no)_proxy$/i;

/** A path of this machine's that is the daemon's own affair. */
export const CONFIG_VARIABLE = "NODEPOOL_CONFIG";

const FAMILIES = /^(LC|DIB|NODEPOOL)_/;

/** @param all the environment of this process, or as much of it as may be seen */
export function inheritedEnvironment(all: Readonly<Record<string, string>>): Record<string, string> {
  const isInherited = (name: string) =>
    name !== CONFIG_VARIABLE && (NAMES.has(name) || PROXIES.test(name) || FAMILIES.test(name));
  return Object.fromEntries(Object.entries(all).filter(([name]) => isInherited(name)));
}
