/** A leadership that is sure, unsure and lost as a test says. */
import { type Leadership, NotLeadingError } from "../../src/lead/leadership.ts";
import type { Machines } from "../../src/lead/machines.ts";
import type { Call } from "../../src/lib/call.ts";
import { orAborted } from "../../src/lib/or_aborted.ts";
import { keys, recordOf, virtualEtcd } from "./campaigning.ts";

export class ScriptedLeadership implements Leadership {
  readonly token = 7;
  isLost = false;
  readonly #lost = Promise.withResolvers<NotLeadingError>();
  #sure = Promise.withResolvers<void>();
  #isSure = true;

  get isSure(): boolean {
    return this.#isSure && !this.isLost;
  }

  set isSure(isSure: boolean) {
    this.#isSure = isSure;
    if (isSure) this.#sure.resolve();
    else this.#sure = Promise.withResolvers();
  }

  get lost(): Promise<NotLeadingError> {
    return this.#lost.promise;
  }

  async untilSure({ signal }: Call): Promise<void> {
    while (!this.isSure) await orAborted(this.#sure.promise, signal);
  }

  lose(why: string): void {
    this.isLost = true;
    this.#sure = Promise.withResolvers();
    this.#lost.resolve(new NotLeadingError(why));
  }
}

export function machinesOf(leadership: Leadership): Machines {
  return { etcd: virtualEtcd().etcd.client("one"), keys, leadership, self: recordOf("one") };
}
