/**
 * Carries out what a plan of images asks for: one attempt each, side by side, and stores what each came to. It decides
 * nothing; whatever did not work is in the next plan again. What is being done for an image ends when its record leaves
 * the phase that it is done for. The tick hands it actions, and is woken by each outcome.
 */
import type { ScriptLog } from "../../build/build_log.ts";
import { buildLogFile, buildPath } from "../../domain/build_path.ts";
import { hostOf } from "../../domain/build_places.ts";
import type { Config, ProviderConfig, ProviderImageConfig } from "../../domain/config.ts";
import type { DibImage, ImageFile } from "../../domain/dib_image.ts";
import { transitionDib } from "../../domain/dib_transition.ts";
import { imageProperties, keypairName } from "../../domain/image_marks.ts";
import type { ImageEvent } from "../../domain/image_transition.ts";
import { serverIdOf } from "../../domain/node.ts";
import type { ProviderImage, TemporaryKeypair } from "../../domain/provider_image.ts";
import { type Instant, SECOND } from "../../domain/time.ts";
import { aboutDibImage, aboutImage } from "../../domain/waiting_work.ts";
import {
  type DibAction,
  type ImageAction,
  imageActionKey,
  type ImageActionType,
  imageKey,
  type ProviderImageAction,
} from "../../plan/images/image_action.ts";
import type { LedgerChange } from "../../store/ledger.ts";
import { Attempts } from "../attempts.ts";
import { credentialsFor } from "../credentials.ts";
import type { ActionDeps, ProviderAccess } from "../execute_action.ts";
import { nodeAddresses } from "../group_files.ts";
import { loginTarget } from "../login.ts";
import { announce, BUILDS, IMAGES, storeOutcome } from "../recording.ts";
import { buildJob } from "./build_image.ts";
import type { BuildSite, BuildSites } from "./build_site.ts";
import { type DibOutcome, imageFailure, type ImageOutcome } from "./image_outcome.ts";
import { recordDibImage, recordImage } from "../../rules/record_image.ts";
import { executeScript, type ScriptJob } from "./run_script.ts";
import { executeCreateKeypair, executeCreation, executeDeletion } from "./make_image.ts";
import { DAMAGED } from "./upload_image.ts";
import { type UploadPlace, type UploadProgress, UploadWorkers } from "./upload_workers.ts";

export interface ImageExecutorDeps
  extends Pick<ActionDeps, "ledger" | "shell" | "clock" | "readKey" | "scriptVariables"> {
  /** Where diskimages are built. */
  readonly sites: BuildSites;
  /** Removes all but the newest logs of that name. */
  readonly trimLogs: (folder: string, options: { name: string; keep: number }) => Promise<void>;
  /** null: the provider is not configured any more. */
  readonly provider: (name: string) => ProviderAccess | null;
  readonly makeKeypair: () => Promise<Omit<TemporaryKeypair, "name">>;
  /** Opens the log of a script for writing. */
  readonly openLog: (path: string) => Promise<ScriptLog>;
  /** Called after each outcome. */
  readonly wake: () => void;
  /** An attempt that broke in a way nobody foresaw. */
  readonly onDefect: (action: ImageAction, error: unknown) => void;
}

/** Attempts of a kind at once for each provider. */
const PLACES: Readonly<Record<Exclude<ImageActionType, "build-image" | "upload-image">, number>> = {
  "remove-files": 1,
  "create-image": 4,
  "create-keypair": 4,
  "delete-keypair": 4,
  "run-setup": 8,
  "create-snapshot": 4,
  "run-check": 8,
  "delete-image": 4,
};

/** Scripts may run for hours, in which they cost nothing here: each keeps its place for this long. */
const SCRIPT_PLACE_TIME = 5 * SECOND;

/** Where what is done for an action is done. */
interface Site {
  readonly access: ProviderAccess;
  /** In force when it began. */
  readonly config: Config;
  readonly provider: ProviderConfig;
  readonly use: ProviderImageConfig;
  readonly signal: AbortSignal;
}

export class ImageExecutor implements AsyncDisposable {
  readonly #deps: ImageExecutorDeps;
  readonly #attempts: Attempts;
  readonly #uploads: UploadWorkers;
  readonly #subscription: Disposable;

  constructor(deps: ImageExecutorDeps) {
    this.#deps = deps;
    this.#attempts = new Attempts(deps);
    this.#uploads = new UploadWorkers(deps.clock);
    this.#subscription = deps.ledger.subscribe((change) => this.#endLeft(change));
  }

  isRunning(type: ImageActionType, id: number): boolean {
    return this.#attempts.isRunning(imageKey(type, id));
  }

  /** How far each upload is, by the image's id. */
  get progress(): ReadonlyMap<number, UploadProgress> {
    return this.#uploads.progress;
  }

  /** Attempts in progress and places, by provider and kind. */
  get lanes(): Attempts["lanes"] {
    return this.#attempts.lanes;
  }

  /** When an upload that found no worker is worth trying again, if nothing else happens; null: no such time. */
  get again(): Instant | null {
    return this.#uploads.freeAt;
  }

  /** Starts what is not in progress yet and finds a place; the rest is left to a later plan. */
  dispatch(actions: readonly ImageAction[], config: Config): void {
    for (const action of actions) {
      try {
        if ("image" in action) this.#startForImage(action, config);
        else this.#startForDib(action, config);
      } catch (error) {
        this.#deps.onDefect(action, error);
      }
    }
  }

  /** Waits until no diskimage is being built. */
  async buildsEnd(): Promise<void> {
    await this.#attempts.settled((what) => what === "build-image");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    await this.#attempts[Symbol.asyncDispose]();
  }

  #startForDib(action: DibAction, config: Config): void {
    const isBuild = action.type === "build-image";
    const site = isBuild ? this.#siteFor(action.dibImage) : this.#deps.sites.of(action.dibImage);
    if (site === null) return;
    this.#attempts.start({
      work: { what: action.type, about: aboutDibImage(action.dibImage) },
      key: imageActionKey(action),
      lane: laneAt(site, action.type),
      places: isBuild ? site.buildWorkers : PLACES["remove-files"],
      run: (signal) =>
        isBuild
          ? this.#build(action.dibImage, { site, config, signal })
          : this.#remove(action.dibImage, { site, signal }),
      onDefect: (error) => this.#deps.onDefect(action, error),
    });
  }

  /** Who builds it: the site that has begun, else the one with the most free workers; null: nobody can. */
  #siteFor(image: DibImage): BuildSite | null {
    const { sites } = this.#deps;
    if (image.builder !== undefined) return sites.of(image);
    const free = (site: BuildSite) =>
      site.buildWorkers - (this.#attempts.lanes.get(laneAt(site, "build-image"))?.used ?? 0);
    return sites.takers.toSorted((a, b) => free(b) - free(a))[0] ?? null;
  }

  #startForImage(action: ProviderImageAction, config: Config): void {
    const { image } = action;
    const access = this.#deps.provider(image.provider);
    const provider = config.providers.find(({ name }) => name === image.provider);
    const use = provider?.images.find(({ name }) => name === image.image);
    if (access === null || provider === undefined || access.observation.frozen !== null) return;
    if (use === undefined && !isEnding(action)) return;
    if (action.type === "upload-image") {
      const site = this.#deps.sites.of(action.dibImage);
      if (site === null || !this.#uploads.isFree(placeOf(site))) return;
    }
    this.#attempts.start({
      work: { what: action.type, about: aboutImage(image) },
      key: imageActionKey(action),
      lane: `${image.provider} ${action.type}`,
      places: action.type === "upload-image" ? Infinity : PLACES[action.type],
      ...(action.type === "run-setup" || action.type === "run-check" ? { placeTime: SCRIPT_PLACE_TIME } : {}),
      run: async (signal) => {
        const event = await this.#announcement(action, config);
        const announced = await announce(IMAGES, { planned: image, event }, this.#deps);
        if (announced === null) return;
        const outcome = isEnding(action)
          ? await this.#end(action, { access, signal })
          : await this.#make({ ...action, image: announced }, {
            access,
            config,
            provider,
            use: use!,
            signal,
          });
        if (outcome !== null) await this.#store(action, outcome);
      },
      onDefect: (error) => this.#deps.onDefect(action, error),
    });
  }

  async #build(planned: DibImage, { site, config, signal }: AtSite & Pick<Site, "config">): Promise<void> {
    const { ledger, sites, trimLogs } = this.#deps;
    const { builder, folders } = site;
    const at = builder !== null && folders !== null &&
      { at: { builder, path: buildPath(folders.imagesDir, planned) } };
    // One in progress has been announced by the process that gave it.
    const image = sites.isAt(planned)
      ? planned
      : await announce(BUILDS, { planned, event: { type: "building", ...at } }, this.#deps);
    if (image === null) return;
    const paths = { ...config, ...folders };
    const job = buildJob(image, { config: paths, dibImages: ledger.dibImages.values() });
    if (job === null) return;
    await this.#storeDib(image, await site.build({ image, job }, { signal }));
    const { buildLogDir, buildLogRetention } = config;
    await trimLogs(buildLogDir, { name: image.name, keep: buildLogRetention });
  }

  async #remove(planned: DibImage, { site, signal }: AtSite): Promise<void> {
    const image = await announce(BUILDS, { planned, event: null }, this.#deps);
    if (image !== null) await this.#storeDib(image, await site.remove(image, { signal }));
  }

  async #storeDib(planned: DibImage, event: DibOutcome): Promise<void> {
    await storeOutcome(BUILDS, { planned, event, record: recordDibImage }, this.#deps);
  }

  /** What is written down before the attempt; null: nothing. */
  async #announcement({ type, image }: ProviderImageAction, config: Config): Promise<ImageEvent | null> {
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
        const name = keypairName(this.#deps.ledger.installation.id, image.id);
        return { type: "keypair", keypair: { name, ...await this.#deps.makeKeypair() } };
      }
      default:
        return null;
    }
  }

  /** Carries out the actions that are possible for an image which the configuration no longer has. */
  #end(
    action: EndingAction,
    { access: { deletions }, signal }: Pick<Site, "access" | "signal">,
  ): Promise<ImageOutcome | null> {
    const { image } = action;
    const how = { deletions, clock: this.#deps.clock, signal };
    if (action.type === "delete-image") {
      const thing = { kind: "image", id: action.externalId, name: image.hostname } as const;
      return executeDeletion(image, { ...how, thing, done: { type: "delete-accepted" } });
    }
    const thing = { kind: "keypair", id: action.keypair, name: action.keypair } as const;
    return executeDeletion(image, { ...how, thing, done: { type: "keypair-gone" } });
  }

  #make(action: Exclude<ProviderImageAction, EndingAction>, site: Site): Promise<ImageOutcome> {
    const { clock, ledger } = this.#deps;
    const { access: { cloud }, signal } = site;
    const { image } = action;
    const how = { cloud, clock, signal };
    switch (action.type) {
      case "create-image": {
        const diskFormat = image.source.type === "upload" ? image.source.format : "qcow2";
        const request = { name: image.hostname, diskFormat, properties: this.#propertiesOf(image, site) };
        const ask = () => cloud.createImage(request, { signal });
        return executeCreation(image, { ...how, ask, isAskedAgain: false });
      }
      case "upload-image":
        return this.#upload(action, site);
      case "create-keypair":
        return executeCreateKeypair(image, how);
      case "create-snapshot": {
        const node = ledger.nodes.get(action.nodeId);
        const serverId = (node === undefined ? null : serverIdOf(node)) ?? image.serverId ?? "";
        const request = { serverId, name: image.hostname, properties: this.#propertiesOf(image, site) };
        const ask = () => cloud.createSnapshot(request, { signal });
        return executeCreation(image, { ...how, ask, isAskedAgain: true });
      }
      case "run-setup":
        return this.#runScript(action, { ...site, kind: "setup", script: site.use.setup ?? "" });
      case "run-check":
        return this.#runScript(action, { ...site, kind: "check", script: site.use.checkScript ?? "" });
    }
  }

  #propertiesOf({ id, provider, hostname: name }: ProviderImage, { use }: Site): Record<string, string> {
    const { installation: { id: installation }, lineage } = this.#deps.ledger;
    const run = lineage.runOf("image", id);
    return imageProperties({ installation, provider, imageId: id, run, name }, use.meta);
  }

  async #upload(
    { image, dibImage, externalId }: ProviderImageAction & { type: "upload-image" },
    { provider, signal }: Pick<Site, "provider" | "signal">,
  ): Promise<ImageOutcome> {
    const site = this.#deps.sites.of(dibImage);
    if (site === null) return imageFailure(new Error(`${hostOf(dibImage)} was lost`), this.#deps.clock.now());
    using _worker = this.#uploads.begin(image.id, placeOf(site));
    const onProgress = (progress: UploadProgress) => this.#uploads.note(image.id, progress);
    const format = image.source.type === "upload" ? image.source.format : "";
    const doubted = this.#isDoubted(dibImage) ? fileOf(dibImage, format) : undefined;
    const work = { image, externalId, dibImage, format, doubted, provider, onProgress };
    try {
      return await site.upload(work, { signal });
    } catch (error) {
      signal.throwIfAborted();
      // Without an outcome it would pass for one that the end of a process cut off, and be begun again at once.
      return imageFailure(error, this.#deps.clock.now());
    }
  }

  /** Whether a cloud has made nothing of a file of the build, or something else: it may have been damaged meanwhile. */
  #isDoubted({ id }: DibImage): boolean {
    return this.#deps.ledger.images.values().some(({ source, evidence }) =>
      source.type === "upload" && source.dibImageId === id && evidence?.kind === "image"
    );
  }

  async #runScript(
    { image, nodeId }: { image: ProviderImage; nodeId: number },
    { kind, script, config, provider, use, signal }: Site & Pick<ScriptJob, "kind" | "script">,
  ): Promise<ImageOutcome> {
    const { ledger, shell, clock, readKey, openLog, scriptVariables, trimLogs } = this.#deps;
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

  async #store({ image: planned }: ProviderImageAction, event: ImageOutcome): Promise<void> {
    const atFault = event.type === "failed" ? event.atFault : undefined;
    await storeOutcome(IMAGES, {
      planned,
      event,
      record(edit, change) {
        const { previous: { source }, next: { evidence }, now } = change;
        recordImage(edit, { ...change, isFinal: atFault === "image" });
        const previous = source.type === "upload" ? edit.dibImage(source.dibImageId) : null;
        if (atFault !== "build" || previous === null) return;
        const comment = `one of its files is ${evidence?.kind === DAMAGED ? "damaged" : "missing"}`;
        const next = transitionDib(previous, { type: "delete", by: "failure", comment }, now);
        recordDibImage(edit, { previous, next, now });
      },
    }, this.#deps);
  }

  /** Ends the work for images that have left their phase: it is of no use any more. */
  #endLeft({ dibImages, images }: LedgerChange): void {
    for (const { previous, next } of dibImages) {
      if (previous === null || previous.state.phase === next?.state.phase) continue;
      this.#attempts.cancel(imageKey("build-image", previous.id), LEFT);
    }
    for (const { previous, next } of images) {
      if (previous === null || previous.state.phase === next?.state.phase) continue;
      for (const type of ["upload-image", "run-setup", "run-check"] as const) {
        this.#attempts.cancel(imageKey(type, previous.id), LEFT);
      }
    }
  }
}

const LEFT = new Error("the image has been deleted");

interface AtSite extends Pick<Site, "signal"> {
  readonly site: BuildSite;
}

/** The work of a kind at a site shares its places. */
function laneAt({ builder }: BuildSite, type: ImageActionType): string {
  return builder === null ? type : `${builder.host} ${builder.id} ${type}`;
}

function placeOf({ builder, uploadWorkers }: BuildSite): UploadPlace {
  return { name: builder?.id ?? "", most: uploadWorkers };
}

function fileOf({ state }: DibImage, format: string): ImageFile | undefined {
  return state.phase === "ready" ? state.files.find((file) => file.format === format) : undefined;
}

type EndingAction = Extract<ProviderImageAction, { type: "delete-image" | "delete-keypair" }>;

function isEnding(action: ProviderImageAction): action is EndingAction {
  return action.type === "delete-image" || action.type === "delete-keypair";
}

function logFileOf(image: ProviderImage, { buildLogDir }: Config): string {
  return buildLogFile(buildLogDir, { name: logName(image), version: image.version });
}

/** Names may have hyphens: joined by one, those of two images, or of a diskimage, would read alike. */
function logName({ provider, image }: ProviderImage): string {
  return [image, provider].map((name) => name.replaceAll(/[%@]/g, encodeURIComponent)).join("@");
}
