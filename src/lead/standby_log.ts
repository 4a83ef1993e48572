/**
 * The log of a standby: who it stands behind, each change of leader, and what keeps it from leading. It looks twice a second,
 * and says a thing once; a trouble that lasts it repeats now and then.
 */
import { MINUTE } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";
import type { CampaignLook } from "./campaign.ts";

/** Between two lines about a trouble that lasts. */
const AGAIN = 10 * MINUTE;

const log = loggerOf("daemon");

export class StandbyLog {
  readonly #pool: string;
  readonly #clock: Pick<Clock, "monotonic">;
  /** The leader that was logged last. */
  #leader: string | null = null;
  /** When a trouble was last logged; null: all is well. */
  #troubledAt: number | null = null;

  constructor({ pool, clock }: { pool: string; clock: Pick<Clock, "monotonic"> }) {
    this.#pool = pool;
    this.#clock = clock;
  }

  note({ leader, problem }: CampaignLook): void {
    if (problem !== null) return this.#noteTrouble(problem);
    const isOver = this.#troubledAt !== null;
    this.#troubledAt = null;
    const who = leader?.id ?? "";
    if (who === this.#leader && !isOver) return;
    this.#leader = who;
    log.info("standby of the pool {pool}: {host} leads it; this daemon takes over when that one ends", {
      pool: this.#pool,
      host: leader === null ? "a daemon of another version" : `${leader.host} (pid ${leader.pid})`,
    });
  }

  #noteTrouble(problem: string): void {
    const now = this.#clock.monotonic();
    if (this.#troubledAt !== null && now - this.#troubledAt < AGAIN) return;
    this.#troubledAt = now;
    log.warning("standby of the pool {pool}; it cannot take over: {problem}", { pool: this.#pool, problem });
  }
}
