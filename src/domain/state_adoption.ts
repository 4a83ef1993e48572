/** The adoptions of `state adopt`: things that another daemon made on a copy of this state. */

export interface AdoptedServer {
  readonly provider: string;
  readonly hostname: string;
  readonly serverId: string;
  readonly ip: string | null;
  /** By its mark; null: it names none. */
  readonly run: string | null;
  /** The node that it is from now on; null: nothing was changed. */
  readonly nodeId: number | null;
}

/** One that no server has any more: it is deleted. */
interface AdoptedFloatingIp {
  readonly provider: string;
  readonly id: string;
  readonly address: string;
}

export interface StateAdoption {
  readonly servers: readonly AdoptedServer[];
  readonly floatingIps: readonly AdoptedFloatingIp[];
  /** Nodes that were this pool's before, and that the other daemon may have handed out. */
  readonly held: readonly number[];
  /** One for each provider that could not be asked, for its servers or for its floating IPs. */
  readonly warnings: readonly string[];
}
