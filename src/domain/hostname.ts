/**
 * A node's name in lists and on its target: the hostname up to its first dot after `start`, its beginning up to the id.
 * Names of labels may have dots, and all their nodes would share what is before the first one.
 */
export function nodenameOf(hostname: string, start = ""): string {
  const dot = hostname.indexOf(".", start.length);
  return dot < 0 ? hostname : hostname.slice(0, dot);
}
