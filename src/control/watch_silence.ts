/**
 * Whether a daemon that owes an answer answers anybody. One that hangs, or was stopped by SIGSTOP, takes connections like any
 * other: the kernel does that for it. Some answers take long, so after a while the daemon is asked for its greeting, too,
 * which it always has at hand.
 */
import { SECOND } from "../domain/time.ts";
import { type Clock, sleptThrough } from "../lib/clock.ts";
import { endsInTime } from "../lib/deadline.ts";
import type { ControlWire } from "./control_client.ts";
import { NoAnswerError } from "./control_error.ts";

/** Until the daemon is asked for its greeting, and for that to come. */
const ANSWER_TIME = 5 * SECOND;
const GREETING_TIME = SECOND;
/** As long as service managers wait for an answer, and twice that. */
const GIVING_UP = 60 * SECOND;

export interface SilenceWatch {
  readonly clock: Clock;
  /** Gets, for people, that the daemon does not answer yet. */
  tell(text: string): void;
}

/** The daemon takes connections and answers nobody; whether it was heard is not known. */
export class SilentDaemonError extends NoAnswerError {
  constructor(place: string) {
    super(place);
    this.message = `the daemon at ${place} has not answered for ${GIVING_UP / SECOND} s: it hangs, or its ` +
      "process is stopped; restart it if that lasts";
  }
}

/** @returns the daemon hangs; null: it does not, or the signal was aborted, since the answer has come */
export async function watchSilence(
  wire: ControlWire,
  { clock, tell, signal }: SilenceWatch & { signal: AbortSignal },
): Promise<SilentDaemonError | null> {
  try {
    if (!await sleptThrough(clock, ANSWER_TIME, { signal })) return null;
    const greeting = wire.send({ method: "GET", path: "/", headers: {} }, { signal })
      .then((response) => response.body?.cancel());
    if (await endsInTime(greeting, { clock, timeout: GREETING_TIME, signal })) return null;
    tell(`the daemon at ${wire.place} does not answer yet; still waiting`);
    const rest = GIVING_UP - ANSWER_TIME - GREETING_TIME;
    return await endsInTime(greeting, { clock, timeout: rest, signal })
      ? null
      : new SilentDaemonError(wire.place);
  } catch {
    return null; // the answer has come, or fails in the same way
  }
}
