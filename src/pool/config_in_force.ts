/**
 * The configuration in force. Readings have one queue: each begins after the one before it has taken effect, so that
 * an older one never replaces a newer one, and a reload that is asked for during another reads once more after it. A
 * file that cannot be used changes nothing. What could not be put into effect as a whole is tried again at the next
 * reading. Whatever else goes wrong in a reading is a problem of it too, which lasts until one succeeds. SIGHUP, POST
 * /reload and the watch over the file all come here; code that acts takes `current` once, as a value, and goes by that
 * to the end.
 */
import { ConfigError, formatProblem } from "../config/config_error.ts";
import { excerptText } from "../config/format_excerpt.ts";
import { ControlError } from "../control/control_error.ts";
import type { Config } from "../domain/config.ts";
import type { EventKind, NewEvent } from "../domain/pool_event.ts";
import { durationText, type Instant, MINUTE, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { inTime, TimeUpError } from "../lib/deadline.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import { configChanges } from "./plan_config.ts";

/** The result of reading it again. */
export interface ConfigReading {
  /** The changes, one line each. */
  readonly changes: readonly string[];
  /** Why it cannot be used, one line each; then the one before stays in force. */
  readonly problems: readonly string[];
}

interface ConfigStanding {
  /** Since when the one in force is. */
  since: Instant;
  /** When one was last read that could be put into effect. */
  readAt: Instant;
  /** Why the newest reading cannot be used, whatever failed; one line each. */
  problems: readonly string[];
  /** Why the one in force could not be put into effect as a whole; null: it was. */
  fault: string | null;
}

interface ConfigInForceDeps {
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** @throws ConfigError */
  readonly read: () => Promise<{ readonly config: Config }>;
  /** Has the pool go by the configuration; never called twice at once. */
  readonly apply: (config: Config) => Promise<void>;
  readonly tell: (event: NewEvent) => void;
  /** The effects of a changed configuration on the pool as it is, one line each. */
  readonly effects: (before: Config, after: Config) => readonly string[];
  /** As `configChanges` has it. */
  readonly overruled?: readonly string[] | undefined;
}

/**
 * Between two times that the same problems are logged: a user who saves a file and then sends SIGHUP has it read
 * twice.
 */
const AGAIN = MINUTE;

/** For a file system to answer; a reading that takes longer is given up. */
const READING_TIME = 30 * SECOND;

/** Readings that have been given up, and have not ended: each keeps one of the few threads for files. */
const MOST_HANGING = 8;
const HANGS = `it has not been read within ${durationText(READING_TIME)}: ` +
  "a network file system does not answer, or nobody writes to a named pipe";

const log = loggerOf("daemon");

export class ConfigInForce implements AsyncDisposable {
  readonly #deps: ConfigInForceDeps;
  #current: Config;
  readonly #standing: ConfigStanding;
  /** Of the last reading's problems, by their order; undefined: there is no line to show. */
  #excerpts: readonly (string | undefined)[] = [];
  /** When those were last logged. */
  #loggedAt: Instant = -Infinity;
  /** Ends with the last reading in the queue; never rejects. */
  #queue: Promise<unknown> = Promise.resolve();
  /** The reading that has not begun yet; null: none waits. */
  #next: Promise<ConfigReading> | null = null;
  /** How many readings hang. */
  #hanging = 0;
  readonly #closing = new AbortController();

  constructor(config: Config, deps: ConfigInForceDeps) {
    this.#deps = deps;
    this.#current = config;
    const now = deps.clock.now();
    this.#standing = { since: now, readAt: now, problems: [], fault: null };
  }

  get current(): Config {
    return this.#current;
  }

  get standing(): Readonly<ConfigStanding> {
    return this.#standing;
  }

  /** Whether a reading has been given up that has not ended yet. */
  get hangs(): boolean {
    return this.#hanging > 0;
  }

  /** Puts the first one into effect. */
  begin(): Promise<void> {
    return this.#inTurn(() => this.#apply());
  }

  /** Reads it again. @throws ControlError where the pool ends; otherwise only what putting it into effect throws */
  reload(): Promise<ConfigReading> {
    return this.#next ??= this.#inTurn(() => {
      this.#next = null;
      return this.#read();
    });
  }

  /** Waits for what is being put into effect; nothing is read any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(
      new ControlError(503, "the daemon is stopping and no longer reads the configuration"),
    );
    await this.#queue;
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(run);
    this.#queue = result.catch(() => {});
    return result;
  }

  async #read(): Promise<ConfigReading> {
    const reading = await this.#take();
    const readAt = this.#deps.clock.now();
    const isNews = reading.problems.join("\n") !== this.#standing.problems.join("\n");
    if (isNews) this.#loggedAt = -Infinity;
    const isMended = reading.problems.length === 0 && this.#standing.problems.length > 0;
    this.#standing.problems = reading.problems;
    if (isMended) this.#tellMended("is good again");
    if (reading.changes.length > 0) {
      this.#tell("configuration.changed", `was changed: ${reading.changes.join("; ")}`);
    } else if (reading.problems.length > 0 && isNews) {
      this.#tell("configuration.refused", `was refused: ${reading.problems.join("; ")}`);
    }
    if (readAt - this.#loggedAt >= AGAIN) this.#log(reading.problems, readAt);
    if (reading.changes.length > 0 || this.#standing.fault !== null) await this.#apply();
    if (reading.problems.length === 0) this.#standing.readAt = readAt;
    return reading;
  }

  #log(problems: readonly string[], now: Instant): void {
    this.#loggedAt = now;
    problems.forEach((problem, at) => {
      const excerpt = this.#excerpts[at];
      log.error("configuration: {problem}; the last good one stays in force", { problem, excerpt });
    });
  }

  #tell(kind: EventKind, what: string): void {
    const subject = { type: "configuration", id: null, name: "configuration" } as const;
    this.#deps.tell({ kind, subject, labels: {}, message: `the configuration ${what}` });
  }

  #tellMended(how: string): void {
    this.#tell("configuration.mended", how);
    log.info("the configuration {how}", { how });
  }

  async #take(): Promise<ConfigReading> {
    const { signal } = this.#closing;
    signal.throwIfAborted();
    try {
      if (this.#hanging >= MOST_HANGING) return { changes: [], problems: [HANGS] };
      const { config } = await this.#readInTime();
      const changed = configChanges(this.#current, config, this.#deps.overruled);
      const { changes } = changed;
      if (changes.length > 0) {
        tell(changed);
        this.#tellEffects(config);
        this.#current = config;
        this.#standing.since = this.#deps.clock.now();
      }
      return { changes, problems: [] };
    } catch (error) {
      signal.throwIfAborted();
      this.#excerpts = error instanceof ConfigError ? error.problems.map(excerptText) : [];
      if (error instanceof TimeUpError) return { changes: [], problems: [HANGS] };
      if (error instanceof ConfigError) return { changes: [], problems: error.problems.map(formatProblem) };
      return { changes: [], problems: [`it could not be processed: ${errorChain(error)}`] };
    }
  }

  /** @throws TimeUpError where the file system does not answer, the signal's reason, and what reading throws */
  async #readInTime(): Promise<{ readonly config: Config }> {
    const { clock, read } = this.#deps;
    const reading = read();
    let isGivenUp = false;
    const end = () => void (isGivenUp && this.#hanging--);
    reading.then(end, end);
    try {
      return await inTime(reading, { clock, timeout: READING_TIME, signal: this.#closing.signal });
    } catch (error) {
      isGivenUp = error instanceof TimeUpError;
      if (isGivenUp) this.#hanging++;
      throw error;
    }
  }

  /** A change whose effects cannot be foretold is made all the same. */
  #tellEffects(next: Config): void {
    try {
      for (const effect of this.#deps.effects(this.#current, next)) {
        log.info("configuration: {effect}", { effect });
      }
    } catch (error) {
      log.error("configuration: its effects could not be planned: {error}", { error: errorChain(error) });
    }
  }

  async #apply(): Promise<void> {
    try {
      await this.#deps.apply(this.#current);
      if (this.#standing.fault !== null) this.#tellMended("is fully in effect again");
      this.#standing.fault = null;
    } catch (error) {
      const fault = errorChain(error);
      if (fault !== this.#standing.fault) {
        this.#tell("configuration.refused", `is only partly in effect: ${fault}`);
      }
      this.#standing.fault = fault;
      throw error;
    }
  }
}

function tell({ changes, atNextStart, withoutEffect }: ReturnType<typeof configChanges>): void {
  for (const change of changes) log.info("configuration: {change}", { change });
  for (const change of atNextStart) {
    log.warning("configuration: {change} takes effect at the next start", { change });
  }
  for (const change of withoutEffect) {
    log.warning("configuration: {change} has no effect: this daemon runs with --debug or --logconfig", {
      change,
    });
  }
}
