/**
 * Levels of categories that somebody has set besides what the configuration says, and for how long: with
 * `NODEPOOL_LOG` at the start, with `log-level` while the program runs. They win over the levels of the plan.
 * `Logging` has one; expired levels are removed by the next look.
 */
import type { LogLevel } from "@logtape/logtape";
import type { Clock } from "./clock.ts";

interface Override {
  readonly level: LogLevel;
  /** By the monotonic clock; null: as long as the process runs. */
  readonly end: number | null;
}

interface SetLevel {
  /** As `nodepool.cloud`; `nodepool`: all. */
  readonly category: string;
  readonly level: LogLevel;
  /** Milliseconds until it is over; null: as long as the process runs. */
  readonly remaining: number | null;
}

export class LogLevels {
  readonly #overrides = new Map<string, Override>();
  readonly #clock: Pick<Clock, "monotonic">;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** @param time milliseconds; null: as long as the process runs */
  set(category: string, { level, time = null }: { level: LogLevel; time?: number | null }): void {
    const end = time === null ? null : this.#clock.monotonic() + time;
    this.#overrides.set(category, { level, end });
  }

  /** A category and those below it, as the configuration has them again. */
  reset(category: string): void {
    for (const name of this.#overrides.keys()) {
      if (name === category || name.startsWith(`${category}.`)) this.#overrides.delete(name);
    }
  }

  /** Takes out those whose time is over. @returns their categories */
  expire(): readonly string[] {
    const now = this.#clock.monotonic();
    const over = [...this.#overrides].flatMap(([name, { end }]) => end !== null && end <= now ? name : []);
    for (const category of over) this.#overrides.delete(category);
    return over;
  }

  list(): readonly SetLevel[] {
    const now = this.#clock.monotonic();
    return [...this.#overrides].map(([category, { level, end }]) => ({
      category,
      level,
      remaining: end === null ? null : Math.max(0, end - now),
    })).sort((a, b) => a.category < b.category ? -1 : 1);
  }

  /** The level of the nearest one above a category; null: none is set. */
  of(category: string): LogLevel | null {
    for (let name = category; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) {
      const override = this.#overrides.get(name);
      if (override !== undefined) return override.level;
    }
    return null;
  }
}
