/** A builder as a site of the executor: each attempt is an order that the desk hands to it, and the outcome that it reports. */
import type { BuilderName } from "../domain/build_places.ts";
import type { DibImage } from "../domain/dib_image.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { BuildSite } from "../execute/images/build_site.ts";
import { type DibOutcome, type ImageOutcome, imagePostponed } from "../execute/images/image_outcome.ts";
import type { Clock } from "../lib/clock.ts";
import type { BuilderDesk } from "./builder_desk.ts";
import type { BuilderReport, WorkOutcome } from "./builder_sync.ts";

export function remoteSite(
  { id, host, buildWorkers, uploadWorkers, imagesDir, buildLogDir, elementsDir, scriptDir }: BuilderReport,
  { desk, clock }: { desk: Pick<BuilderDesk, "carryOut" | "remove">; clock: Clock },
): BuildSite {
  const builder = { id, host };
  /** Says where it failed, by this machine's clock. */
  const told = (outcome: WorkOutcome): WorkOutcome => {
    if (!("evidence" in outcome) || !outcome.evidence) return outcome;
    const where = `on builder ${host}: `;
    const evidence = { ...outcome.evidence, error: where + outcome.evidence.error, at: clock.now() };
    return outcome.type === "failed"
      ? { ...outcome, evidence, comment: where + outcome.comment }
      : { ...outcome, evidence };
  };
  return {
    builder,
    folders: { imagesDir, buildLogDir, elementsDir, scriptDir },
    buildWorkers,
    uploadWorkers,
    async build({ image, job }, call) {
      const order = { type: "build", token: workToken("build", image), job } as const;
      return told(await desk.carryOut(order, { ...call, builder, logFile: image.logFile })) as DibOutcome;
    },
    async upload({ image, externalId, dibImage: { path }, format, doubted, onProgress }, call) {
      const { provider } = image;
      const token = workToken("upload", image);
      const isDoubted = doubted !== undefined && { doubted };
      const order = { type: "upload", token, provider, externalId, path, format, ...isDoubted } as const;
      return told(await desk.carryOut(order, { ...call, builder, onProgress })) as ImageOutcome;
    },
    async remove(image, { signal }) {
      const problem = await desk.remove(image, { builder, signal });
      if (problem === null) return { type: "removed" };
      return imagePostponed(problem, { image, clock, signal, reason: "delete" });
    },
  };
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
