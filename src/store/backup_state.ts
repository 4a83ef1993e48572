/**
 * Copies of a state as it is at one moment, its write-ahead log included, whether or not a process has it open: SQLite
 * reads it as one transaction and writes a database of its own. A plain copy of the file lacks what is in the log only. Of
 * a state in etcd it is a file with what etcd held at one revision.
 * `state backup`, `restore`, `check` and `export` begin with one.
 */
import { basename, join } from "node:path";
import type { Instant } from "../domain/time.ts";
import { isFolder } from "../lib/is_folder.ts";
import { newFileProblem } from "../lib/new_file.ts";
import { timeStamp } from "./copy_names.ts";
import { readEtcdContents } from "./etcd/etcd_contents.ts";
import { stateFailure, unusableState } from "./state_errors.ts";
import { sizeOf, stateFileAt } from "./state_file.ts";
import { nameOfPlace, type StatePlace } from "./state_place.ts";
import { StoreError } from "./store.ts";
import { fillState, makeDatabase, partialOf } from "./write_state.ts";

interface Backup {
  readonly path: string;
  readonly bytes: number;
}

/**
 * @param target a file that does not exist yet, or a folder, in which the file is named by the time
 * @throws StoreError `damaged`, or `unusable` when the state cannot be read or the copy cannot be made
 */
export async function backupState(
  place: StatePlace,
  { target, now }: { target: string; now: Instant },
): Promise<Backup> {
  const path = typeof place === "string" ? await stateFileAt(place) : place.address;
  if (typeof place === "string") await checkReadable(path);
  const name = typeof place === "string" ? basename(path) : `${place.pool}.kv`;
  const file = await isFolder(target) ? join(target, `${name}.${timeStamp(now)}`) : target;
  await refuseFile(file);
  await refuseFile(partialOf(file));
  const fill = async (partial: string) => {
    if (typeof place === "string") await copyDatabase(path, partial);
    else await fillState(partial, await readEtcdContents(place), file);
  };
  await makeDatabase(file, fill).catch((cause) => {
    throw stateFailure(path, `it cannot be copied to ${file}`, cause);
  });
  return { path: file, bytes: (await Deno.stat(file)).size };
}

/**
 * Works on a copy, which is gone afterwards; the state itself may be in use.
 * @throws StoreError that names the state, where `work` finds fault with the copy's contents
 */
export async function withCopy<Result>(
  place: StatePlace,
  { now, work }: { now: Instant; work: (copy: string) => Promise<Result> },
): Promise<Result> {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-state-" });
  const copy = `${folder}/state.kv`;
  try {
    await backupState(place, { target: copy, now });
    return await work(copy);
  } catch (error) {
    // For want of room, say, where the copy is made.
    if (!(error instanceof StoreError) || error.kind === "unusable") throw error;
    throw new StoreError(error.kind, error.message.replaceAll(copy, nameOfPlace(place)), {
      cause: error.cause,
      problem: error.problem,
    });
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}

/** Of a name that a user gave for a new file. @throws StoreError */
export async function refuseFile(path: string): Promise<void> {
  const problem = await newFileProblem(path);
  if (problem !== null) throw new StoreError("unusable", problem);
}

/** SQLite's own words for what is no file say nothing of that. */
export async function checkReadable(path: string): Promise<void> {
  if (await isFolder(path)) throw new StoreError("unusable", `${path} is a folder, not the file of a state`);
  try {
    (await Deno.open(path)).close();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) throw new StoreError("unusable", `there is no file ${path}`);
    throw unusableState(path, "it cannot be read", cause);
  }
}

/**
 * Into an empty file, all at once, so that nothing is written in between. One that nobody has open is copied as it is: SQLite
 * would make a log and an index beside it, and leave them there.
 */
async function copyDatabase(path: string, target: string): Promise<void> {
  const before = await stampOfClosed(path);
  if (before !== null) {
    await copyBytes(path, target);
    if (await stampOfClosed(path) === before) return;
    await Deno.truncate(target);
  }
  await copyPages(path, target);
}

/** Changes once somebody opens it and writes. null: somebody has it open, or was killed with it. */
async function stampOfClosed(path: string): Promise<string | null> {
  if (await sizeOf(`${path}-wal`) > 0) return null;
  const { mtime, size, ino } = await Deno.stat(path);
  return `${mtime?.getTime()} ${size} ${ino}`;
}

/** The file keeps its permissions, unlike with `Deno.copyFile`. */
async function copyBytes(path: string, target: string): Promise<void> {
  const [from, to] = [await Deno.open(path), await Deno.open(target, { write: true, truncate: true })];
  await from.readable.pipeTo(to.writable);
}

async function copyPages(path: string, target: string): Promise<void> {
  const { backup, DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(path, { readOnly: true });
  await backup(database, target, { rate: -1 });
}
