/**
 * Learns from a cloud's refusals of servers what to expect of the next request: for how long to ask for none, and of
 * which sizes. `ProviderWatch` has one for its provider.
 */
import { type CloudError, pauseAfter } from "../domain/cloud_error.ts";
import { concerns, type LaunchRefusal } from "../domain/observation.ts";
import type { Flavor } from "../domain/server.ts";
import { MINUTE, SECOND } from "../domain/time.ts";
import { backoff } from "../domain/backoff.ts";
import type { Clock } from "../lib/clock.ts";

/** A refusal for want of room may last; one for want of an answer seldom does. */
const PAUSES = { quota: 5 * SECOND, capacity: 5 * SECOND, unauthorized: 15 * SECOND, other: SECOND };
const LONGEST_PAUSE = MINUTE;

export class LaunchRefusals {
  readonly #clock: Clock;
  /** The one in force; null: no refusal. */
  current: LaunchRefusal | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param flavor null: it is not known */
  noteAccepted(flavor: Flavor | null): void {
    if (this.current !== null && concerns(this.current, flavor)) this.current = null;
  }

  noteRefused(error: CloudError, flavor: Flavor | null): void {
    const { kind, message } = error;
    const now = this.#clock.now();
    // Requests that were in progress when the cloud refused one tell nothing new.
    const isSameWave = this.current !== null && now < this.current.until;
    const count = (this.current?.count ?? 0) + (isSameWave ? 0 : 1);
    const base = PAUSES[kind as keyof typeof PAUSES] ?? PAUSES.other;
    const until = now + pauseAfter(error, backoff({ failures: count, base, max: LONGEST_PAUSE }));
    const own = kind === "quota" || kind === "capacity" ? flavor : null;
    // That a larger one is refused as well leaves no more room for the smaller.
    const size = isSameWave && concerns(this.current!, own) ? this.current!.size : own;
    this.current = { message, kind: kind as LaunchRefusal["kind"], size, count, until };
  }
}
