/** How many connections the doors of a daemon take at once, by how many files this process may still open. */

/**
 * Four tenths are for commands, which may be hundreds that wait for nodes, one for the status endpoint, and two for those
 * who follow the events there. The rest is for clouds, servers, builds and the state.
 */
const MOST_DESCRIPTORS = 1_200;

export function doorLimits() {
  const free = freeDescriptors(MOST_DESCRIPTORS);
  const share = (part: number) => Math.max(4, Math.floor(free * part));
  return {
    commands: share(0.4),
    site: { connections: Math.min(64, share(0.1)), streams: Math.min(256, share(0.2)) },
  };
}

/** Found by opening them: the system's own figure cannot be read without permission to read everything. */
function freeDescriptors(most: number): number {
  const opened: Deno.FsFile[] = [];
  try {
    while (opened.length < most) opened.push(Deno.openSync("/dev/null"));
  } catch {
    // These are all.
  } finally {
    for (const file of opened) file.close();
  }
  return opened.length;
}
