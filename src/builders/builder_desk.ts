/**
 * The leader's side of builders on any machine: who is there, what each is to do, and what becomes of it. It is the
 * executor's `BuildSites`: an attempt waits here until its builder has done it, is lost, or was restarted. Nothing
 * here is stored: the records say which builder has what, and the first report of each builder says the rest, so that
 * a new leader continues the builds that are in progress. The control operation `builder-sync` hands reports in.
 */
import { basename, dirname } from "node:path";
import {
  type BuilderName,
  type BuilderStanding,
  ORPHANS_END,
  type PlaceState,
} from "../domain/build_places.ts";
import type { DibImage } from "../domain/dib_image.ts";
import { transitionDib } from "../domain/dib_transition.ts";
import { SECOND } from "../domain/time.ts";
import type { BuildSite, BuildSites } from "../execute/images/build_site.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { endsInTime } from "../lib/deadline.ts";
import { waitFor } from "../lib/in_flight.ts";
import { orAborted } from "../lib/or_aborted.ts";
import type { Ledger } from "../store/ledger.ts";
import { type BuilderOnRoll, BuilderRoll } from "./builder_roll.ts";
import type {
  BuilderInstructions,
  BuilderOrder,
  BuilderReport,
  ReportedWork,
  WorkOutcome,
} from "./builder_sync.ts";
import type { LogCopy } from "./log_copy.ts";
import { lostSite, remoteSite, workToken } from "./remote_site.ts";

/** The longest that a builder is left without an answer. */
const LONGEST_WAIT = 20 * SECOND;

export interface BuilderDeskDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** This machine: a builder on it that writes the same log needs no copy of it. */
  readonly host: string;
  /** Resolves while this process surely leads: nobody is told to begin, end or remove anything before. */
  readonly untilSure: (call: Call) => Promise<void>;
  readonly openLogCopy: (path: string) => Promise<LogCopy>;
  /** Called when something can be planned that could not be before. */
  readonly wake: () => void;
}

/** A piece of work that has been given to a builder, or is about to: from the attempt that it is done for to its end. */
interface DeskWork {
  readonly builder: BuilderName;
  readonly order: BuilderOrder;
  /** The process that it was given to, maybe by an earlier leader; null: none yet. */
  process: string | null;
  readonly log: LogCopy | null;
  readonly onProgress: (progress: { sent: number; total: number }) => void;
  readonly outcome: PromiseWithResolvers<WorkOutcome>;
}

/** A build whose files a builder is to remove, from the attempt that waits for that to its end. */
interface DeskRemoval {
  readonly builder: BuilderName;
  readonly build: string;
  readonly outcome: PromiseWithResolvers<Error | null>;
}

export class BuilderDesk implements BuildSites, Disposable {
  readonly #deps: BuilderDeskDeps;
  readonly #roll: BuilderRoll;
  readonly #works = new Map<string, DeskWork>();
  readonly #removals = new Set<DeskRemoval>();
  readonly #subscription: Disposable;
  #told: ReadonlyMap<string, PlaceState> = new Map();
  #news = Promise.withResolvers<void>();

  constructor(deps: BuilderDeskDeps) {
    this.#deps = deps;
    this.#roll = new BuilderRoll(deps.clock);
    this.#subscription = deps.ledger.subscribe(({ dibImages }) => {
      if (dibImages.length > 0) this.#tellNews();
    });
  }

  /** @throws BuilderRefusedError; the signal's reason */
  async sync(report: BuilderReport, call: Call): Promise<BuilderInstructions> {
    await this.#deps.untilSure(call);
    const { builder, isNew } = this.#roll.enter(report, this.#deps.ledger);
    if (isNew) this.#endFormer(report);
    builder.waiting++;
    try {
      for (const work of report.works) await this.#take(work, report);
      this.#takeRemovals(report);
      await this.#adoptFound(report);
      this.look();
      return await this.#newsFor(builder, report, call);
    } finally {
      builder.waiting--;
      builder.seenAt = this.#deps.clock.monotonic();
    }
  }

  get whyNone(): string | null {
    if (this.takers.length > 0) return null;
    const broken = this.standings.flatMap(({ host, problem }) =>
      problem === null ? [] : [`${problem} (on ${host})`]
    );
    if (broken.length > 0) return broken.join("; ");
    return this.#roll.refusal ??
      "no builder is connected: run `nodepool daemon --builder-only` on a machine that can build images";
  }

  get takers(): readonly BuildSite[] {
    return this.#roll.reports.filter(({ accepting, id }) => accepting && this.#roll.stateOf(id) === "here")
      .map((report) => this.#siteOf(report));
  }

  of({ builder }: DibImage): BuildSite | null {
    const state = this.stateOf({ builder });
    if (state === "silent") return null;
    if (builder === undefined || state !== "here") return lostSite(builder ?? null);
    return this.#siteOf(this.#roll.reportOf(builder.id)!);
  }

  stateOf({ builder }: Pick<DibImage, "builder">): PlaceState {
    return this.#roll.stateOf(builder?.id ?? null);
  }

  isAt(image: DibImage): boolean {
    if (image.builder === undefined || this.#roll.stateOf(image.builder.id) !== "here") return false;
    const token = workToken("build", image);
    return this.#roll.reportOf(image.builder.id)!.works.some((work) => work.token === token);
  }

  get standings(): readonly BuilderStanding[] {
    return this.#roll.reports.map((report) => ({
      id: report.id,
      host: report.host,
      version: report.version,
      state: this.#roll.stateOf(report.id),
      problem: this.#roll.stateOf(report.id) === "here" ? report.problem ?? null : null,
      buildWorkers: report.buildWorkers,
      uploadWorkers: report.uploadWorkers,
      works: this.#worksOf(report.id).map(({ order }) => order.type),
    }));
  }

  /** Gives up what lost builders were at. To be called every few seconds. */
  look(): void {
    const isLost = (id: string) => ["lost", "gone"].includes(this.#roll.stateOf(id));
    for (const work of this.#works.values()) {
      const { id, host } = work.builder;
      if (isLost(id)) work.outcome.resolve(interrupted(`builder ${host} was lost`));
    }
    // A lost builder is told to remove what no record names, should it come back.
    for (const { builder, outcome } of this.#removals) if (isLost(builder.id)) outcome.resolve(null);
    this.#roll.forgetGone();
    this.#tellStates();
  }

  /** Has the builder do it. @throws the signal's reason on abort: then it ends there, unless its record needs it */
  async carryOut(
    order: BuilderOrder,
    { builder, logFile = null, onProgress = () => {}, signal }: Call & {
      builder: BuilderName;
      logFile?: string | null;
      onProgress?: (progress: { sent: number; total: number }) => void;
    },
  ): Promise<WorkOutcome> {
    const { token } = order;
    const copied = logFile !== null && !this.#isOwnLog(order, { builder, logFile });
    const copy = copied ? await this.#deps.openLogCopy(logFile) : null;
    const known = this.#roll.reportOf(builder.id);
    const process = known?.works.some((work) => work.token === token) ? known.process : null;
    const outcome = Promise.withResolvers<WorkOutcome>();
    this.#works.set(token, { builder, order, process, log: copy, onProgress, outcome });
    this.#tellNews();
    try {
      return await waitFor(`builder ${builder.host}`, () => orAborted(outcome.promise, signal));
    } finally {
      this.#works.delete(token);
      this.#tellNews();
    }
  }

  /** @returns an error for people, where the builder could not; null: the files are gone. @throws the signal's reason */
  async remove(
    { path }: DibImage,
    { builder, signal }: Call & { builder: BuilderName },
  ): Promise<Error | null> {
    const removal = { builder, build: basename(path), outcome: Promise.withResolvers<Error | null>() };
    this.#removals.add(removal);
    this.#tellNews();
    try {
      return await waitFor(`builder ${builder.host}`, () => orAborted(removal.outcome.promise, signal));
    } finally {
      this.#removals.delete(removal);
    }
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #siteOf(report: BuilderReport): BuildSite {
    return remoteSite(report, { desk: this, clock: this.#deps.clock });
  }

  /** A builder on this machine writes the log where the copy would be. */
  #isOwnLog(order: BuilderOrder, { builder, logFile }: { builder: BuilderName; logFile: string }): boolean {
    return builder.host === this.#deps.host && order.type === "build" && order.job.logFile === logFile;
  }

  /** A process before this one had work that this one knows nothing of. */
  #endFormer({ id, host, process }: BuilderReport): void {
    // Its own processes may still be writing.
    const until = this.#deps.clock.now() + ORPHANS_END;
    for (const work of this.#worksOf(id)) {
      if (isFor(work, process)) continue;
      work.outcome.resolve({ ...interrupted(`builder ${host} was restarted`), until });
    }
  }

  #worksOf(builder: string): DeskWork[] {
    return [...this.#works.values()].filter((work) => work.builder.id === builder);
  }

  /** Takes what the builder says of it; the outcome, once its log is there. */
  async #take(
    { token, progress, log, outcome }: ReportedWork,
    { id, process }: BuilderReport,
  ): Promise<void> {
    const work = this.#works.get(token);
    if (work === undefined || work.builder.id !== id) return;
    work.process = process;
    if (progress !== null) work.onProgress(progress);
    if (log !== null) await work.log?.append(Uint8Array.fromBase64(log.bytes), log.from);
    if (outcome !== null) work.outcome.resolve(outcome as WorkOutcome);
  }

  /** Ends those that the builder reports as done, or as failed. */
  #takeRemovals({ id, host, builds, stuck }: BuilderReport): void {
    for (const { builder, build, outcome } of this.#removals) {
      if (builder.id !== id) continue;
      const problem = stuck.find((one) => one.build === build);
      if (problem !== undefined) outcome.resolve(new Error(`builder ${host}: ${problem.message}`));
      else if (!builds.includes(build)) outcome.resolve(null);
    }
  }

  /** Records of a state that was moved here name no builders: a build belongs to the builder that has its files. */
  async #adoptFound({ id, host, imagesDir, found }: BuilderReport): Promise<void> {
    const { ledger, clock } = this.#deps;
    const names = new Set(found);
    const isFound = ({ builder, path }: DibImage) =>
      builder === undefined && dirname(path) === imagesDir && names.has(basename(path));
    const adopted = [...ledger.dibImages.values()].filter(isFound);
    if (adopted.length === 0) return;
    await ledger.edit((edit) => {
      for (const planned of adopted) {
        const image = edit.dibImage(planned.id);
        if (image === null || !isFound(image)) continue;
        edit.putDibImage(transitionDib(image, { type: "found", builder: { id, host } }, clock.now()));
      }
    });
  }

  /** Answers when there is something to begin, end or remove, when the time is up, or when the builder asks again. */
  async #newsFor(builder: BuilderOnRoll, report: BuilderReport, call: Call): Promise<BuilderInstructions> {
    const { clock, untilSure } = this.#deps;
    const deadline = clock.monotonic() + Math.min(report.wait, LONGEST_WAIT);
    for (;;) {
      await untilSure(call);
      const answer = this.#instructionsFor(report);
      const left = deadline - clock.monotonic();
      if (left <= 0 || isNews(answer, report) || builder.report !== report) {
        for (const { token } of answer.orders) this.#works.get(token)!.process = report.process;
        return answer;
      }
      await endsInTime(this.#news.promise, { clock, timeout: left, ...call });
    }
  }

  #instructionsFor({ id, process, works, builds, found }: BuilderReport): BuilderInstructions {
    const own = this.#worksOf(id);
    const reported = new Set(works.map(({ token }) => token));
    const records = [...this.#deps.ledger.dibImages.values()].filter(({ builder }) => builder?.id === id);
    const needed = new Set([
      ...own.map(({ order }) => order.token),
      // Those that no attempt waits for yet, or any more, until their outcome is stored.
      ...records.filter(({ state }) => state.phase === "build").map((image) => workToken("build", image)),
    ]);
    const kept = new Set(records.map(({ path }) => basename(path)));
    for (const { builder, build } of this.#removals) if (builder.id === id) kept.delete(build);
    return {
      installation: this.#deps.ledger.installation.id,
      orders: own.filter((work) => !reported.has(work.order.token) && isFor(work, process))
        .map(({ order }) => order),
      going: [...reported].filter((token) => needed.has(token)),
      builds: [...builds, ...found].filter((build) => kept.has(build)),
      logs: Object.fromEntries(own.flatMap(({ order, log }) => {
        const size = log?.size ?? null;
        return size === null ? [] : [[order.token, size]];
      })),
    };
  }

  /** Has what hangs on a builder planned again once that stands otherwise. */
  #tellStates(): void {
    const { ledger, wake } = this.#deps;
    const named = [...ledger.dibImages.values()].flatMap(({ builder }) => builder?.id ?? []);
    const ids = new Set([...this.#roll.reports.map(({ id }) => id), ...named]);
    const states = new Map([...ids].map((id) => [id, this.#roll.stateOf(id)]));
    const isSame = states.size === this.#told.size &&
      [...states].every(([id, state]) => this.#told.get(id) === state);
    this.#told = states;
    if (!isSame) wake();
  }

  #tellNews(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers();
    resolve();
  }
}

/** Whether it is given to that process now. */
function isFor(work: DeskWork, process: string): boolean {
  return work.process === null || work.process === process;
}

function isNews({ orders, going, builds }: BuilderInstructions, report: BuilderReport): boolean {
  const kept = new Set(builds);
  return orders.length > 0 || going.length < report.works.length ||
    report.builds.some((build) => !kept.has(build)) || report.found.some((build) => kept.has(build));
}

/** It says nothing of the work itself: that is done again, without a pause. */
function interrupted(comment: string) {
  return { type: "failed", comment, evidence: null } as const;
}
