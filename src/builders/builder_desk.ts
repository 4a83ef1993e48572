/**
 * The leader's side of builders on any machine: who is there, what each is to do, and what becomes of it. It is the
 * executor's `BuildSites`: an attempt waits here until its builder has done it, is lost, or was restarted. Nothing here
 * is stored: the records say which builder has what, and the first report of each builder says the rest, so that a new
 * leader goes on with the builds that are under way. The control operation `builder-sync` hands reports in.
 */
import { basename, dirname } from "node:path";
import {
  type BuilderName,
  type BuilderStanding,
  GONE_AFTER,
  LOST_AFTER,
  ORPHANS_END,
  type PlaceState,
} from "../domain/build_places.ts";
import type { DibImage } from "../domain/dib_image.ts";
import { transitionDib } from "../domain/dib_transition.ts";
import { SECOND } from "../domain/time.ts";
import type { BuildSite, BuildSites } from "../execute/images/build_site.ts";
import type { DibOutcome } from "../execute/images/image_outcome.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { waitFor } from "../lib/in_flight.ts";
import { loggerOf } from "../lib/logging.ts";
import { orAborted } from "../lib/or_aborted.ts";
import type { Ledger } from "../store/ledger.ts";
import type { BuilderInstructions, BuilderOrder, BuilderReport, WorkOutcome } from "./builder_sync.ts";
import { DeskWork } from "./desk_work.ts";
import type { LogCopy } from "./log_copy.ts";
import { buildToken } from "./work_token.ts";
import { lostSite, RemoteSite } from "./remote_site.ts";

const log = loggerOf("image", "build");

/** A builder asks again at least so often, or it is silent. */
const SILENT_AFTER = 8 * SECOND;

/** Stands for the builder that has the files of a record which names none. */
const NOBODY = "";

/** The longest that a builder is left without an answer. */
const LONGEST_WAIT = 20 * SECOND;

/** A builder that must not do anything here; the message says why, and what to do. */
export class BuilderRefusedError extends Error {
  override readonly name = "BuilderRefusedError";
}

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

interface Registered {
  report: BuilderReport;
  /** By the monotonic clock. */
  seenAt: number;
  /** Exchanges in which it waits for news. */
  waiting: number;
}

interface Removal {
  readonly builder: string;
  readonly build: string;
  readonly outcome: PromiseWithResolvers<DibOutcome | Error>;
}

export class BuilderDesk implements BuildSites, Disposable {
  readonly #deps: BuilderDeskDeps;
  readonly #startedAt: number;
  readonly #builders = new Map<string, Registered>();
  readonly #works = new Map<string, DeskWork>();
  readonly #removals = new Set<Removal>();
  readonly #subscription: Disposable;
  #told: ReadonlyMap<string, PlaceState> = new Map();
  #news = Promise.withResolvers<void>();

  constructor(deps: BuilderDeskDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.monotonic();
    this.#subscription = deps.ledger.subscribe(({ dibImages }) => {
      if (dibImages.length > 0) this.#tellNews();
    });
  }

  /** @throws BuilderRefusedError; the signal's reason */
  async sync(report: BuilderReport, call: Call): Promise<BuilderInstructions> {
    await this.#deps.untilSure(call);
    this.#checkFit(report);
    const builder = this.#register(report);
    builder.waiting++;
    try {
      for (const work of report.works) await this.#ownWork(report, work.token)?.take(work);
      this.#endRemovals(report);
      await this.#adopt(report);
      this.#look();
      return await this.#newsFor(builder, report, call);
    } finally {
      builder.waiting--;
      builder.seenAt = this.#deps.clock.monotonic();
    }
  }

  get whyNone(): string | null {
    if (this.takers.length > 0) return null;
    return "no builder is connected: run `nodepool daemon --builder-only` on a machine that can build images";
  }

  get takers(): readonly BuildSite[] {
    return [...this.#builders.values()].filter(({ report }) =>
      report.accepting && this.#stateOf(report.id) === "here"
    ).map(({ report }) => this.#siteOf(report));
  }

  of({ builder }: DibImage): BuildSite | null {
    const state = this.stateOf({ builder });
    if (state === "silent") return null;
    if (builder === undefined || state !== "here") return lostSite(builder ?? null);
    return this.#siteOf(this.#builders.get(builder.id)!.report);
  }

  stateOf({ builder }: Pick<DibImage, "builder">): PlaceState {
    return this.#stateOf(builder?.id ?? NOBODY);
  }

  isAt(image: DibImage): boolean {
    if (image.builder === undefined || this.#stateOf(image.builder.id) !== "here") return false;
    const token = buildToken(image);
    return this.#builders.get(image.builder.id)!.report.works.some((work) => work.token === token);
  }

  get standings(): readonly BuilderStanding[] {
    return [...this.#builders.values()].map(({ report }) => ({
      id: report.id,
      host: report.host,
      version: report.version,
      state: this.#stateOf(report.id),
      buildWorkers: report.buildWorkers,
      uploadWorkers: report.uploadWorkers,
      works: [...this.#works.values()].filter((work) => work.builder === report.id).map(({ order }) =>
        order.type
      ),
    }));
  }

  /** Gives up what lost builders were at. To be called every few seconds. */
  look(): void {
    this.#look();
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
    const known = this.#builders.get(builder.id)?.report;
    const process = known?.works.some((work) => work.token === token) ? known.process : null;
    const work = new DeskWork({ builder: builder.id, order, process, log: copy, onProgress });
    this.#works.set(token, work);
    this.#tellNews();
    try {
      return await waitFor(`builder ${builder.host}`, () => orAborted(work.outcome, signal));
    } finally {
      this.#works.delete(token);
      this.#tellNews();
    }
  }

  /** @returns an error for people, where the builder could not */
  async remove(
    image: DibImage,
    { builder, signal }: Call & { builder: BuilderName },
  ): Promise<DibOutcome | Error> {
    const removal = {
      builder: builder.id,
      build: basename(image.path),
      outcome: Promise.withResolvers<DibOutcome | Error>(),
    };
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
    return new RemoteSite(report, { desk: this, clock: this.#deps.clock });
  }

  /** A builder on this machine writes the log where the copy would be. */
  #isOwnLog(order: BuilderOrder, { builder, logFile }: { builder: BuilderName; logFile: string }): boolean {
    return builder.host === this.#deps.host && order.type === "build" && order.job.logFile === logFile;
  }

  #checkFit({ id, process, host, installation, imagesDir }: BuilderReport): void {
    const own = this.#deps.ledger.installation.id;
    if (installation !== null && installation !== own) {
      throw new BuilderRefusedError(
        `${imagesDir} on ${host} holds images of another pool: give this builder an images-dir of its own`,
      );
    }
    const known = this.#builders.get(id)?.report;
    if (known === undefined || known.process === process || known.host === host) return;
    if (this.#stateOf(id) !== "here") return;
    throw new BuilderRefusedError(
      `${imagesDir} on ${host} is a copy of that of the builder on ${known.host}: remove .nodepool-builder.json from it`,
    );
  }

  #register(report: BuilderReport): Registered {
    const known = this.#builders.get(report.id);
    if (known?.report.process !== report.process) {
      log.info("builder {host} (nodepool {version}) is connected", {
        host: report.host,
        version: report.version,
      });
      for (const work of this.#worksOf(report.id)) {
        if (!work.isFor(report.process)) work.end(this.#restarted(report));
      }
    }
    const builder = known ?? { report, seenAt: 0, waiting: 0 };
    Object.assign(builder, { report, seenAt: this.#deps.clock.monotonic() });
    this.#builders.set(report.id, builder);
    return builder;
  }

  #worksOf(builder: string): DeskWork[] {
    return [...this.#works.values()].filter((work) => work.builder === builder);
  }

  #ownWork({ id, process }: BuilderReport, token: string): DeskWork | null {
    const work = this.#works.get(token);
    if (work === undefined || work.builder !== id) return null;
    work.giveTo(process);
    return work;
  }

  #endRemovals({ id, host, builds, stuck }: BuilderReport): void {
    for (const { builder, build, outcome } of this.#removals) {
      if (builder !== id) continue;
      const problem = stuck.find((one) => one.build === build);
      if (problem !== undefined) outcome.resolve(new Error(`builder ${host}: ${problem.message}`));
      else if (!builds.includes(build)) outcome.resolve({ type: "removed" });
    }
  }

  /** Records of a state that was moved here say nothing of builders: whoever has the files has them. */
  async #adopt({ id, host, imagesDir, found }: BuilderReport): Promise<void> {
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
  async #newsFor(builder: Registered, report: BuilderReport, call: Call): Promise<BuilderInstructions> {
    const { clock, untilSure } = this.#deps;
    const deadline = clock.monotonic() + Math.min(report.wait, LONGEST_WAIT);
    for (;;) {
      await untilSure(call);
      const answer = this.#instructionsFor(report);
      const left = deadline - clock.monotonic();
      if (left <= 0 || isNews(answer, report) || builder.report !== report) {
        for (const { token } of answer.orders) this.#works.get(token)?.giveTo(report.process);
        return answer;
      }
      await this.#newsWithin(left, call);
    }
  }

  async #newsWithin(time: number, { signal }: Call): Promise<void> {
    const over = new AbortController();
    const sleep = this.#deps.clock.sleep(time, { signal: AbortSignal.any([signal, over.signal]) });
    const news = this.#news.promise;
    try {
      await Promise.race([news, sleep]);
    } finally {
      over.abort();
      await sleep.catch(() => {});
    }
  }

  #instructionsFor({ id, process, works, builds, found }: BuilderReport): BuilderInstructions {
    const own = this.#worksOf(id);
    const reported = new Set(works.map(({ token }) => token));
    const records = [...this.#deps.ledger.dibImages.values()].filter(({ builder }) => builder?.id === id);
    const needed = new Set([
      ...own.map(({ order }) => order.token),
      // Those that no attempt waits for yet, or any more, until their outcome is stored.
      ...records.filter(({ state }) => state.phase === "build").map(buildToken),
    ]);
    const kept = new Set(records.map(({ path }) => basename(path)));
    for (const { builder, build } of this.#removals) if (builder === id) kept.delete(build);
    return {
      installation: this.#deps.ledger.installation.id,
      orders: own.filter((work) => !reported.has(work.order.token) && work.isFor(process)).map(({ order }) =>
        order
      ),
      going: [...reported].filter((token) => needed.has(token)),
      builds: [...builds, ...found].filter((build) => kept.has(build)),
      logs: Object.fromEntries(own.flatMap(({ order, log }) => {
        const size = log?.size ?? null;
        return size === null ? [] : [[order.token, size]];
      })),
    };
  }

  #stateOf(id: string): PlaceState {
    const known = this.#builders.get(id);
    if (known !== undefined && known.waiting > 0) return "here";
    const silence = this.#deps.clock.monotonic() - (known?.seenAt ?? this.#startedAt);
    if (silence >= GONE_AFTER) return "gone";
    if (silence >= LOST_AFTER) return "lost";
    return known !== undefined && silence < SILENT_AFTER ? "here" : "silent";
  }

  #look(): void {
    const isLost = (id: string) => ["lost", "gone"].includes(this.#stateOf(id));
    for (const work of this.#works.values()) {
      if (isLost(work.builder)) work.end(interrupted(`builder ${this.#hostOf(work.builder)} was lost`));
    }
    for (const { builder, outcome } of this.#removals) {
      if (isLost(builder)) outcome.resolve({ type: "removed" });
    }
    this.#tellStates();
  }

  /** Has what hangs on a builder planned again once that stands otherwise. */
  #tellStates(): void {
    const { ledger, wake } = this.#deps;
    const named = [...ledger.dibImages.values()].flatMap(({ builder }) => builder?.id ?? []);
    const ids = new Set([...this.#builders.keys(), ...named]);
    const states = new Map([...ids].map((id) => [id, this.#stateOf(id)]));
    const isSame = states.size === this.#told.size &&
      [...states].every(([id, state]) => this.#told.get(id) === state);
    this.#told = states;
    if (!isSame) wake();
  }

  #hostOf(id: string): string {
    return this.#builders.get(id)?.report.host ?? id;
  }

  /** Its former process's own processes may still be writing. */
  #restarted({ host }: BuilderReport): WorkOutcome {
    return { ...interrupted(`builder ${host} was restarted`), until: this.#deps.clock.now() + ORPHANS_END };
  }

  #tellNews(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers();
    resolve();
  }
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
