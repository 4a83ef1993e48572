/**
 * A place that builds diskimages, keeps their files and sends their data to clouds: the port. This process is one
 * (`local_site.ts`); with a state on etcd, each builder is (`src/builders`). A site decides nothing and changes no
 * record: the executor of images asks it for one attempt, and stores what that came to.
 */
import type { BuildJob } from "../../build/builder.ts";
import type { BuilderName, BuildPlaces } from "../../domain/build_places.ts";
import type { Config, ProviderConfig } from "../../domain/config.ts";
import type { DibImage, ImageFile } from "../../domain/dib_image.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import type { Call } from "../../lib/call.ts";
import type { DibOutcome, ImageOutcome } from "./image_outcome.ts";

/** Where a site has what the configuration names by a path. */
export type BuildFolders = Pick<Config, "imagesDir" | "buildLogDir" | "elementsDir" | "scriptDir">;

export interface UploadWork {
  readonly image: ProviderImage;
  readonly externalId: string;
  readonly dibImage: DibImage;
  readonly format: string;
  /** The file as it was built, where there is reason to doubt that it still is; left out: it is not looked at. */
  readonly doubted?: ImageFile | undefined;
  /** Where it is sent to. */
  readonly provider: ProviderConfig;
  /** Told as data goes out. */
  readonly onProgress: (progress: { sent: number; total: number }) => void;
}

export interface BuildSite {
  /** As the records of its builds name it; null: this process, which has the state. */
  readonly builder: BuilderName | null;
  /** Its own; null: those of the configuration in force. */
  readonly folders: BuildFolders | null;
  /** Builds, and uploads, side by side. */
  readonly buildWorkers: number;
  readonly uploadWorkers: number;
  /** @throws the signal's reason on abort */
  build(work: { readonly image: DibImage; readonly job: BuildJob }, call: Call): Promise<DibOutcome>;
  /** @throws the signal's reason on abort */
  upload(work: UploadWork, call: Call): Promise<ImageOutcome>;
  /** @throws the signal's reason on abort */
  remove(image: DibImage, call: Call): Promise<DibOutcome>;
}

export interface BuildSites extends BuildPlaces {
  /** Those that take builds now. */
  readonly takers: readonly BuildSite[];
  /** The one that has, or is to have, the files of a build; null: it cannot be asked. */
  of(image: DibImage): BuildSite | null;
}
