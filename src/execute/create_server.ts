/** One attempt to request a node's server. Its record already says that the request is being sent. */
import type { Cloud, ServerRequest } from "../cloud/cloud.ts";
import { CloudError } from "../domain/cloud_error.ts";
import type { CloudErrorKind } from "../domain/cloud_error_kind.ts";
import type { ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import { serverMetadata } from "../domain/server_marks.ts";
import type { Clock } from "../lib/clock.ts";
import { evidenceOf, type Outcome } from "./outcome.ts";

/** Refusals that say nothing of the node asked for: the same provider would refuse any other. */
const PROVIDER_KINDS: ReadonlySet<CloudErrorKind> = new Set(
  ["quota", "capacity", "rateLimited", "unauthorized", "unavailable", "timeout"],
);
/** Refusals of what was asked for: it may have changed on the cloud. */
const CATALOG_KINDS: ReadonlySet<CloudErrorKind> = new Set(["badRequest", "notFound"]);

export async function executeCreateServer(
  request: ServerRequest,
  { cloud, clock, signal }: { cloud: Cloud; clock: Clock; signal: AbortSignal },
): Promise<Outcome> {
  try {
    const { id } = await cloud.createServer(request, { signal });
    return { event: { type: "accepted", serverId: id }, cloud: { type: "accepts" } };
  } catch (error) {
    if (signal.aborted) return { event: { type: "answer-lost" } };
    return refusal(error, clock.now());
  }
}

function refusal(error: unknown, now: number): Outcome {
  const evidence = evidenceOf(error, now);
  if (!(error instanceof CloudError)) return { event: { type: "answer-lost", evidence } };
  const concernsProvider = PROVIDER_KINDS.has(error.kind);
  const cloud = concernsProvider
    ? { type: "refuses", error } as const
    : CATALOG_KINDS.has(error.kind)
    ? { type: "catalog-wrong" } as const
    : undefined;
  if (error.effect === "unknown") return { event: { type: "answer-lost", evidence }, cloud };
  return { event: { type: "refused", result: concernsProvider ? "refused" : "failed", evidence }, cloud };
}

/** The request to the cloud for a node's server. */
export function serverRequest(
  node: NodeRecord,
  { provider, image, networkIds, installation, run, providerImage = null }: {
    provider: ProviderConfig;
    image: ProviderImageConfig;
    networkIds: readonly string[];
    installation: string;
    /** The run in which the node's id was given out. */
    run: string | null;
    /** The image that a builder or checker works for. */
    providerImage?: ProviderImage | null;
  },
): ServerRequest {
  const marks = {
    installation,
    nodeId: node.id,
    run,
    image: node.image,
    provider: node.provider,
    providerImageId: node.providerImageId,
    parentId: node.parentId,
  };
  return {
    name: node.hostname,
    imageId: node.imageId,
    flavorId: node.flavorId,
    networkIds,
    metadata: serverMetadata(marks, image.meta),
    zone: node.zone,
    keypair: node.role === "builder" ? providerImage?.keypair?.name ?? image.keypair : image.keypair,
    securityGroups: provider.securityGroups,
    configDrive: image.configDrive ?? provider.configDrive,
    // It is for the servers that are booted from the image, not for the one that it is made on.
    userdata: node.role === "builder" ? null : image.userdata,
    volumeGib: image.bootFromVolume ? image.volumeSize : null,
  };
}
