/** The facts about a provider's cloud, and about this machine's files, for the checks to judge. */
import type { CloudLogin, Keypair } from "../cloud/cloud.ts";
import type { CertificateEnd } from "../domain/cloud_stats.ts";
import type { LabelConfig, ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import type { Observation } from "../domain/observation.ts";
import type { CloudAhead, CloudImage } from "../domain/server.ts";
import type { Moment } from "../domain/time.ts";

/** An answer, or why it is missing. */
export type Asked<Value> = { readonly value: Value } | { readonly problem: string };

/** This machine, as all providers share it. */
export interface LocalLook {
  readonly scriptDir: string | null;
  /** By path: why a file is of no use, and what to do. */
  readonly faults: ReadonlyMap<string, string>;
  /** The public halves of private keys that can be used, by path: `TYPE BASE64`. */
  readonly publicKeys: ReadonlyMap<string, string>;
}

export interface Look extends Moment {
  readonly provider: ProviderConfig;
  /** The enabled labels that the provider is to supply. */
  readonly labels: readonly LabelConfig[];
  /** The provider's images that these labels need. */
  readonly images: readonly ProviderImageConfig[];
  readonly login: Asked<CloudLogin>;
  /** As the daemon sees it before it launches. */
  readonly seen: Observation;
  /** null: the cloud does not tell. */
  readonly cloudAhead: CloudAhead | null;
  readonly certificates: readonly CertificateEnd[];
  /** These are null where nothing that was configured depends on them. */
  readonly zones: Asked<readonly string[]> | null;
  readonly keypairs: Asked<readonly Keypair[]> | null;
  readonly securityGroups: Asked<readonly { id: string; name: string }[]> | null;
  /** All that may be used; null: no image that the configuration names is missing. */
  readonly cloudImages: Asked<readonly CloudImage[]> | null;
  readonly local: LocalLook;
}
