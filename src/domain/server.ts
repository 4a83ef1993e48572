/** The servers, addresses and quota of a cloud as it shows them, and listings that say how much they saw. */
import type { Place } from "./home.ts";
import type { Instant, Milliseconds } from "./time.ts";

/** A server as the cloud lists it. */
export interface Server {
  readonly id: string;
  readonly name: string;
  /** Nova's status: ACTIVE, BUILD, ERROR, DELETED, SHUTOFF, … */
  readonly status: string;
  /** Nova's OS-EXT-STS:task_state, e.g. `deleting`; null where idle or not told. */
  readonly taskState: string | null;
  /** These two by the cloud's clocks, of which it may have several. */
  readonly createdAt: Instant | null;
  readonly updatedAt: Instant | null;
  readonly addresses: readonly ServerAddress[];
  /** Nova's accessIPv4 and accessIPv6: where the cloud says that it is reached; left out: it says nothing. */
  readonly accessV4?: string;
  readonly accessV6?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fault: string | null;
  readonly zone: string | null;
}

export interface ServerAddress {
  /** The network's name. */
  readonly network: string;
  readonly version: 4 | 6;
  readonly address: string;
  readonly kind: "fixed" | "floating";
  /** Of the port; a floating IP's is that of the port it leads to. Left out: the cloud does not tell. */
  readonly mac?: string;
}

/**
 * One listing of a cloud's servers. `complete` saw every server there is; `delta` saw those that changed
 * since an earlier listing, deleted ones with status DELETED. A listing that broke off is no listing: it throws.
 */
export interface ServerListing {
  readonly kind: "complete" | "delta";
  /** Our clock, when the first page was asked for. */
  readonly startedAt: Instant;
  /** The cloud's own clock at the first page (its Date header), or ours where it does not tell. */
  readonly cloudTime: Instant;
  /** How far that clock is ahead of ours; null: the answer does not tell. */
  readonly cloudAhead: CloudAhead | null;
  /** Whose servers these are; left out or null: the cloud does not tell. */
  readonly place?: Place | null;
  readonly servers: readonly Server[];
}

/** A cloud's clock less ours, as exactly as whole seconds and the time of an answer let it be known. */
export interface CloudAhead {
  readonly atLeast: Milliseconds;
  readonly atMost: Milliseconds;
}

export interface FloatingIp {
  readonly id: string;
  readonly address: string;
  readonly portId: string | null;
  readonly status: string;
  /** null: the cloud knows no descriptions. */
  readonly description: string | null;
}

export interface Port {
  readonly id: string;
  readonly serverId: string | null;
  readonly networkId: string;
  readonly addresses: readonly string[];
  readonly status: string;
}

export interface Flavor {
  readonly id: string;
  readonly name: string;
  /** 0, as for the vCPUs: it cannot be told. */
  readonly ramMib: number;
  readonly vcpus: number;
  readonly diskGib: number;
}

export interface CloudImage {
  readonly id: string;
  readonly name: string;
  /** Glance's status: `active`, `queued`, `saving`, `killed`, … */
  readonly status: string;
  readonly createdAt: Instant | null;
  readonly minRamMib: number;
  readonly minDiskGib: number;
  /** Bytes; null as long as it has no data. */
  readonly size: number | null;
  /** The project that it belongs to. */
  readonly owner: string | null;
  /** MD5 of its data, in hexadecimal; null where the cloud does not tell (yet). */
  readonly checksum: string | null;
  /** Another hash of its data: `os_hash_algo`, `os_hash_value`; null where the cloud does not tell (yet). */
  readonly hash: { readonly algorithm: string; readonly value: string } | null;
  readonly properties: Readonly<Record<string, string>>;
}

export interface Network {
  readonly id: string;
  readonly name: string;
  /** router:external: floating IPs come from it. */
  readonly external: boolean;
  /** provider:physical_network, which only administrators are told; left out: false. */
  readonly isPhysical?: boolean;
  /** The addresses of its subnets, `10.0.0.0/24`; left out: the cloud does not tell. */
  readonly ranges?: readonly string[];
}

/** A limit and how much of it is used by anyone in the project; Infinity: no limit. */
export interface QuotaUse {
  readonly limit: number;
  readonly used: number;
}

/** Limits and use of the project; null where the cloud does not tell, or was not asked. */
export interface Told {
  readonly takenAt: Instant;
  /** The cloud's words for limits that it does not report; empty: it reports all that it was asked for. */
  readonly untold: readonly string[];
}

export interface ComputeQuota extends Told {
  readonly instances: QuotaUse | null;
  readonly cores: QuotaUse | null;
  readonly ramMib: QuotaUse | null;
}

export interface NetworkQuota extends Told {
  readonly floatingIps: QuotaUse | null;
  readonly ports: QuotaUse | null;
}

/** Both, as of the older one. */
export interface Quota extends ComputeQuota, NetworkQuota {}
