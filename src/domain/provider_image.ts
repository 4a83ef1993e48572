/**
 * A provider image: one image on one cloud, uploaded or snapshotted by us, from the decision to make it until the
 * cloud says that it is gone. 2016's Nodepool called it a snapshot image.
 */
import type { ImageStateName } from "./dib_image.ts";
import type { PoolRecord } from "./node.ts";
import type { Instant } from "./time.ts";

/** The source it is made from. */
export type ImageSource =
  /** A file of a dib image. */
  | {
    readonly type: "upload";
    readonly diskimage: string;
    readonly dibImageId: number;
    /** The version of that build. */
    readonly dibVersion: number;
    readonly format: string;
  }
  /** A server that the script `setup` has prepared. */
  | { readonly type: "snapshot"; readonly setup: string };

export type ProviderImageState =
  /** An upload: the image is to be made on the cloud, or was asked for and the answer is not known. */
  | { readonly phase: "create"; readonly sentAt: Instant | null; readonly lostAt: Instant | null }
  /** Its data is to be sent, or is being sent by this process. */
  | { readonly phase: "upload"; readonly externalId: string; readonly startedAt: Instant | null }
  /** A snapshot: the temporary keypair is to be made. */
  | { readonly phase: "keypair" }
  /** Its server is being launched: the node of that id; null: it waits for room. */
  | { readonly phase: "server"; readonly nodeId: number | null }
  /** The setup script is to be run, or is being run by this process. */
  | { readonly phase: "setup"; readonly nodeId: number; readonly startedAt: Instant | null }
  /** The snapshot is to be asked for, or was asked for and the answer is not known. */
  | {
    readonly phase: "snapshot";
    readonly nodeId: number;
    readonly sentAt: Instant | null;
    readonly lostAt: Instant | null;
  }
  /** The cloud has all that it needs and makes the image active. */
  | { readonly phase: "saving"; readonly externalId: string }
  /** A server is booted from it, on which the check-script must succeed. */
  | {
    readonly phase: "check";
    readonly externalId: string;
    /** null: its server has not been launched yet. */
    readonly nodeId: number | null;
    /** When the script was started by this process. */
    readonly startedAt: Instant | null;
  }
  | {
    readonly phase: "ready";
    readonly externalId: string;
    /** Whether a node that was booted from it has become ready; left out: none has yet. */
    readonly isProven?: true | undefined;
  }
  | {
    readonly phase: "delete";
    /** null: none is known. `lostAt` then says whether one may turn up. */
    readonly externalId: string | null;
    readonly lostAt: Instant | null;
    /** When the cloud accepted the deletion last; null: not yet. */
    readonly acceptedAt: Instant | null;
  }
  /** Nothing of it is left on the cloud; the record stays a while, to know a late leak by. Not shown. */
  | { readonly phase: "gone" };

export type ProviderImagePhase = ProviderImageState["phase"];

/** The keypair that a snapshot's server is booted with, made for it alone. Secret: never shown or logged. */
export interface TemporaryKeypair {
  readonly name: string;
  /** In OpenSSH's form, as in an authorized_keys file. */
  readonly publicKey: string;
  readonly privateKey: string;
}

export interface ProviderImage extends PoolRecord {
  readonly provider: string;
  /** The provider image's name in the configuration. */
  readonly image: string;
  /** Unix time in seconds at which it was decided on; no two of a provider's image share it. */
  readonly version: number;
  readonly source: ImageSource;
  /** Its name on the cloud, and that of the server it is made on. */
  readonly hostname: string;
  readonly state: ProviderImageState;
  /** When the phase changed last. */
  readonly phaseSince: Instant;
  /** null: none was made, or it is deleted. */
  readonly keypair: TemporaryKeypair | null;
  /** The server that it was made on, as the cloud knows it. */
  readonly serverId: string | null;
  /** Where the output of its setup and check scripts goes. */
  readonly logFile: string | null;
}

/** The part of a new record that says that nothing has been tried, made or found out. */
export function untouchedSince(instant: Instant) {
  return {
    stateSince: instant,
    phaseSince: instant,
    waitingOn: null,
    retryAt: null,
    attempt: 0,
    keypair: null,
    serverId: null,
    logFile: null,
    comment: null,
    deletedBy: null,
    evidence: null,
  } satisfies Partial<ProviderImage>;
}

/** The state that users see for a provider image. */
export function imageStateName({ state }: Pick<ProviderImage, "state">): ImageStateName {
  if (state.phase === "ready") return "ready";
  return state.phase === "delete" || state.phase === "gone" ? "delete" : "building";
}

/** The image on the cloud as far as is known. */
export function externalIdOf({ state }: Pick<ProviderImage, "state">): string | null {
  return "externalId" in state ? state.externalId : null;
}
