/** Where the control socket of this machine's daemon is: beside the state, or by the name of a pool in etcd. */
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
