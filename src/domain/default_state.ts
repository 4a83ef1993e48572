/** Where the state lies where nobody says otherwise. */
export const DEFAULT_STATE = "/var/lib/nodepool/nodepool.kv";
