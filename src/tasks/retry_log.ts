/**
 * Says in the log, once for all records of a place, when attempts fail that are made again until they work, and when they work
 * again. A failure that ends its record, a launch that a cloud refuses and a deletion on a cloud are logged elsewhere.
 */
import type { DibImage } from "../domain/dib_image.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import { loggerOf } from "../lib/logging.ts";

type Retried = NodeRecord | ProviderImage | DibImage;

/** The phases in which an attempt that worked leaves a node or an image. */
const PASSED: ReadonlySet<string> = new Set(["login", "ready", "test", "upload", "server", "saving"]);

export class RetryLog {
  /** The ids of the records whose last attempt failed, by the work. */
  readonly #failing = new Map<string, Set<number>>();

  note({ previous, next }: { readonly previous: Retried | null; readonly next: Retried | null }): void {
    const work = previous && workOf(previous);
    if (previous === null || work === null) return;
    const [category, name, what] = work;
    const log = loggerOf(category);
    const fields = { place: `${category} ${name}`, what };
    const key = work.join(" ");
    const failing = this.#failing.get(key);
    if (next?.state.phase === previous.state.phase) {
      const { id, retryAt, waitingOn } = next;
      if (retryAt === null || retryAt === previous.retryAt) return;
      this.#failing.set(key, (failing ?? new Set()).add(id));
      const told = { ...fields, id, reason: waitingOn?.message };
      if (failing === undefined) log.warning("{place}: cannot {what}; trying again: {reason}", told);
    } else if (failing?.delete(previous.id) && failing.size === 0) {
      this.#failing.delete(key);
      // The record of a build goes with its files.
      if (next === null || PASSED.has(next.state.phase)) log.info("{place}: can {what} again", fields);
    }
  }
}

/** The work of its phase that is logged here: the category and name of the place, and what is done there. */
function workOf(record: Retried): readonly ["provider" | "target" | "image", string, string] | null {
  const phase: string = record.state.phase;
  if ("path" in record) return phase === "delete" ? ["image", record.name, "remove files of builds"] : null;
  const { provider } = record;
  if ("source" in record) {
    const things = { create: "images", keypair: "keypairs", snapshot: "snapshots" }[phase];
    return things === undefined ? null : ["provider", provider, `create ${things}`];
  }
  if (phase === "address") return ["provider", provider, "create floating IPs"];
  if (phase === "assign") return ["target", record.target, "take nodes"];
  return phase === "test" ? ["target", record.target, "start test jobs"] : null;
}
