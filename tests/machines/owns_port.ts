/**
 * Which process a connection comes from, as /proc tells: on loopback all have the same address. `EtcdCluster` cuts one
 * member off from the others so.
 */

/** How often it looks for a socket: the kernel leaves some out of a table that changes while it is read. */
const LOOKS = 5;

/** Whether the process has this machine's TCP socket from the one port to the other. */
export function ownsPort(pid: number, { from, to }: { from: number; to: number }): boolean {
  const inode = inodeOf({ from, to });
  if (inode === null) return false;
  try {
    const files = [...Deno.readDirSync(`/proc/${pid}/fd`)];
    return files.some(({ name }) => linkOf(`/proc/${pid}/fd/${name}`) === `socket:[${inode}]`);
  } catch {
    return false;
  }
}

/** null: nobody has it. Other sockets may have the same port, to other ones or at other addresses. */
function inodeOf({ from, to }: { from: number; to: number }): string | null {
  for (let look = 0; look < LOOKS; look++) {
    const rows = Deno.readTextFileSync("/proc/net/tcp").split("\n").map((row) => row.trim().split(/\s+/));
    const row = rows.find(([, near, far, , , , , , , inode]) =>
      near?.endsWith(hex(from)) && far?.endsWith(hex(to)) && inode !== "0"
    );
    if (row !== undefined) return row[9]!;
  }
  return null;
}

function hex(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Files may be closed meanwhile. */
function linkOf(path: string): string | null {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return null;
  }
}
