/** Finds out the kind of file at a socket's path, without sending anything to the process that listens there. */

type ConnectionKind =
  | "listening"
  /** A socket that nobody listens on: its daemon was killed. */
  | "stale"
  | "nothing"
  | "no-socket"
  | "forbidden";

export async function connectionKind(socketPath: string): Promise<ConnectionKind> {
  try {
    (await Deno.connect({ transport: "unix", path: socketPath })).close();
    return "listening";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "nothing";
    if (error instanceof Deno.errors.PermissionDenied) return "forbidden";
    if (!isNobody(error)) throw error;
    return await kindOfFile(socketPath);
  }
}

/** Reset: the listener was killed before it took the connection. */
function isNobody(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.ConnectionReset;
}

async function kindOfFile(path: string): Promise<ConnectionKind> {
  try {
    return (await Deno.lstat(path)).isSocket ? "stale" : "no-socket";
  } catch (error) {
    // A daemon that is just starting has taken the old socket away.
    if (error instanceof Deno.errors.NotFound) return "nothing";
    throw error;
  }
}
