/**
 * A cloud as the pool needs it, in the pool's own terms. The OpenStack adapter implements it over `Send`.
 * Every method makes one attempt (idempotent requests are repeated a few times by the transport), throws
 * `CloudError`, and honours the provider's rate limit. No method waits for a state on the cloud.
 */
import type { Call } from "../lib/call.ts";
import type {
  CloudImage,
  ComputeQuota,
  Flavor,
  FloatingIp,
  Network,
  NetworkQuota,
  Port,
  Server,
  ServerListing,
} from "../domain/server.ts";
import type { CloudStats } from "../domain/cloud_stats.ts";
import type { Instant } from "../domain/time.ts";

export interface Cloud {
  /** Whom the cloud takes us for; every other method logs in by itself. */
  logIn(options: Call): Promise<CloudLogin>;
  /**
   * Every server of the project (all pages), or those changed since a cloud time, deleted ones included.
   * Throws rather than return a part.
   */
  listServers(options: Call & { changesSince?: Instant }): Promise<ServerListing>;
  /** Asks for a server once; `effect` of a thrown CloudError tells whether it may exist all the same. */
  createServer(request: ServerRequest, options: Call): Promise<{ id: string }>;
  /** The last lines of its console; empty where the cloud keeps none. */
  getConsole(id: string, options: Call & { lines: number }): Promise<string>;
  /**
   * One server, with what listings do not tell: its fault. `"gone"` only where the cloud itself knows no such server;
   * an answer of anything between is an error. Asked once, never again by itself.
   */
  getServer(id: string, options: Call): Promise<Server | "gone">;

  listFlavors(options: Call): Promise<readonly Flavor[]>;
  /** The images of that id or name, newest first; empty where nothing matches. */
  findImages(nameOrId: string, options: Call): Promise<readonly CloudImage[]>;
  /** One image, or `"gone"`, as with servers. */
  getImage(id: string, options: Call): Promise<CloudImage | "gone">;
  /** Every image that carries the installation's mark, whatever its status; throws rather than return a part. */
  listOwnImages(installation: string, options: Call): Promise<readonly CloudImage[]>;
  /** Every image that the project may use. */
  listImages(options: Call): Promise<readonly CloudImage[]>;
  /** Every image that belongs to the project. */
  listProjectImages(options: Call): Promise<readonly CloudImage[]>;
  /** Makes an image without data, once; `effect` of a thrown CloudError tells whether it may exist all the same. */
  createImage(request: ImageRequest, options: Call): Promise<{ id: string }>;
  /**
   * Sends the data of an image that has none yet, once. Takes as long as data goes out, however long that is; fails
   * as `timeout` when none has for a while, or when the answer does not come an hour after the last of it.
   */
  uploadImage(id: string, data: ImageData, options: Call): Promise<void>;
  /** Asks, once, for an image of a server as it is now; `effect` as for `createServer`. */
  createSnapshot(
    request: { serverId: string; name: string; properties: Readonly<Record<string, string>> },
    options: Call,
  ): Promise<{ id: string }>;
  listNetworks(options: Call): Promise<readonly Network[]>;
  listZones(options: Call): Promise<readonly string[]>;
  /** Nova's limits and what the project uses of them. */
  getQuota(options: Call): Promise<ComputeQuota>;
  /** Neutron's. */
  getNetworkQuota(options: Call): Promise<NetworkQuota>;

  /** Every port of the project that belongs to a server. */
  listPorts(options: Call): Promise<readonly Port[]>;
  /** Ids of the networks that a router of the project leads from; those of other projects' routers cannot be told. */
  listRoutedNetworks(options: Call): Promise<readonly string[]>;
  listFloatingIps(options: Call): Promise<readonly FloatingIp[]>;
  /** One floating IP as it is now; null where the cloud knows no such one. */
  getFloatingIp(id: string, options: Call): Promise<FloatingIp | null>;
  /** Takes a floating IP from the external network and attaches it to the port, in one request. */
  createFloatingIp(
    request: { networkId: string; portId: string; description: string },
    options: Call,
  ): Promise<FloatingIp>;

  listKeypairs(options: Call): Promise<readonly Keypair[]>;
  createKeypair(request: { name: string; publicKey: string }, options: Call): Promise<void>;
  listSecurityGroups(options: Call): Promise<readonly { id: string; name: string }[]>;

  /** The client's counts and measurements, for status and metrics. */
  readonly stats: CloudStats;
  /** Closes connections; calls in flight are aborted. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The calls that delete, apart from the rest: only `src/execute/deletions.ts` is given it, so that nothing is deleted
 * past it. Each asks for one deletion and resolves to `"gone"` where the cloud knows no such thing.
 */
export interface CloudDeletions {
  deleteServer(id: string, options: DeleteCall): Promise<DeleteAnswer>;
  /** Throws `conflict` where it is in use. */
  deleteImage(id: string, options: DeleteCall): Promise<DeleteAnswer>;
  deleteFloatingIp(id: string, options: DeleteCall): Promise<DeleteAnswer>;
  deleteKeypair(name: string, options: DeleteCall): Promise<DeleteAnswer>;
}

export interface DeleteCall extends Call {
  /** Called right before each request is sent; what it throws is thrown, and that request is not sent. */
  readonly confirm?: () => void;
}

export type DeleteAnswer = "accepted" | "gone";

/** All of a cloud, for those who connect it to the pool. */
export interface WholeCloud extends Cloud, CloudDeletions {}

interface ImageRequest {
  readonly name: string;
  /** Glance's `disk_format`: qcow2, raw, vhd, … */
  readonly diskFormat: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** An image's data, read while it is sent: never more than a few chunks of it are in memory. */
export interface ImageData {
  /** Bytes. */
  readonly size: number;
  /** Called once. */
  open(): ReadableStream<Uint8Array>;
  /** Told now and then how many bytes have been sent. */
  readonly onProgress?: (sent: number) => void;
}

/** Who we are on a cloud. */
export interface CloudLogin {
  /** By name where the cloud tells it. */
  readonly user: string | null;
  /** null: the token is for no project. */
  readonly project: string | null;
  /** Names of the roles on the project; empty where the cloud tells none. */
  readonly roles: readonly string[];
}

export interface Keypair {
  readonly name: string;
  /** As in an authorized_keys file; null where the cloud does not tell. */
  readonly publicKey: string | null;
}

export interface ServerRequest {
  readonly name: string;
  readonly imageId: string;
  readonly flavorId: string;
  /** Empty: the cloud chooses (Nova's `auto` from 2.37, else none named). */
  readonly networkIds: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly zone: string | null;
  readonly keypair: string | null;
  /** Names or ids. */
  readonly securityGroups: readonly string[];
  /** null: the cloud's default. */
  readonly configDrive: boolean | null;
  /** Plain text; the client encodes it. */
  readonly userdata: string | null;
  /** Boot from a new volume of this size in GiB, made from the image, deleted with the server; null: no volume. */
  readonly volumeGib: number | null;
}
