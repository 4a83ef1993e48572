/** Puts a copy of a state in its place, while no process has it; what was there is kept beside it. */
import { dirname, join } from "node:path";
import type { Instant } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { backupState, refuseFile, withCopy } from "./backup_state.ts";
import { timeStamp } from "./copy_names.ts";
import { isMadeInEtcd, refuseLed, writeEtcdContents } from "./etcd/etcd_contents.ts";
import { keys } from "./keys.ts";
import { refuseNewer } from "./prepare_state.ts";
import { probeFileVersion } from "./probe_version.ts";
import { readCopy } from "./state_contents.ts";
import { damagedState, unusableState } from "./state_errors.ts";
import { removeState, stateFileAt } from "./state_file.ts";
import { lockState } from "./state_lock.ts";
import type { EtcdPlace, StatePlace } from "./state_place.ts";
import { ifThere } from "../lib/if_there.ts";

interface Restored {
  /** Where the state is that was in its place; null: there was none. */
  readonly replaced: string | null;
}

/**
 * The state's witness stays, so that the next daemon knows that it works on an older copy.
 * @param backup a state, and the write-ahead log beside it where there is one; it stays as it is
 * @throws StoreError `locked`, `damaged`, `newer`, `unusable`; then the state is as it was
 */
export async function restoreState(
  place: StatePlace,
  options: { backup: string; clock: Clock },
): Promise<Restored> {
  return await (typeof place === "string" ? restoreFile(place, options) : restoreInEtcd(place, options));
}

/** In etcd no witness of every machine tells: the doubt is put there with the copy. What is replaced is kept beside that. */
async function restoreInEtcd(
  place: EtcdPlace,
  { backup, clock }: { backup: string; clock: Clock },
): Promise<Restored> {
  const now = clock.now();
  await refuseLed(place);
  const contents = await withCopy(backup, { now, work: readCopy });
  refuseNewer(backup, { version: contents.schema });
  const target = join(dirname(backup), `${place.pool}.kv.replaced-${timeStamp(now)}`);
  const replaced = await isMadeInEtcd(place) ? (await backupState(place, { target, now })).path : null;
  const doubt = { key: keys.doubt, value: "it was restored from a copy" };
  const mutations = [...contents.mutations.filter(({ key }) => key[0] !== keys.doubt[0]), doubt];
  await writeEtcdContents(place, { ...contents, mutations }, { replaces: true });
  return { replaced };
}

async function restoreFile(
  given: string,
  { backup, clock }: { backup: string; clock: Clock },
): Promise<Restored> {
  const path = await stateFileAt(given);
  using _lock = await lockState(path, { holder: "nodepool state restore", clock });
  const copy = `${path}.restoring`;
  await removeCopy(copy);
  try {
    await backupState(backup, { target: copy, now: clock.now() });
    await checkVersion(copy, { of: backup });
    return { replaced: await replaceState(path, { by: copy, now: clock.now() }) };
  } finally {
    await removeCopy(copy);
  }
}

/** An older version is migrated by the next daemon. */
async function checkVersion(copy: string, { of }: { of: string }): Promise<void> {
  const version = await probeFileVersion(copy);
  if (version === null) throw damagedState(of, "it is empty");
  refuseNewer(of, { version });
}

/** The log goes first: one that stayed would be taken for the copy's. */
async function replaceState(path: string, { by, now }: { by: string; now: Instant }): Promise<string | null> {
  const aside = `${path}.replaced-${timeStamp(now)}`;
  await refuseFile(aside);
  const moved: string[] = [];
  try {
    for (const suffix of ["-shm", "-wal", ""]) {
      if (await move(path + suffix, aside + suffix)) moved.unshift(suffix);
    }
    await Deno.rename(by, path);
  } catch (cause) {
    // A file that is mounted in a container, say, cannot be moved: its log belongs beside it.
    for (const suffix of moved) await move(aside + suffix, path + suffix);
    throw unusableState(path, `${by} cannot be put in its place`, cause);
  }
  return moved.includes("") ? aside : null;
}

/** False where nothing is. */
async function move(from: string, to: string): Promise<boolean> {
  return await ifThere(Deno.rename(from, to)) !== null;
}

/** Also one that an interrupted restore has left. */
async function removeCopy(copy: string): Promise<void> {
  for (const path of [copy, `${copy}.partial`]) await removeState(path);
}
