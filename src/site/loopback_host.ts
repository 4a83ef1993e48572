/** The names of this machine alone: addresses that it listens on, and hosts that requests may name. */

/** @param address an IP address as the system gives it */
export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127(\.\d+){3}$/.test(address) || address === "::1";
}

/**
 * @param hostname of a request's URL: lower case, IPv4 addresses in four numbers, IPv6 ones in brackets
 * @param listenName what the configuration listens on, by which it may be asked for too
 */
export function namesThisMachine(hostname: string, listenName: string): boolean {
  const name = hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  return name === "localhost" || isLoopback(name) || name === listenName.toLowerCase();
}
