/**
 * Which process a connection comes from, as /proc tells: on loopback all have the same address. `EtcdCluster` cuts one
 * member off from the others so.
 */

/** Whether the process has a TCP socket of this machine with that port. */
export function ownsPort(pid: number, port: number): boolean {
  const inode = inodeOf(port);
  if (inode === null) return false;
  try {
    const files = [...Deno.readDirSync(`/proc/${pid}/fd`)];
    return files.some(({ name }) => linkOf(`/proc/${pid}/fd/${name}`) === `socket:[${inode}]`);
  } catch {
    return false;
  }
}

/** null: nobody has it. */
function inodeOf(port: number): string | null {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = Deno.readTextFileSync("/proc/net/tcp").split("\n").map((row) => row.trim().split(/\s+/));
  return rows.find(([, address, , , , , , , , inode]) => address?.endsWith(local) && inode !== "0")?.[9] ??
    null;
}

/** Files may be closed meanwhile. */
function linkOf(path: string): string | null {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return null;
  }
}
