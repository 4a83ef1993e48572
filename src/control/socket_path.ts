/** The path of this machine's control socket (beside the state, or named after a pool in etcd), and what is there. */
import { etcdPoolOf, isEtcdState } from "../domain/etcd_address.ts";

type Variables = (name: string) => string | undefined;

/** `STATE.sock`; of a pool in etcd `nodepool-POOL.sock` in the user's runtime directory, else in the system's. */
export function controlSocketPath(state: string, env: Variables = (name) => Deno.env.get(name)): string {
  return controlSocketPaths(state, env)[0]!;
}

/** Where a daemon may listen, the likeliest first: its service may lack a variable that a user's session has. */
export function controlSocketPaths(state: string, env: Variables): readonly string[] {
  if (!isEtcdState(state)) return [`${state}.sock`];
  const pool = etcdPoolOf(state) ?? "";
  const folder = env("XDG_RUNTIME_DIR") ?? "";
  const ofSystem = `/run/nodepool/${pool}.sock`;
  return folder.startsWith("/") ? [`${folder}/nodepool-${pool}.sock`, ofSystem] : [ofSystem];
}

/** The control socket is not available: what was attempted, why, what to do. */
export class ControlSocketError extends Error {
  override readonly name = "ControlSocketError";
}

export type ConnectionKind =
  | "listening"
  /** A socket that nobody listens on: its daemon was killed. */
  | "stale"
  | "nothing"
  | "no-socket"
  | "forbidden";

/** The kind of file at a socket's path, found out without sending anything to the process that listens there. */
export async function connectionKind(socketPath: string): Promise<ConnectionKind> {
  try {
    (await Deno.connect({ transport: "unix", path: socketPath })).close();
    return "listening";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "nothing";
    if (error instanceof Deno.errors.PermissionDenied) return "forbidden";
    // Reset: the listener was killed before it took the connection.
    const isNobody = error instanceof Deno.errors.ConnectionRefused ||
      error instanceof Deno.errors.ConnectionReset;
    if (!isNobody) throw error;
    return await kindOfFile(socketPath);
  }
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
