/**
 * The configuration as the program sees it: every default filled in, every unit converted, frozen. `src/config` makes
 * it from YAML; nothing else knows YAML or defaults. `config.example.yaml` explains every key.
 */
import type { CloudAccess } from "./cloud_access.ts";
import type { EtcdConfig } from "./etcd_config.ts";
import type { Milliseconds } from "./time.ts";

export interface Config {
  readonly scriptDir: string | null;
  readonly elementsDir: string | null;
  readonly imagesDir: string;
  readonly cron: CronConfig;
  readonly zmqPublishers: readonly string[];
  readonly gearmanServers: readonly GearmanServerConfig[];
  readonly labels: readonly LabelConfig[];
  readonly diskimages: readonly DiskimageConfig[];
  readonly providers: readonly ProviderConfig[];
  readonly targets: readonly TargetConfig[];
  /** Path of the Deno KV file, or `etcd:…` as the file has it. */
  readonly state: string;
  /** null: the state is a file. */
  readonly etcd: EtcdConfig | null;
  readonly status: StatusConfig;
  readonly buildLogDir: string;
  /** How many build logs are kept for each image. */
  readonly buildLogRetention: number;
  readonly limits: LimitsConfig;
  readonly log: LogConfig;
}

/** Cron expressions, in the daemon's local time zone. */
interface CronConfig {
  readonly imageUpdate: string;
  readonly cleanup: string;
  readonly check: string;
}

export interface GearmanServerConfig {
  readonly host: string;
  readonly port: number;
}

export interface LabelConfig {
  readonly name: string;
  /** Name of the provider image that backs it. */
  readonly image: string;
  /** Nodes kept ready; 0 launches on demand only, -1 disables the label. */
  readonly minReady: number;
  readonly subnodes: number;
  readonly readyScript: string | null;
  /** Names of the providers that may supply it, in the order given. */
  readonly providers: readonly string[];
  /** A ready node older than this is replaced; null: never. */
  readonly maxReadyAge: Milliseconds | null;
  /** Cap of this label over all providers; null: none. */
  readonly maxServers: number | null;
}

export interface DiskimageConfig {
  readonly name: string;
  readonly elements: readonly string[];
  readonly release: string | null;
  readonly envVars: Readonly<Record<string, string>>;
  readonly formats: readonly string[];
  readonly pause: boolean;
  readonly buildTimeout: Milliseconds;
  readonly rebuildAge: Milliseconds;
  readonly parent: string | null;
}

export interface ProviderConfig {
  readonly name: string;
  /** Servers at most; -1 retires the provider: nothing new is booted or built there. */
  readonly maxServers: number;
  readonly access: CloudAccess;
  readonly availabilityZones: readonly string[];
  /** Name of an existing Nova keypair that its images boot with, unless they name another. */
  readonly keypair: string | null;
  /** The external network that floating IPs come from, by name or id; null: whichever the cloud has. */
  readonly pool: string | null;
  readonly imageType: string | null;
  readonly networks: readonly NetworkConfig[];
  readonly ipv6Preferred: boolean;
  readonly cleanFloatingIps: boolean;
  readonly apiTimeout: Milliseconds;
  /** null: the cloud decides. */
  readonly configDrive: boolean | null;
  /** From ACTIVE to a working login. */
  readonly bootTimeout: Milliseconds;
  /** The time limit of a login to a ready node when the cron `check` looks at it. */
  readonly checkTimeout: Milliseconds;
  /** From the request to ACTIVE. */
  readonly launchTimeout: Milliseconds;
  /** From the start of one API request to the start of the next; 0: no limit. */
  readonly rate: Milliseconds;
  readonly templateHostname: string;
  /** API requests in flight at once; null: the client's own bound. */
  readonly maxConcurrency: number | null;
  readonly launchRetries: number;
  readonly securityGroups: readonly string[];
  readonly hostKeyChecking: boolean;
  /** Whether nodes get a floating IP that need one. */
  readonly autoFloatingIp: boolean;
  readonly deleteTimeout: Milliseconds;
  /** Of its servers, for reports; null: none are known. */
  readonly prices: PriceConfig | null;
  readonly images: readonly ProviderImageConfig[];
}

export interface PriceConfig {
  /** Whatever stands behind amounts; null: nothing. */
  readonly currency: string | null;
  /** Of a server, by the name or the id of its flavor. */
  readonly perHour: Readonly<Record<string, number>>;
}

/** A network that servers are attached to: by name or by id, one of them given. */
export interface NetworkConfig {
  readonly name: string | null;
  readonly id: string | null;
  readonly label: string | null;
  /** Whether its addresses can be reached from the daemon, so that no floating IP is needed. */
  readonly public: boolean;
}

export interface ProviderImageConfig {
  readonly name: string;
  /** MiB: the smallest flavor with at least this much is taken. */
  readonly minRamMib: number;
  /** Name or id of an image on the cloud; null where a diskimage is uploaded. */
  readonly baseImage: string | null;
  /** Text that a flavor's name must contain. */
  readonly nameFilter: string | null;
  readonly setup: string | null;
  readonly diskimage: string | null;
  readonly username: string;
  readonly userHome: string;
  /** Path of the private key that logs in. */
  readonly privateKey: string;
  /** null: what the provider says. */
  readonly configDrive: boolean | null;
  /** Name of an existing Nova keypair to boot with, its own or the provider's; null: none. */
  readonly keypair: string | null;
  readonly meta: Readonly<Record<string, string>>;
  /** Exact name of the flavor, instead of min-ram and name-filter. */
  readonly flavorName: string | null;
  readonly connectionPort: number;
  readonly userdata: string | null;
  readonly bootFromVolume: boolean;
  /** GiB. */
  readonly volumeSize: number | null;
  readonly pause: boolean;
  readonly checkScript: string | null;
}

/** Whether the image is made here, and not used as it is on the cloud. */
export function isMade({ diskimage, setup }: ProviderImageConfig): boolean {
  return diskimage !== null || setup !== null;
}

export interface TargetConfig {
  readonly name: string;
  /** Template with {label.name}, {provider.name}, {node_id}. */
  readonly hostname: string;
  readonly subnodeHostname: string;
  readonly rate: Milliseconds;
  readonly assignViaGearman: boolean;
  readonly jenkins: JenkinsConfig | null;
}

export interface JenkinsConfig {
  readonly url: string | null;
  readonly user: string | null;
  readonly apiKey: string | null;
  readonly credentialsId: string | null;
  readonly testJob: string | null;
}

export interface ListenAddress {
  readonly hostname: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface StatusConfig {
  /** One at least. */
  readonly listen: readonly ListenAddress[];
  /** Origins whose pages may read the endpoint in browsers; `*`: all. */
  readonly allowOrigin: readonly string[];
  readonly title: string;
}

export interface LimitsConfig {
  readonly deleteDelay: Milliseconds;
  readonly nodeStuck: Milliseconds;
  readonly testStuck: Milliseconds;
  readonly imageKeep: Milliseconds;
  /** null: nodes that nobody wants stay. */
  readonly idle: Milliseconds | null;
  readonly holdMaxAge: Milliseconds | null;
  /** How long gone nodes and events are remembered; null: whatever their age. */
  readonly history: Milliseconds | null;
  /** The most gone nodes that are remembered. */
  readonly historyNodes: number;
}

export interface LogConfig {
  readonly level: "debug" | "info" | "warning" | "error";
  /** null: text on a terminal, JSON lines otherwise. */
  readonly format: "text" | "json" | null;
  /** Path; null: standard error. */
  readonly file: string | null;
  /** Where CPU profiles go. */
  readonly profileDir: string;
}
