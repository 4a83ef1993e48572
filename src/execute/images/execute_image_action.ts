/**
 * One attempt at an action for an image on a cloud: making it, checking it, and deleting what it has there. The
 * executor of images calls it and stores the outcome.
 */
import { buildLogFile } from "../../domain/build_path.ts";
import { hostOf } from "../../domain/build_places.ts";
import { CloudError } from "../../domain/cloud_error.ts";
import type { Config, ProviderConfig, ProviderImageConfig } from "../../domain/config.ts";
import { fileOfBuild } from "../../domain/dib_image.ts";
import { imageProperties, keypairName } from "../../domain/image_marks.ts";
import type { ImageEvent } from "../../domain/image_transition.ts";
import { serverIdOf } from "../../domain/node.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import type { ProviderImageAction } from "../../plan/images/image_action.ts";
import { credentialsFor } from "../credentials.ts";
import { isStale } from "../deletions.ts";
import type { ProviderAccess } from "../execute_action.ts";
import { nodeAddresses } from "../group_files.ts";
import { loginTarget } from "../login.ts";
import type { ImageExecutorDeps } from "./image_executor.ts";
import { imageFailure, type ImageOutcome, imagePostponed, refusalOutcome } from "./image_outcome.ts";
import { executeScript } from "./run_script.ts";
import type { UploadProgress, UploadWorkers } from "./upload_workers.ts";

/** Where an action is carried out. */
interface ImageSite {
  readonly deps: ImageExecutorDeps;
  readonly uploads: UploadWorkers;
  readonly access: ProviderAccess;
  /** In force when it began. */
  readonly config: Config;
  readonly provider: ProviderConfig;
  readonly use: ProviderImageConfig;
  readonly signal: AbortSignal;
}

type EndingAction = Extract<ProviderImageAction, { type: "delete-image" | "delete-keypair" }>;

/** Whether it is possible for an image which the configuration no longer has. */
export function isEnding(action: ProviderImageAction): action is EndingAction {
  return action.type === "delete-image" || action.type === "delete-keypair";
}

/** The event that is stored before an attempt; null: none. */
export async function announcementOf(
  { type, image }: ProviderImageAction,
  { ledger, makeKeypair, config }: Pick<ImageExecutorDeps, "ledger" | "makeKeypair"> & { config: Config },
): Promise<ImageEvent | null> {
  switch (type) {
    case "create-image":
    case "create-snapshot":
      return { type: "sending" };
    case "upload-image":
      return { type: "uploading" };
    case "run-setup":
    case "run-check":
      return { type: "running-script", logFile: logFileOf(image, config) };
    case "create-keypair": {
      if (image.keypair !== null) return null;
      const name = keypairName(ledger.installation.id, image.id);
      return { type: "keypair", keypair: { name, ...await makeKeypair() } };
    }
    default:
      return null;
  }
}

/**
 * Asks for the deletion of what an image has on its cloud; whether that is gone is for a listing to say, and what is in use
 * is asked for again later. @returns null: it had no effect
 */
export async function endImage(
  action: EndingAction,
  { deps: { clock }, access: { deletions }, signal }: Pick<ImageSite, "deps" | "access" | "signal">,
): Promise<ImageOutcome | null> {
  const { image } = action;
  const thing = action.type === "delete-image"
    ? { kind: "image", id: action.externalId, name: image.hostname } as const
    : { kind: "keypair", id: action.keypair, name: action.keypair } as const;
  try {
    await deletions.carryOut({ ...thing, of: { type: "image", image } }, { signal });
    return { type: thing.kind === "image" ? "delete-accepted" : "keypair-gone" };
  } catch (error) {
    if (isStale(error)) return null;
    return imagePostponed(error, { image, clock, signal, reason: "delete" });
  }
}

export function makeImage(
  action: Exclude<ProviderImageAction, EndingAction>,
  site: ImageSite,
): Promise<ImageOutcome> {
  const { deps: { ledger }, access: { cloud }, use, signal } = site;
  const { image } = action;
  const { hostname: name, source } = image;
  switch (action.type) {
    case "create-image": {
      const diskFormat = source.type === "upload" ? source.format : "qcow2";
      const request = { name, diskFormat, properties: propertiesOf(image, site) };
      return create(image, { ...site, ask: () => cloud.createImage(request, { signal }) });
    }
    case "upload-image":
      return upload(action, site);
    case "create-keypair":
      return createKeypair(image, site);
    case "create-snapshot": {
      const node = ledger.nodes.get(action.nodeId);
      const serverId = (node === undefined ? null : serverIdOf(node)) ?? image.serverId ?? "";
      const request = { serverId, name, properties: propertiesOf(image, site) };
      return create(image, { ...site, ask: () => cloud.createSnapshot(request, { signal }) });
    }
    case "run-setup":
      return runScript(action, { ...site, kind: "setup", script: use.setup ?? "" });
    case "run-check":
      return runScript(action, { ...site, kind: "check", script: use.checkScript ?? "" });
  }
}

function propertiesOf(
  { id, provider, hostname: name }: ProviderImage,
  { deps: { ledger: { installation: { id: installation }, lineage } }, use }: ImageSite,
): Record<string, string> {
  const run = lineage.runOf("image", id);
  return imageProperties({ installation, provider, imageId: id, run, name }, use.meta);
}

/** @param site `ask`: the request, which is made once. No refusal of a snapshot is final: the planner gives it up after some */
async function create(
  { attempt, source }: ProviderImage,
  { ask, deps: { clock }, signal }: ImageSite & { readonly ask: () => Promise<{ id: string }> },
): Promise<ImageOutcome> {
  try {
    return { type: "accepted", externalId: (await ask()).id };
  } catch (error) {
    if (signal.aborted) return { type: "answer-lost" };
    return refusalOutcome(error, { attempt, now: clock.now(), isAskedAgain: source.type === "snapshot" });
  }
}

/** The record holds the keypair already; one that is there is the one that an earlier attempt made. */
async function createKeypair(
  image: ProviderImage,
  { deps: { clock }, access: { cloud }, signal }: ImageSite,
): Promise<ImageOutcome> {
  const { name, publicKey } = image.keypair!;
  try {
    await cloud.createKeypair({ name, publicKey }, { signal });
    return { type: "keypair-made" };
  } catch (error) {
    signal.throwIfAborted();
    const kind = error instanceof CloudError ? error.kind : null;
    if (kind === "conflict") return { type: "keypair-made" };
    if (kind === "badRequest" || kind === "quota") return imageFailure(error, clock.now());
    return imagePostponed(error, { image, clock, signal, reason: "retry" });
  }
}

async function upload(
  { image, dibImage, externalId }: ProviderImageAction & { type: "upload-image" },
  { deps: { sites, clock, ledger }, uploads, provider, signal }: ImageSite,
): Promise<ImageOutcome> {
  const site = sites.of(dibImage);
  if (site === null) return imageFailure(new Error(`${hostOf(dibImage)} was lost`), clock.now());
  using _worker = uploads.begin(image.id, site);
  const onProgress = (progress: UploadProgress) => uploads.note(image.id, progress);
  const format = image.source.type === "upload" ? image.source.format : "";
  // What a cloud was sent of the build has failed before: the file may have been damaged meanwhile.
  const isDoubted = ledger.images.values().some(({ source, deletedBy }) =>
    source.type === "upload" && source.dibImageId === dibImage.id && deletedBy === "failure"
  );
  const doubted = isDoubted ? fileOfBuild(dibImage, format) ?? undefined : undefined;
  const work = { image, externalId, dibImage, format, doubted, provider, onProgress };
  try {
    return await site.upload(work, { signal });
  } catch (error) {
    signal.throwIfAborted();
    // Without an outcome it would pass for one that the end of a process cut off, and be begun again at once.
    return imageFailure(error, clock.now());
  }
}

async function runScript(
  { image, nodeId }: { image: ProviderImage; nodeId: number },
  { deps, kind, script, config, provider, use, signal }: ImageSite & {
    readonly kind: "setup" | "check";
    readonly script: string;
  },
): Promise<ImageOutcome> {
  const { ledger, shell, clock, readKey, openLog, scriptVariables, trimLogs } = deps;
  const node = ledger.nodes.get(nodeId);
  if (node === undefined) throw new Error(`node ${nodeId} of image ${image.id} is gone`);
  const credentials = credentialsFor(node, { image: use, images: ledger.images, readKey });
  await using log = await openLog(image.logFile ?? logFileOf(image, config));
  const { scriptDir, buildLogDir, buildLogRetention } = config;
  const job = { kind, script, hostname: image.hostname, scriptDir, variables: scriptVariables() };
  const how = { image: use, provider, credentials };
  const outcome = await executeScript(job, {
    shell,
    clock,
    signal,
    credentials,
    log,
    loginTimeout: provider.bootTimeout,
    target: (username) => loginTarget(node, { ...how, address: nodeAddresses(node).login, username }),
  });
  await trimLogs(buildLogDir, { name: logName(image), keep: buildLogRetention });
  return outcome;
}

function logFileOf(image: ProviderImage, { buildLogDir }: Config): string {
  return buildLogFile(buildLogDir, { name: logName(image), version: image.version });
}

/** Names may have hyphens: joined by one, those of two images, or of a diskimage, would read alike. */
function logName({ provider, image }: ProviderImage): string {
  return [image, provider].map((name) => name.replaceAll(/[%@]/g, encodeURIComponent)).join("@");
}
