/**
 * Where diskimages are built and their files lie: the process that has the state, or, with a state on etcd, builders on
 * any machine. Plans and explanations ask this view of them.
 */
import type { DibImage } from "./dib_image.ts";
import { HOUR, MINUTE, SECOND } from "./time.ts";

/** A builder by what records say of it. */
export interface BuilderName {
  /** Of the folder that it keeps its images in: the same after a restart. */
  readonly id: string;
  readonly host: string;
}

/**
 * `here`: it can be asked; `silent`: it may just be restarting; `lost`: what it was doing has failed; `gone`: its files
 * are not counted on any more.
 */
export type PlaceState = "here" | "silent" | "lost" | "gone";

/** A builder that has not been heard of for this long is lost. */
export const LOST_AFTER = 15 * SECOND;

/** Long enough to restart a machine, or to plug it in again: what is gone is built once more. */
export const GONE_AFTER = 15 * MINUTE;

/** Builds whose folder is not in its place for so long are lost: they go as if their files were removed. */
export const FILES_LOST_AFTER = 6 * HOUR;

/** A builder as people see it. */
export interface BuilderStanding extends BuilderName {
  /** Of nodepool. */
  readonly version: string;
  readonly state: PlaceState;
  /** Why it can do nothing now, for people; null: it can, or is not here. */
  readonly problem: string | null;
  readonly buildWorkers: number;
  readonly uploadWorkers: number;
  /** The work that it has been given now. */
  readonly works: readonly ("build" | "upload")[];
}

/**
 * The time until the processes of a killed builder are ended by a watchdog of its own; their files are removed
 * after that, so that none is written again.
 */
export const ORPHANS_END = 20 * SECOND;

export interface BuildPlaces {
  /** Why nobody builds diskimages now; null: somebody does. */
  readonly whyNone: string | null;
  /** How the place stands that has the files of a build. */
  stateOf(image: Pick<DibImage, "builder">): PlaceState;
  /** Whether it is working on that build, which another process gave it. */
  isAt(image: DibImage): boolean;
}

/** The process that has the state in a file builds by itself; builds of others came with a copy of the state. */
export const thisProcess: BuildPlaces = {
  whyNone: null,
  stateOf: ({ builder }) => builder === undefined ? "here" : "gone",
  isAt: () => false,
};

/** For people: who has a build's files. */
export function hostOf({ builder }: Pick<DibImage, "builder">): string {
  return builder === undefined ? "the builder" : `builder ${builder.host}`;
}
