/**
 * Carries out what a plan of images asks for: one attempt each, side by side, and stores what each came to. It decides
 * nothing; whatever did not work is in the next plan again. What is being done for an image ends when its record leaves
 * the phase that it is done for. The tick hands it actions, and is woken by each outcome.
 */
import { buildPath } from "../../domain/build_path.ts";
import type { Config } from "../../domain/config.ts";
import type { DibImage } from "../../domain/dib_image.ts";
import { transitionDib } from "../../domain/dib_transition.ts";
import type { TemporaryKeypair } from "../../domain/provider_image.ts";
import { type Instant, SECOND } from "../../domain/time.ts";
import { aboutDibImage, aboutImage } from "../../domain/waiting_work.ts";
import type { Call } from "../../lib/call.ts";
import {
  type DibAction,
  type ImageAction,
  imageActionKey,
  type ImageActionType,
  imageKey,
  type ProviderImageAction,
} from "../../plan/images/image_action.ts";
import { recordDibImage, recordImage } from "../../rules/record_image.ts";
import type { LedgerChange } from "../../store/ledger.ts";
import { Attempts } from "../attempts.ts";
import type { ActionDeps, ProviderAccess } from "../execute_action.ts";
import { announce, BUILDS, IMAGES, storeOutcome } from "../recording.ts";
import { buildJob } from "./build_image.ts";
import type { BuildSite, BuildSites } from "./build_site.ts";
import { announcementOf, endImage, isEnding, makeImage } from "./execute_image_action.ts";
import type { DibOutcome, ImageOutcome } from "./image_outcome.ts";
import { DAMAGED } from "./upload_image.ts";
import { type UploadProgress, UploadWorkers } from "./upload_workers.ts";

export interface ImageExecutorDeps
  extends Pick<ActionDeps, "ledger" | "shell" | "clock" | "readKey" | "scriptVariables"> {
  /** Where diskimages are built. */
  readonly sites: BuildSites;
  /** Removes all but the newest logs of that name. */
  readonly trimLogs: (folder: string, options: { name: string; keep: number }) => Promise<void>;
  /** null: the provider is not configured any more. */
  readonly provider: (name: string) => ProviderAccess | null;
  readonly makeKeypair: () => Promise<Omit<TemporaryKeypair, "name">>;
  /** Opens the log of a script. What is written is in the file when it is disposed of. */
  readonly openLog: (path: string) => Promise<AsyncDisposable & { write(chunk: Uint8Array): void }>;
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
      if (site === null || !this.#uploads.isFree(site)) return;
    }
    this.#attempts.start({
      work: { what: action.type, about: aboutImage(image) },
      key: imageActionKey(action),
      lane: `${image.provider} ${action.type}`,
      places: action.type === "upload-image" ? Infinity : PLACES[action.type],
      ...(action.type === "run-setup" || action.type === "run-check" ? { placeTime: SCRIPT_PLACE_TIME } : {}),
      run: async (signal) => {
        const event = await announcementOf(action, { ...this.#deps, config });
        const announced = await announce(IMAGES, { planned: image, event }, this.#deps);
        if (announced === null) return;
        const at = { deps: this.#deps, uploads: this.#uploads, access, config, provider, signal };
        const outcome = isEnding(action)
          ? await endImage(action, at)
          : await makeImage({ ...action, image: announced }, { ...at, use: use! });
        if (outcome !== null) await this.#store(action, outcome);
      },
      onDefect: (error) => this.#deps.onDefect(action, error),
    });
  }

  async #build(planned: DibImage, { site, config, signal }: AtSite & { config: Config }): Promise<void> {
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

interface AtSite extends Call {
  readonly site: BuildSite;
}

/** The work of a kind at a site shares its places. */
function laneAt({ builder }: BuildSite, type: ImageActionType): string {
  return builder === null ? type : `${builder.host} ${builder.id} ${type}`;
}
