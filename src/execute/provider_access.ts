/** A provider's cloud, and what the executors tell of it. The watch of the provider is one. */
import type { Cloud } from "../cloud/cloud.ts";
import type { CloudError } from "../domain/cloud_error.ts";
import type { Observation } from "../domain/observation.ts";
import type { Deletions } from "./deletions.ts";

export interface ProviderAccess {
  readonly cloud: Cloud;
  readonly deletions: Deletions;
  readonly observation: Observation;
  noteAccepted(flavorId: string): void;
  noteRefusal(error: CloudError, flavorId: string): void;
  noteCatalogWrong(): void;
}
