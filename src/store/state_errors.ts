/**
 * The messages about a state that cannot be used; one place, so that every such message names the file and a way out.
 */
import { seeManual } from "../domain/see_manual.ts";
import { EtcdError } from "../etcd/etcd.ts";
import { isEtcdState } from "../domain/etcd_address.ts";
import { fileReason } from "../lib/file_reason.ts";
import { copiesBeside, RESCUED } from "./copy_names.ts";
import { StoreError } from "./store.ts";

function wayOut(path: string): string {
  if (isEtcdState(path)) {
    return "delete its keys in etcd, then put a backup there with `nodepool state copy`, or begin with an empty pool (the " +
      "servers of the old one must then be deleted by hand)";
  }
  const rescued = copiesBeside(path, RESCUED);
  const copy = rescued.length === 0
    ? "a copy"
    : `a copy (a daemon that lost it has written ${rescued.join(", ")})`;
  return `restore the file from ${copy}, or move it away, with the files beside it that share its name, to begin with ` +
    "an empty pool (the servers of the old one must then be deleted by hand)";
}

/** The state's contents cannot be trusted. `problem` says where and what. */
export function damagedState(path: string, problem: string, cause?: unknown): StoreError {
  return new StoreError(
    "damaged",
    `the state ${path} is damaged: ${problem}; ${wayOut(path)}; ${seeManual("damaged-state")}`,
    { cause, problem },
  );
}

/** The state is no longer the one that this process opened. `problem` says what happened to it. */
export function goneState(path: string, problem: string): StoreError {
  return new StoreError(
    "gone",
    `the state ${path} has disappeared under this process: ${problem}; ${seeManual("lost-state")}`,
  );
}

/** Nobody can tell now whether an open state is still there. */
export function unreachedState(path: string, cause: unknown): StoreError {
  const problem = `cannot use the state ${path}: it cannot be reached: ${fileReason(cause)}`;
  return new StoreError("unusable", `${problem}; check its folder`, { cause });
}

/** This process must not write to the state any more. `why`: for people. */
export function stoppedState(path: string, why: string): StoreError {
  return new StoreError("stopped", `this process no longer writes to the state ${path}: ${why}`);
}

/** There was a state, as its witness tells, and now it is missing. */
export function lostState(path: string): StoreError {
  return new StoreError(
    "damaged",
    `the state ${path}, which a daemon has written before, is missing; ${wayOut(path)}; ${
      seeManual("lost-state")
    }`,
  );
}

/** Only a later version of the program knows what the state means. */
export function newerState(path: string): StoreError {
  return new StoreError(
    "newer",
    `the state ${path} was written by a later version of nodepool; use that version, or the copy that it made ` +
      `of the state before it changed it (${path}.v*.bak)`,
  );
}

/** The state cannot be made, opened or written. `attempted` is what failed: `the file cannot be opened`. */
export function unusableState(path: string, attempted: string, cause?: unknown): StoreError {
  const problem = `cannot use the state ${path}: ${attempted}`;
  if (cause instanceof Deno.errors.PermissionDenied) {
    return new StoreError(
      "unusable",
      `${problem}: permission denied; run this as the daemon's user or as root`,
    );
  }
  const detail = cause instanceof Error ? `: ${cause.message}` : "";
  return new StoreError("unusable", problem + detail, { cause });
}

/**
 * Turns the errors of etcd and of Deno KV into StoreErrors: SQLite's own words tell damage and foreign locks from other
 * trouble.
 */
export function stateFailure(path: string, attempted: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  if (cause instanceof EtcdError) return etcdFailure(path, attempted, cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/malformed|not a database|corrupt/i.test(message)) return damagedState(path, message, cause);
  if (/database (table )?is locked|busy/i.test(message)) {
    return new StoreError("locked", `the state ${path} is open in another process; stop that first`, {
      cause,
    });
  }
  // All that SQLite says where it has no room for the index of its log.
  const why = /disk i\/o error/i.test(message) ? " (is the disk full, or failing?)" : "";
  return unusableState(path, attempted + why, cause);
}

/** All may work again, and etcd's client says what to do. */
function etcdFailure(path: string, attempted: string, cause: EtcdError): StoreError {
  const manual = cause.kind === "full" ? `; ${seeManual("etcd-full")}` : "";
  return new StoreError("unusable", `cannot use the state ${path}: ${attempted}: ${cause.message}${manual}`, {
    cause,
  });
}
