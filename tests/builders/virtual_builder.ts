/**
 * A builder of a virtual pool, on a machine of its own: it can be killed, cut off from the leader, and started again on the
 * folder that it had. Uses the real member; only its disk and diskimage-builder are not real.
 */
import { basename } from "node:path";
import { type BuilderLeader, BuilderMember } from "../../src/builders/builder_member.ts";
import { type BuilderInstructions, builderReportSchema } from "../../src/builders/builder_sync.ts";
import type { BuildJob } from "../../src/build/builder.ts";
import type { FolderContent } from "../../src/build/folder_marker.ts";
import { MINUTE } from "../../src/domain/time.ts";
import * as v from "valibot";
import { type ScriptedBuild, ScriptedBuilder } from "../build/scripted_builder.ts";
import type { VirtualPool } from "../scenarios/virtual_pool.ts";

interface VirtualBuilderOptions {
  readonly host: string;
  readonly build?: (job: BuildJob) => ScriptedBuild;
  readonly buildWorkers?: number;
  readonly uploadWorkers?: number;
  /** Of its folder; by default each host has one. */
  readonly id?: string;
  /** That its folder belongs to; left out: to none yet. */
  readonly installation?: string | null;
  /** What becomes of an answer on its way. */
  readonly changeAnswer?: (answer: BuilderInstructions) => object;
}

export class VirtualBuilder implements AsyncDisposable {
  readonly host: string;
  readonly disk: ScriptedBuilder;
  /** Whether the leader can be reached. */
  isCut = false;
  readonly #virtual: VirtualPool;
  readonly #options: VirtualBuilderOptions;
  #folder: MemoryFolder;
  readonly #process = crypto.randomUUID();
  #starts = 0;
  #member: BuilderMember | null = null;

  constructor(virtual: VirtualPool, options: VirtualBuilderOptions) {
    this.host = options.host;
    this.#virtual = virtual;
    this.#options = options;
    this.#folder = new MemoryFolder(options, () => this.files);
    const { build: script = () => ({ time: MINUTE }) } = options;
    this.disk = new ScriptedBuilder({ clock: virtual.clock, script });
    this.start();
  }

  get isRunning(): boolean {
    return this.#member !== null;
  }

  start(): void {
    const { buildWorkers = 1, uploadWorkers = 4 } = this.#options;
    this.#starts++;
    this.#member = new BuilderMember({
      folder: this.#folder,
      builder: this.disk,
      clock: this.#virtual.clock,
      self: { process: `${this.#process} ${this.#starts}`, host: this.host, pid: 1, version: "test" },
      folders: {
        imagesDir: this.#folder.path,
        buildLogDir: "/logs",
        elementsDir: `/elements of ${this.host}`,
        scriptDir: null,
      },
      buildWorkers,
      uploadWorkers,
      buildLogRetention: 20,
      openCloud: (provider) => Promise.resolve(this.#virtual.openCloud(provider)),
      connect: () => Promise.resolve(this.isCut || !this.#virtual.isUp ? null : this.#leader()),
    });
  }

  /** Opens the folder that its process sees in the place of its own from now on, as `DaemonBuilder` does. */
  async findFolder(at: { id: string; disk: number }): Promise<void> {
    await this.kill();
    this.#folder = new MemoryFolder({ ...this.#options, ...at }, () => []);
    this.#starts--;
    this.start();
  }

  /** Ends it at once; files that it had begun stay. */
  async kill(): Promise<void> {
    const ending = this.#member?.[Symbol.asyncDispose]();
    this.#member = null;
    await this.#virtual.during(Promise.resolve(ending));
  }

  stopAccepting(): void {
    this.#member?.stopAccepting();
  }

  /** Names of the builds whose files are on its disk. */
  get files(): string[] {
    return [...this.disk.files.keys()].map((path) => basename(path)).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** As over the network: what is said is JSON, and checked where it arrives. */
  #leader(): BuilderLeader {
    return {
      sync: async (report, { signal }) => {
        if (this.isCut) throw new Error("no route to the leader");
        v.parse(builderReportSchema, JSON.parse(JSON.stringify(report)));
        const answer = await this.#virtual.ask("builder-sync", JSON.parse(JSON.stringify(report)), {
          signal,
        });
        if (this.isCut) throw new Error("no route to the leader");
        const { changeAnswer = (unchanged) => unchanged } = this.#options;
        return JSON.parse(JSON.stringify(changeAnswer(answer)));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}

class MemoryFolder {
  readonly path: string;
  readonly disk: number;
  content: FolderContent;

  constructor(
    { host, id = `folder of ${host}`, installation = null, disk = 1 }:
      & Pick<VirtualBuilderOptions, "host" | "id" | "installation">
      & { disk?: number },
    readonly files: () => readonly string[],
  ) {
    this.path = `/images of ${host}`;
    this.disk = disk;
    this.content = { id, installation, builds: [] };
  }

  problem(): Promise<null> {
    return Promise.resolve(null);
  }

  found(): Promise<readonly string[]> {
    return Promise.resolve(this.files().filter((build) => !this.content.builds.includes(build)));
  }

  begin(path: string): Promise<void> {
    return this.#change({ builds: [...new Set([...this.content.builds, basename(path)])] });
  }

  forget(build: string): Promise<void> {
    return this.#change({ builds: this.content.builds.filter((one) => one !== build) });
  }

  belongTo(installation: string): Promise<void> {
    return this.#change({ installation });
  }

  #change(change: Partial<FolderContent>): Promise<void> {
    this.content = { ...this.content, ...change };
    return Promise.resolve();
  }
}
