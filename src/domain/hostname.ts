/** The hostname up to its first dot: what Nodepool calls the nodename. */
export function nodenameOf(hostname: string): string {
  const dot = hostname.indexOf(".");
  return dot < 0 ? hostname : hostname.slice(0, dot);
}
