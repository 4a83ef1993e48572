/** Where the state is by default. */
export const DEFAULT_STATE = "/var/lib/nodepool/nodepool.kv";
