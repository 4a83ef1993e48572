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

export function standbyLog({ pool, clock }: { pool: string; clock: Pick<Clock, "monotonic"> }) {
  /** The leader that was logged last. */
  let logged: string | null = null;
  /** When a trouble was last logged; null: all is well. */
  let troubledAt: number | null = null;
  return ({ leader, problem }: CampaignLook): void => {
    const now = clock.monotonic();
    if (problem !== null) {
      if (troubledAt !== null && now - troubledAt < AGAIN) return;
      troubledAt = now;
      return log.warning("standby of the pool {pool}; it cannot take over: {problem}", { pool, problem });
    }
    const isOver = troubledAt !== null;
    troubledAt = null;
    const who = leader?.id ?? "";
    if (who === logged && !isOver) return;
    logged = who;
    log.info("standby of the pool {pool}: {host} leads it; this daemon takes over when that one ends", {
      pool,
      host: leader === null ? "a daemon of another version" : `${leader.host} (pid ${leader.pid})`,
    });
  };
}
