/**
 * The builders that a leader has heard of since it began to lead, and how each stands, judged by when it last asked. A
 * builder that records name and that has not asked yet counts as silent at first, like one that has just fallen
 * silent. The desk keeps it.
 */
import { dirname } from "node:path";
import { FILES_LOST_AFTER, GONE_AFTER, LOST_AFTER, type PlaceState } from "../domain/build_places.ts";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Ledger } from "../store/ledger.ts";
import type { BuilderReport } from "./builder_sync.ts";

const log = loggerOf("image", "build");

/** A builder asks again at least so often, or it is silent. */
const SILENT_AFTER = 8 * SECOND;

type KnownOfPool = Pick<Ledger, "installation" | "dibImages">;

/** A builder that must not do anything here; the message says why, and what to do. */
export class BuilderRefusedError extends Error {
  override readonly name = "BuilderRefusedError";
}

export interface BuilderOnRoll {
  /** The last one. */
  report: BuilderReport;
  /** By the monotonic clock. */
  seenAt: number;
  /** Exchanges in which it waits for news. */
  waiting: number;
}

export class BuilderRoll {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #startedAt: number;
  readonly #builders = new Map<string, BuilderOnRoll>();
  #refused: { readonly why: string; readonly at: number } | null = null;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  /** The last reports of all, also of those that are lost. */
  get reports(): readonly BuilderReport[] {
    return [...this.#builders.values()].map(({ report }) => report);
  }

  /** Why a builder that goes on asking is refused, for people; null: none is. */
  get refusal(): string | null {
    const { why, at } = this.#refused ?? { why: null, at: 0 };
    return this.#clock.monotonic() - at < SILENT_AFTER ? why : null;
  }

  /** null: nobody has heard of it. */
  reportOf(id: string): BuilderReport | null {
    return this.#builders.get(id)?.report ?? null;
  }

  /** @param id null: of nobody knows whom */
  stateOf(id: string | null): PlaceState {
    const known = id === null ? undefined : this.#builders.get(id);
    if (known !== undefined && known.waiting > 0) return "here";
    const silence = this.#silenceOf(known);
    if (silence >= GONE_AFTER) return "gone";
    if (silence >= LOST_AFTER) return "lost";
    return known !== undefined && silence < SILENT_AFTER ? "here" : "silent";
  }

  /** Puts down that it is there. @returns `isNew`: another process of it than before. @throws BuilderRefusedError */
  enter(report: BuilderReport, pool: KnownOfPool): { builder: BuilderOnRoll; isNew: boolean } {
    const why = this.#objection(report, pool);
    if (why !== null) {
      this.#refused = { why, at: this.#clock.monotonic() };
      throw new BuilderRefusedError(why);
    }
    const known = this.#builders.get(report.id);
    const isNew = known?.report.process !== report.process;
    if (isNew) {
      const { host, version } = report;
      log.info("builder {host} (nodepool {version}) is connected", { host, version });
    }
    const seenAt = this.#clock.monotonic();
    const builder = Object.assign(known ?? { waiting: 0 }, { report, seenAt });
    this.#builders.set(report.id, builder);
    return { builder, isNew };
  }

  /**
   * Whether its folder is an empty one in the place of that of a builder which is away: the folder's disk is not mounted. Where
   * a process saw its folder being replaced, somebody has meant it.
   */
  #lacksImages(
    { id, process, host, imagesDir, builds, found }: BuilderReport,
    { dibImages }: KnownOfPool,
  ): boolean {
    if (builds.length > 0 || found.length > 0) return false;
    return dibImages.values().some(({ builder, state, path }) =>
      state.phase === "ready" && builder?.host === host && builder.id !== id && dirname(path) === imagesDir &&
      this.reportOf(builder.id)?.process !== process && this.#isAway(builder.id)
    );
  }

  /** And may still come back with its files. */
  #isAway(id: string): boolean {
    const known = this.#builders.get(id);
    return (known?.waiting ?? 0) === 0 && this.#silenceOf(known) < FILES_LOST_AFTER;
  }

  #silenceOf(known: BuilderOnRoll | undefined): Milliseconds {
    return this.#clock.monotonic() - (known?.seenAt ?? this.#startedAt);
  }

  forgetGone(): void {
    for (const id of this.#builders.keys()) if (this.stateOf(id) === "gone") this.#builders.delete(id);
  }

  /** null: it may build. */
  #objection(report: BuilderReport, pool: KnownOfPool): string | null {
    const { id, process, host, installation, imagesDir } = report;
    if (installation !== null && installation !== pool.installation.id) {
      return `${imagesDir} on ${host} holds images of another pool: give this builder an images-dir of its own`;
    }
    const known = this.reportOf(id);
    if (known?.process === process) return null;
    if (this.#lacksImages(report, pool)) {
      return `images-dir ${imagesDir} on ${host} lacks the images built there: mount the disk that it is on, or, if ` +
        "they are lost, delete them with `nodepool dib-image-delete`; after six hours without them, they count as lost";
    }
    if (known === null || known.host === host || this.stateOf(id) !== "here") return null;
    return `${imagesDir} on ${host} is a copy of the images-dir of the builder on ${known.host}: ` +
      "remove .nodepool-builder.json from it";
  }
}
