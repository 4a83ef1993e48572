/** Where the daemon's control socket lies: beside the state. */

/** `STATE.sock`; for a state on a Deno KV server a name made from its address, in the runtime directory. */
export function controlSocketPath(state: string): string {
  if (!/^https?:\/\//.test(state)) return `${state}.sock`;
  const name = state.replace(/^https?:\/\//, "").replaceAll(/[^A-Za-z0-9.]+/g, "-").slice(0, 60);
  return `/run/nodepool/${name}.sock`;
}

/** The control socket cannot be had: what was attempted, why, what to do. */
export class ControlSocketError extends Error {
  override readonly name = "ControlSocketError";
}
