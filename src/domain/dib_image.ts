/**
 * A dib image: one build of a diskimage, from the decision to build it until its files are removed. The record is
 * everything the pool knows of it; the files lie in `images-dir`.
 */
import type { BuilderName } from "./build_places.ts";
import type { PoolRecord } from "./node.ts";
import type { Instant } from "./time.ts";

/** The state names that users know, of dib images and of provider images alike. */
export type ImageStateName = "building" | "ready" | "delete";

export const imageStateNames: readonly ImageStateName[] = ["building", "ready", "delete"];

export type DibImageState =
  /** To be built, or being built; `startedAt` null: it waits for a build worker. */
  | { readonly phase: "build"; readonly startedAt: Instant | null }
  | { readonly phase: "ready"; readonly files: readonly ImageFile[] }
  /** Its files are to be removed. */
  | { readonly phase: "delete" };

/** One format of a build: the file `NAME-VERSION.FORMAT`. */
export interface ImageFile {
  readonly format: string;
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal, what Glance shows as `checksum` and (for most) as `os_hash_value`. */
  readonly md5: string;
  readonly sha512: string;
}

export interface DibImage extends PoolRecord {
  /** The diskimage's name. */
  readonly name: string;
  /** Unix time in seconds at which it was decided on; no two builds of a diskimage share it. */
  readonly version: number;
  readonly state: DibImageState;
  /** The path of its files without the format, where they are: `IMAGES-DIR/NAME-VERSION`. */
  readonly path: string;
  /** Who builds it and has its files; left out: the process that has the state, or it has not been begun. */
  readonly builder?: BuilderName;
  /** The formats built in one run. */
  readonly formats: readonly string[];
  readonly logFile: string | null;
}

/** The state that users see for a dib image. */
export function dibStateName({ state }: Pick<DibImage, "state">): ImageStateName {
  return state.phase === "build" ? "building" : state.phase;
}

/** The file of a build in that format; null: it has no such file. */
export function fileOfBuild({ state }: Pick<DibImage, "state">, format: string): ImageFile | null {
  return state.phase === "ready" ? state.files.find((file) => file.format === format) ?? null : null;
}
