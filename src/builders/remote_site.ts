/** A builder as a site of the executor: each attempt is an order that the desk hands to it, and the outcome that it reports. */
import type { BuilderName } from "../domain/build_places.ts";
import type { DibImage } from "../domain/dib_image.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { BuildFolders, BuildSite, UploadWork } from "../execute/images/build_site.ts";
import { type DibOutcome, type ImageOutcome, imagePostponed } from "../execute/images/image_outcome.ts";
import type { BuildJob } from "../build/builder.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import type { BuilderDesk } from "./builder_desk.ts";
import type { BuilderReport, WorkOutcome } from "./builder_sync.ts";
import type { DeskRemovals } from "./desk_removals.ts";

interface RemoteSiteDeps {
  readonly desk: Pick<BuilderDesk, "carryOut">;
  readonly removals: DeskRemovals;
  readonly clock: Clock;
}

export class RemoteSite implements BuildSite {
  readonly builder: BuilderName;
  readonly folders: BuildFolders;
  readonly buildWorkers: number;
  readonly uploadWorkers: number;
  readonly #deps: RemoteSiteDeps;

  constructor({ id, host, buildWorkers, uploadWorkers, ...folders }: BuilderReport, deps: RemoteSiteDeps) {
    const { imagesDir, buildLogDir, elementsDir, scriptDir } = folders;
    this.builder = { id, host };
    this.folders = { imagesDir, buildLogDir, elementsDir, scriptDir };
    this.buildWorkers = buildWorkers;
    this.uploadWorkers = uploadWorkers;
    this.#deps = deps;
  }

  async build({ image, job }: { image: DibImage; job: BuildJob }, call: Call): Promise<DibOutcome> {
    const order = { type: "build", token: workToken("build", image), job } as const;
    const how = { ...call, builder: this.builder, logFile: image.logFile };
    return this.#told(await this.#deps.desk.carryOut(order, how)) as DibOutcome;
  }

  async upload(
    { image, externalId, dibImage, format, doubted, onProgress }: UploadWork,
    call: Call,
  ): Promise<ImageOutcome> {
    const order = {
      type: "upload",
      token: workToken("upload", image),
      provider: image.provider,
      externalId,
      path: dibImage.path,
      format,
      ...(doubted !== undefined && { doubted }),
    } as const;
    return this.#told(
      await this.#deps.desk.carryOut(order, { ...call, builder: this.builder, onProgress }),
    ) as ImageOutcome;
  }

  async remove(image: DibImage, { signal }: Call): Promise<DibOutcome> {
    const outcome = await this.#deps.removals.remove(image, { builder: this.builder, signal });
    if (!(outcome instanceof Error)) return outcome;
    return imagePostponed(outcome, { image, clock: this.#deps.clock, signal, reason: "delete" });
  }

  /** Says where it failed, by this machine's clock. */
  #told(outcome: WorkOutcome): WorkOutcome {
    if (outcome.type !== "failed" || outcome.evidence === null) return outcome;
    const where = `on builder ${this.builder.host}: `;
    const { evidence, comment } = outcome;
    return {
      ...outcome,
      comment: where + comment,
      evidence: { ...evidence, error: where + evidence.error, at: this.#deps.clock.now() },
    };
  }
}

/** One that cannot be asked any more. If it comes back, it is told to remove what no record names. null: nobody knows it. */
export function lostSite(builder: BuilderName | null): BuildSite {
  const comment = builder === null ? "no builder has it" : `builder ${builder.host} was lost`;
  return {
    builder,
    folders: null,
    buildWorkers: 1,
    uploadWorkers: 1,
    build: () => Promise.resolve({ type: "failed", comment, evidence: null }),
    upload: () => Promise.resolve({ type: "failed", comment, evidence: null }),
    remove: () => Promise.resolve({ type: "removed" }),
  };
}

/**
 * The name of a piece of work that a builder does, from the record that it is done for: the same for every leader, and
 * another for every attempt.
 */
export function workToken(type: "build" | "upload", { id, state }: DibImage | ProviderImage): string {
  return `${type} ${id} ${"startedAt" in state ? state.startedAt : null}`;
}
