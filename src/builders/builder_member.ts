/**
 * A builder: it asks the leader for work, builds with diskimage-builder, sends images to the clouds, and removes the
 * files that nobody needs any more. It decides nothing, and stores nothing but which builds it has begun
 * (`BuilderFolder`). While nobody leads, it continues the work it has. `daemon --builder-only` runs it where the state
 * is on etcd, and so does each daemon that may lead.
 */
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import type { Builder } from "../build/builder.ts";
import type { WholeCloud } from "../cloud/cloud.ts";
import { SECOND } from "../domain/time.ts";
import { executeBuildImage } from "../execute/images/build_image.ts";
import type { BuildFolders } from "../execute/images/build_site.ts";
import { executeUploadImage } from "../execute/images/upload_image.ts";
import { evidenceOf } from "../execute/outcome.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import type { BuilderFolder } from "./builder_folder.ts";
import {
  type BuilderInstructions,
  type BuilderOrder,
  builderOrderSchema,
  type BuilderReport,
  type WorkOutcome,
} from "./builder_sync.ts";
import { BuilderWork } from "./builder_work.ts";

const log = loggerOf("image", "build");

/** How long to wait for news: with work, whose progress and log it reports, and without. */
const BUSY_WAIT = SECOND;
const IDLE_WAIT = 5 * SECOND;

/** Between two attempts to reach the leader. */
const RETRY = SECOND;

/** Not worth a line in the log: a leader starts, or hands over. */
const SHORT_TROUBLE = 5 * SECOND;

/** For the outcome of a build to reach a leader when this process is to end. */
const HAND_OVER = 30 * SECOND;

/** For an answer, beyond what it may take. */
const ANSWER_TIMEOUT = 10 * SECOND;

/** The leader, as a builder asks it. */
export interface BuilderLeader extends AsyncDisposable {
  sync(report: BuilderReport, call: Call): Promise<BuilderInstructions>;
}

interface BuilderMemberDeps {
  readonly folder: Pick<
    BuilderFolder,
    "path" | "disk" | "content" | "problem" | "found" | "begin" | "forget" | "belongTo"
  >;
  readonly builder: Builder;
  readonly clock: Clock;
  /** This process, as it is reported to the leader. */
  readonly self: Pick<BuilderReport, "process" | "host" | "pid" | "version">;
  /** Those of this machine's configuration. */
  readonly folders: BuildFolders;
  readonly buildWorkers: number;
  readonly uploadWorkers: number;
  /** How many logs of a diskimage are kept. */
  readonly buildLogRetention: number;
  /** The cloud of a provider, by this machine's configuration as it is now. @throws what says that it has none */
  readonly openCloud: (provider: string) => Promise<WholeCloud>;
  /** The leader; null: nobody does. */
  readonly connect: (call: Call) => Promise<BuilderLeader | null>;
}

export class BuilderMember implements AsyncDisposable {
  readonly #deps: BuilderMemberDeps;
  readonly #works = new Map<string, BuilderWork>();
  /** Why builds that nobody needs could not be removed. */
  readonly #stuck = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #accepting = true;
  /** As they were when it began to talk to its leader. */
  #found: readonly string[] = [];
  /** The last reason why nobody could be asked, as it was logged. */
  #trouble: string | null = null;
  /** By the monotonic clock; null: the leader has answered. */
  #troubledSince: number | null = null;

  /** Begins to ask. */
  constructor(deps: BuilderMemberDeps) {
    this.#deps = deps;
    this.#running = this.#run().catch((error) => {
      if (!this.#stop.signal.aborted) log.error("defect: {error}", { error: errorChain(error) });
    });
  }

  /** Takes no more work; its work in progress goes on. */
  stopAccepting(): void {
    this.#accepting = false;
  }

  /** Resolves once no diskimage is being built, and the leader, if there is one, has heard of it. */
  async buildsEnd({ signal }: Call): Promise<void> {
    const { clock } = this.#deps;
    while (this.isBuilding) await clock.sleep(RETRY, { signal });
    const deadline = clock.monotonic() + HAND_OVER;
    while (this.#builds.length > 0 && clock.monotonic() < deadline) await clock.sleep(RETRY, { signal });
  }

  get isBuilding(): boolean {
    return this.#builds.some(({ isRunning }) => isRunning);
  }

  get #builds() {
    return [...this.#works.values()].flatMap(({ order, isRunning }) =>
      order?.type === "build" ? { order, isRunning } : []
    );
  }

  /** Whether it has no work, and the leader knows the outcome of the last. */
  get isIdle(): boolean {
    return this.#works.size === 0;
  }

  /** Ends its work in progress. */
  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new Error("nodepool is stopping");
    this.#stop.abort(reason);
    await this.#running;
    await Promise.all([...this.#works.values()].map((work) => work.end(reason)));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#talk();
      } catch (error) {
        if (signal.aborted) return;
        this.#tell(errorChain(error));
      }
      await this.#deps.clock.sleep(RETRY, { signal });
    }
  }

  /** With one leader, until it no longer answers. */
  async #talk(): Promise<void> {
    const { signal } = this.#stop;
    await using leader = await this.#deps.connect({ signal });
    if (leader === null) return this.#tell("nobody leads");
    this.#found = await this.#deps.folder.found().catch(() => []);
    for (;;) {
      const isDone = await this.#exchange(leader);
      // The leader would answer at once, as long as there is something left to remove.
      if (!isDone) await this.#deps.clock.sleep(BUSY_WAIT, { signal });
    }
  }

  /** @returns whether all files are removed that are to go */
  async #exchange(leader: BuilderLeader): Promise<boolean> {
    const report = await this.#report();
    const answer = await this.#ask(leader, report);
    this.#tell(null);
    await this.#deps.folder.belongTo(answer.installation);
    this.#endOthers(report, answer);
    for (const order of answer.orders) this.#begin(order);
    for (const [token, work] of this.#works) work.noteLog(answer.logs[token] ?? null);
    return report.problem !== undefined || await this.#removeOthers(report, answer.builds);
  }

  /** Removes the builds that the leader has no record of, or is done with. @returns whether all are gone */
  async #removeOthers({ builds }: BuilderReport, needed: readonly string[]): Promise<boolean> {
    const { folder } = this.#deps;
    for (const build of needed) {
      this.#stuck.delete(build);
      await folder.begin(join(folder.path, build));
    }
    const others = builds.filter((build) => !needed.includes(build));
    const removed = await Promise.all(others.map((build) => !this.#isWritten(build) && this.#remove(build)));
    return removed.every((isGone) => isGone);
  }

  async #remove(build: string): Promise<boolean> {
    const { folder, builder } = this.#deps;
    try {
      await builder.remove(join(folder.path, build));
      await folder.forget(build);
      this.#stuck.delete(build);
      return true;
    } catch (error) {
      const problem = errorChain(error);
      if (!this.#stuck.has(build)) log.warning("cannot remove {build}: {error}", { build, error: problem });
      this.#stuck.set(build, problem);
      return false;
    }
  }

  async #ask(leader: BuilderLeader, report: BuilderReport): Promise<BuilderInstructions> {
    const timeout = report.wait + ANSWER_TIMEOUT;
    using deadline = startDeadline({ clock: this.#deps.clock, timeout, signal: this.#stop.signal });
    return await leader.sync(report, deadline);
  }

  async #report(): Promise<BuilderReport> {
    const { self, folder, folders, buildWorkers, uploadWorkers } = this.#deps;
    const works = await Promise.all(
      [...this.#works.values()].filter(({ isEnding }) => !isEnding).map((work) => work.report()),
    );
    const hasMore = works.some(({ log }) => log !== null);
    const problem = await folder.problem();
    return {
      ...self,
      ...folders,
      // On another disk it counts as restarted: somebody who replaces a folder does so on the disk that it is on.
      process: `${self.process} ${folder.disk}`,
      ...folder.content,
      accepting: this.#accepting && problem === null,
      ...(problem !== null && { problem }),
      buildWorkers,
      uploadWorkers,
      found: this.#found.filter((build) => !folder.content.builds.includes(build)),
      stuck: [...this.#stuck].map(([build, message]) => ({ build, message })),
      works,
      wait: hasMore ? 0 : works.length > 0 ? BUSY_WAIT : IDLE_WAIT,
    };
  }

  /** Ends the works that the leader no longer needs, and forgets them once nothing of them runs. */
  #endOthers({ works }: BuilderReport, { going }: BuilderInstructions): void {
    const needed = new Set(going);
    for (const { token } of works.filter((one) => !needed.has(one.token))) {
      const ending = this.#works.get(token)!.end(new Error("the leader no longer needs it"));
      void ending.then(() => this.#works.delete(token));
    }
  }

  #begin(given: BuilderInstructions["orders"][number]): void {
    const { token } = given;
    if (this.#works.has(token)) return;
    const { output: order, success } = v.safeParse(builderOrderSchema, given);
    const work = new BuilderWork(
      { token, order: success ? order : null },
      (work, signal) => success ? this.#carryOut(order, { work, signal }) : this.#refuse(given.type),
    );
    this.#works.set(token, work);
  }

  async #carryOut(order: BuilderOrder, { work, signal }: Call & { work: BuilderWork }): Promise<WorkOutcome> {
    const { clock } = this.#deps;
    try {
      const outcome = order.type === "build"
        ? await this.#build(order, signal)
        : await this.#upload(order, { work, signal });
      return outcome as WorkOutcome;
    } catch (error) {
      signal.throwIfAborted();
      return failed(error, clock);
    }
  }

  async #build({ job }: BuilderOrder & { type: "build" }, signal: AbortSignal) {
    const { folder, builder, clock, buildLogRetention: keep } = this.#deps;
    // One that is being ended still has its place.
    await Promise.all([...this.#works.values()].flatMap(({ isEnding, done }) => isEnding ? [done] : []));
    signal.throwIfAborted();
    await folder.begin(job.path);
    const outcome = await executeBuildImage(job, { builder, clock, signal });
    await builder.trimLogs(dirname(job.logFile), { name: job.name, keep });
    return outcome;
  }

  async #upload(
    { provider, ...upload }: BuilderOrder & { type: "upload" },
    { work, signal }: Call & { work: BuilderWork },
  ) {
    const { builder, clock, openCloud } = this.#deps;
    await using cloud = await openCloud(provider);
    const onProgress = (progress: { sent: number; total: number }) => work.noteProgress(progress);
    const deps = { cloud, builder, clock, signal, onProgress };
    return await executeUploadImage(upload, deps);
  }

  #refuse(type: string): Promise<WorkOutcome> {
    const { self: { version }, clock } = this.#deps;
    const why = `nodepool ${version} cannot handle ${type}: install the leader's version`;
    return Promise.resolve(failed(new Error(why), clock));
  }

  /** Something still writes its files. */
  #isWritten(build: string): boolean {
    return this.#builds.some(({ order }) => basename(order.job.path) === build);
  }

  /** @param trouble null: the leader answers */
  #tell(trouble: string | null): void {
    const now = this.#deps.clock.monotonic();
    this.#troubledSince = trouble === null ? null : this.#troubledSince ?? now;
    if (trouble === this.#trouble) return;
    if (trouble !== null && now - this.#troubledSince! < SHORT_TROUBLE) return;
    this.#trouble = trouble;
    if (trouble === null) log.info("connected to the leader");
    else log.warning("cannot ask the leader for work; work in progress goes on: {trouble}", { trouble });
  }
}

function failed(error: unknown, clock: Clock): WorkOutcome {
  const evidence = evidenceOf(error, clock.now());
  return { type: "failed", comment: evidence.error, evidence };
}
